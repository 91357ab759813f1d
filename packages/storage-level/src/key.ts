import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { type DocumentId, parseDocumentId } from '@syncline/protocol';
import { EPOCH_BYTES, type Epoch, type Seq } from '@syncline/storage';

/**
 * The keys of the store. All are `table, u16 length of the name, name in UTF-8, …`, so that no
 * document's range reaches into another's, and no key is ever written twice (an overwritten key can
 * come back with a stale value under an open iterator: google/leveldb#320).
 *
 * | table | rest of the key | value |
 * | --- | --- | --- |
 * | 0 store | "format" (no document) | the format version |
 * | 1 document | u48 time of creation, epoch | record without a body |
 * | 2 checkpoint | epoch, u48 seq | record of a checkpoint |
 * | 3 entry | epoch, u48 seq | record of an entry |
 * | 4 dirty | epoch, u48 seq | record without a body: the document has a tail, and it begins there |
 * | 5 set aside | epoch, u48 seq | record of an entry that Yjs could not integrate; never served |
 * | 6 | (no document) | none: markers of folders from before there were tombstones; left alone |
 * | 7 tombstone | u48 time of deletion, u64 random | record of the bytes that a deletion left |
 * | 254 marker | (no document) | none; after all other tables, see `reclaim.ts` |
 */
export const Table = {
  store: 0,
  document: 1,
  checkpoint: 2,
  entry: 3,
  dirty: 4,
  setAside: 5,
  formerMarker: 6,
  tombstone: 7,
  marker: 254,
} as const;
export type Table = (typeof Table)[keyof typeof Table];

/** The tables whose keys end with an epoch and a seq. */
export type LogTable =
  | typeof Table.checkpoint
  | typeof Table.entry
  | typeof Table.dirty
  | typeof Table.setAside;

/** The tables of which each document that is there has something. */
export const LOG_TABLES = [
  Table.document,
  Table.checkpoint,
  Table.entry,
  Table.dirty,
  Table.setAside,
] as const;

/** All tables that hold something of a document, be it there or deleted. */
export const DOCUMENT_TABLES = [...LOG_TABLES, Table.tombstone] as const;

export const FORMAT_KEY = Buffer.from('\0format');

/** The bytes of a number up to 2^48 in a key: big-endian, so that keys sort by it. */
const U48_BYTES = 6;
const MAX_U48 = 2 ** 48 - 1;
/** Two deletions have different keys, whatever the clock says. All keys of documents are as long. */
const TOMBSTONE_ID_BYTES = EPOCH_BYTES;

/** Where the records of one document in one table begin. */
export function documentPrefix(table: Table, documentId: DocumentId): Buffer {
  const nameBytes = Buffer.byteLength(documentId);
  const prefix = Buffer.allocUnsafe(3 + nameBytes);
  prefix.writeUInt8(table, 0);
  prefix.writeUInt16BE(nameBytes, 1);
  prefix.write(documentId, 3);
  return prefix;
}

export function documentKey(documentId: DocumentId, created: number, epoch: Epoch): Buffer {
  return Buffer.concat([
    documentPrefix(Table.document, documentId),
    u48(created),
    Buffer.from(epoch, 'hex'),
  ]);
}

export function parseDocumentKey(key: Buffer): {
  documentId: DocumentId;
  created: number;
  epoch: Epoch;
} {
  const nameEnd = 3 + key.readUInt16BE(1);
  const epochFrom = nameEnd + U48_BYTES;
  return {
    documentId: key.toString('utf8', 3, nameEnd) as DocumentId,
    created: key.readUIntBE(nameEnd, U48_BYTES),
    epoch: key.toString('hex', epochFrom, epochFrom + EPOCH_BYTES) as Epoch,
  };
}

/**
 * A key that was never used, and comes after those of all older tombstones of the document.
 * @param newest the key of the newest of them
 */
export function tombstoneKey(documentId: DocumentId, newest: Buffer | undefined): Buffer {
  const time = Math.max(Date.now(), newest === undefined ? 0 : timeOf(newest) + 1);
  return Buffer.concat([
    documentPrefix(Table.tombstone, documentId),
    u48(time),
    randomBytes(TOMBSTONE_ID_BYTES),
  ]);
}

/** Of a key in one of the {@link LogTable}s. */
export function parseLogKey(key: Buffer): { documentId: DocumentId; epoch: Epoch; seq: Seq } {
  const nameEnd = 3 + key.readUInt16BE(1);
  const epochEnd = nameEnd + EPOCH_BYTES;
  return {
    documentId: key.toString('utf8', 3, nameEnd) as DocumentId,
    epoch: key.toString('hex', nameEnd, epochEnd) as Epoch,
    seq: key.readUIntBE(epochEnd, U48_BYTES) as Seq,
  };
}

/** Whether a key has the shape that its table asks for, and can be parsed. */
export function isWellFormed(key: Buffer): boolean {
  const table = key[0];
  if (!DOCUMENT_TABLES.some((known) => known === table) || key.length < 3) return false;
  const nameLength = key.readUInt16BE(1);
  if (key.length !== 3 + nameLength + EPOCH_BYTES + U48_BYTES) return false;
  const name = key.subarray(3, 3 + nameLength);
  if (!isUtf8(name)) return false;
  try {
    parseDocumentId(name.toString());
    return true;
  } catch {
    return false;
  }
}

/** The log of one incarnation of a document in one table. */
export class LogKeys {
  readonly #prefix: Buffer;

  constructor(table: LogTable, id: DocumentId, epoch: Epoch) {
    this.#prefix = Buffer.concat([documentPrefix(table, id), Buffer.from(epoch, 'hex')]);
  }

  at(seq: Seq): Buffer {
    const { length } = this.#prefix;
    const key = Buffer.allocUnsafe(length + U48_BYTES);
    key.set(this.#prefix);
    key.writeUIntBE(seq, length, U48_BYTES);
    return key;
  }

  /** Seqs above `after`, up to and with `upTo`. */
  range(after = 0, upTo: number = MAX_U48): { gt: Buffer; lte: Buffer } {
    return { gt: this.at(after as Seq), lte: this.at(upTo as Seq) };
  }

  seqOf(key: Buffer): Seq {
    return key.readUIntBE(key.length - U48_BYTES, U48_BYTES) as Seq;
  }
}

/** All keys that begin with `prefix`. */
export function withPrefix(prefix: Buffer): { gte: Buffer; lt: Buffer } {
  const end = Buffer.from(prefix);
  // The last byte of a table prefix or a name is never 0xff (UTF-8 has no such byte).
  end[end.length - 1] = (end[end.length - 1] as number) + 1;
  return { gte: prefix, lt: end };
}

function timeOf(tombstone: Buffer): number {
  return tombstone.readUIntBE(3 + tombstone.readUInt16BE(1), U48_BYTES);
}

function u48(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(U48_BYTES);
  bytes.writeUIntBE(value, 0, U48_BYTES);
  return bytes;
}
