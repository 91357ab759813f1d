import { SyncError } from '@syncline/protocol';
import type { Claims } from './identity.ts';

/** Ids stand in entries of the log and in the log of the server. */
const MAX_ID_LENGTH = 256;

/**
 * Claims with the id that Syncline goes by: the claim `id`, else `sub`.
 * @throws SyncError `token-invalid` when there is none.
 */
export function toClaims(claims: Readonly<Record<string, unknown>>): Claims {
  const id = typeof claims['id'] === 'string' ? claims['id'] : claims['sub'];
  if (typeof id !== 'string' || id === '') {
    throw new SyncError('token-invalid', 'the token names nobody: it needs the claim sub or id');
  }
  if (id.length > MAX_ID_LENGTH) {
    const message = `the token's id is longer than ${MAX_ID_LENGTH} characters`;
    throw new SyncError('token-invalid', message);
  }
  return { ...claims, id };
}

/** Seconds since 1970, as tokens have them, in milliseconds; undefined for what is none. */
export function millisecondsOf(seconds: unknown): number | undefined {
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1_000 : undefined;
}
