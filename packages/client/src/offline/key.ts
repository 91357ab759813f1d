import type { DocumentId } from '@syncline/protocol';
import { encodeUtf8 } from 'lib0/string';
import type { KeyRange } from './backend.ts';
import { randomId } from './random-id.ts';

/**
 * The keys of the records. Names of documents hold no control characters, so that \0 ends them, and the
 * keys below a prefix that ends with \0 are those up to the same prefix with \1, whether keys sort by
 * UTF-8 (LevelDB) or by UTF-16 (IndexedDB).
 *
 * | key | value |
 * | --- | --- |
 * | `meta\0<documentId>` | `meta.ts` |
 * | `checkpoint\0<documentId>` | an update |
 * | `log\0<documentId>\0<n>` | `entry.ts` |
 * | `aside\0<documentId>\0<time><random>` | `set-aside.ts` |
 */
const META = 'meta\0';
const ASIDE = 'aside\0';

/** `n` and times have a fixed width, so that they sort as numbers: in base 36. */
const N_DIGITS = 8;
const TIME_DIGITS = 9;

export const ALL_METAS: KeyRange = [META, 'meta\x01'];

export function metaKey(documentId: DocumentId): string {
  return META + documentId;
}

export function documentIdOfMeta(key: string): DocumentId {
  return key.slice(META.length) as DocumentId;
}

export function checkpointKey(documentId: DocumentId): string {
  return `checkpoint\0${documentId}`;
}

export function logKey(documentId: DocumentId, n: number): string {
  return `log\0${documentId}\0${n.toString(36).padStart(N_DIGITS, '0')}`;
}

export function numberOfLogKey(key: string): number {
  return Number.parseInt(key.slice(-N_DIGITS), 36);
}

/** The entries of a document after this one. */
export function logRange(documentId: DocumentId, after = 0): KeyRange {
  return [logKey(documentId, after + 1), `log\0${documentId}\x01`];
}

/** A key that was never used. */
export function newAsideKey(documentId: DocumentId, at: number): string {
  return `${ASIDE}${documentId}\0${at.toString(36).padStart(TIME_DIGITS, '0')}${randomId()}`;
}

/** The records that were set aside of one document, or of all. */
export function asideRange(documentId?: DocumentId): KeyRange {
  if (documentId === undefined) return [ASIDE, 'aside\x01'];
  return [`${ASIDE}${documentId}\0`, `${ASIDE}${documentId}\x01`];
}

/** What users of the store call it: the rest of the key. */
export function asideId(key: string): string {
  return key.slice(ASIDE.length);
}

export function asideKey(id: string): string {
  return ASIDE + id;
}

export function documentIdOfAside(key: string): DocumentId {
  return key.slice(ASIDE.length, key.lastIndexOf('\0')) as DocumentId;
}

/** What a record takes: its key in UTF-8, and its value. */
export function recordBytes(key: string, value: Uint8Array): number {
  return encodeUtf8(key).length + value.length;
}
