import type { DocumentId } from '@syncline/protocol';
import type { Epoch, Seq } from '@syncline/storage';
import type { Operation } from './database.ts';
import { documentKey, LogKeys, parseLogKey, Table, tombstoneKey } from './key.ts';
import { decodeEntry, encodeEntry, encodeRecord } from './record.ts';

/** Makes a document, under its newest epoch. */
export function putDocument(documentId: DocumentId, epoch: Epoch): Operation {
  const key = documentKey(documentId, Date.now(), epoch);
  return { type: 'put', key, value: encodeRecord(key) };
}

/** Marks that there is a tail, after the checkpoint or the nothing that stands at `before`. */
export function putDirty(documentId: DocumentId, epoch: Epoch, before: Seq): Operation {
  const key = new LogKeys(Table.dirty, documentId, epoch).at((before + 1) as Seq);
  return { type: 'put', key, value: encodeRecord(key) };
}

/** Writes a document's tombstone, behind older ones, which are in ascending order. */
export function putTombstone(
  documentId: DocumentId,
  tombstone: Uint8Array,
  older: readonly [Buffer, Buffer][],
): Operation {
  const key = tombstoneKey(documentId, older.at(-1)?.[0]);
  return { type: 'put', key, value: encodeRecord(key, tombstone) };
}

/** Keeps an entry's record under a key that is never served, if its seq is in `setAside`. */
export function putAside(
  [entryKey, record]: [Buffer, Buffer],
  setAside: readonly Seq[],
): Operation[] {
  const { documentId, epoch, seq } = parseLogKey(entryKey);
  if (!setAside.includes(seq)) return [];
  const key = new LogKeys(Table.setAside, documentId, epoch).at(seq);
  return [{ type: 'put', key, value: encodeEntry(key, decodeEntry(entryKey, record)) }];
}
