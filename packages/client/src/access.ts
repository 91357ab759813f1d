import type { ErrorCode, Rights } from '@syncline/protocol';

/** Codes by which the server refuses a change, so that none after it can be sent. */
const BLOCKING = [
  'update-too-large',
  'document-too-large',
  'too-many-new-documents',
  'storage-quota-exceeded',
] as const satisfies ErrorCode[];

/** What the user can do with the document. */
export type Access =
  /** The server has not said it yet. */
  | { readonly state: 'unknown' }
  | { readonly state: 'read-write' }
  /** Changes stay here, unsaved. */
  | { readonly state: 'read-only'; readonly because: ReadOnlyReason };

/**
 * - `rights`: the rules do not grant `write`.
 * - `schema-outdated`: the document was written by a newer version of the application: load that.
 * - `update-too-large`, `document-too-large`, `too-many-new-documents`, `storage-quota-exceeded`: a change was
 *   refused, and those after it need it.
 */
export type ReadOnlyReason = 'rights' | 'schema-outdated' | (typeof BLOCKING)[number];

/** Why the document is read-only once a change was refused with a code; undefined when it is not. */
export function blockedBy(code: string): ReadOnlyReason | undefined {
  return BLOCKING.find((blocking) => blocking === code);
}

export function accessOf(rights: Rights | undefined, blocked: ReadOnlyReason | undefined): Access {
  if (blocked !== undefined) return { state: 'read-only', because: blocked };
  if (rights === undefined) return { state: 'unknown' };
  return rights.write ? { state: 'read-write' } : { state: 'read-only', because: 'rights' };
}

/** The code of docs/errors.md that says so. */
export function codeOf(reason: ReadOnlyReason): ErrorCode {
  if (reason === 'rights') return 'read-only';
  return reason === 'schema-outdated' ? 'schema-unsupported' : reason;
}
