import type { ErrorCode } from '@syncline/protocol';

/**
 * What a provider does about a refusal; docs/errors.md has it in its table.
 *
 * - `offline`: it comes back by itself.
 * - `token`: it asks the application for another token once; refused again, it is `refused`.
 * - `refused`: it stops, and says why.
 * - `read-only`: it goes on reading, and keeps what it may not send.
 * - `reset`: it puts the copy away, and loads the document anew.
 * - `none`: no client is told this.
 */
export type Reaction = 'offline' | 'token' | 'refused' | 'read-only' | 'reset' | 'none';

const REACTIONS: Record<ErrorCode, Reaction> = {
  'malformed-frame': 'refused',
  'update-refused': 'reset',
  'frame-too-large': 'refused',
  'update-too-large': 'read-only',
  'document-too-large': 'read-only',
  'read-only': 'read-only',
  'access-denied': 'refused',
  'token-missing': 'token',
  'token-invalid': 'token',
  'token-expired': 'token',
  'session-revoked': 'offline',
  'auth-timeout': 'offline',
  'auth-queue-full': 'refused',
  'origin-refused': 'refused',
  'too-many-connections': 'refused',
  'too-many-documents': 'refused',
  'too-many-new-documents': 'read-only',
  'storage-quota-exceeded': 'read-only',
  'too-many-sessions': 'offline',
  'rate-limited': 'offline',
  'pending-too-large': 'offline',
  'clock-jump': 'reset',
  'awareness-too-large': 'refused',
  'awareness-too-many': 'refused',
  'broadcast-too-large': 'refused',
  'version-unsupported': 'refused',
  'schema-unsupported': 'refused',
  'connection-unknown': 'offline',
  'node-unreachable': 'offline',
  'server-busy': 'offline',
  'server-stopping': 'offline',
  'load-failed': 'offline',
  'commit-failed': 'offline',
  'too-slow': 'offline',
  internal: 'offline',
  'document-id-invalid': 'refused',
  'address-in-use': 'none',
  'store-locked': 'none',
  'store-format': 'none',
  'store-damaged': 'offline',
  'store-read-only': 'offline',
  'store-closed': 'offline',
  'document-deleted': 'refused',
  'document-replaced': 'offline',
  'document-reset': 'offline',
  'document-missing': 'none',
  'document-exists': 'none',
  'file-invalid': 'none',
  'body-too-large': 'refused',
  'admin-refused': 'none',
  'server-unreachable': 'none',
  'config-invalid': 'none',
  'rules-invalid': 'none',
};

/**
 * What to do about a code.
 * @param retry what the server says of it, or true; decides for codes that are not known here (X5 of the SPEC).
 */
export function reactionTo(code: string, retry: boolean): Exclude<Reaction, 'none'> {
  const known = Object.hasOwn(REACTIONS, code) ? REACTIONS[code as ErrorCode] : 'none';
  return known === 'none' ? (retry ? 'offline' : 'refused') : known;
}
