import type { DocumentId } from '@syncline/protocol';
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
 * | 2 checkpoint | epoch, u48 seq | record of one update |
 * | 3 entry | epoch, u48 seq | record of one update |
 * | 4 marker | (no document) | none; see `reclaim.ts` |
 */
export const Table = { store: 0, document: 1, checkpoint: 2, entry: 3, marker: 4 } as const;
export type Table = (typeof Table)[keyof typeof Table];

export const FORMAT_KEY = Buffer.from('\0format');

/** The bytes of a number up to 2^48 in a key: big-endian, so that keys sort by it. */
const U48_BYTES = 6;
const MAX_U48 = 2 ** 48 - 1;

/** Where the records of one document in one table begin. */
export function documentPrefix(table: Table, documentId: DocumentId): Buffer {
  const name = Buffer.from(documentId);
  const prefix = Buffer.allocUnsafe(3 + name.length);
  prefix.writeUInt8(table, 0);
  prefix.writeUInt16BE(name.length, 1);
  name.copy(prefix, 3);
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

/** The log of one incarnation of a document in one table. */
export class LogKeys {
  readonly #prefix: Buffer;

  constructor(table: typeof Table.checkpoint | typeof Table.entry, id: DocumentId, epoch: Epoch) {
    this.#prefix = Buffer.concat([documentPrefix(table, id), Buffer.from(epoch, 'hex')]);
  }

  at(seq: Seq): Buffer {
    return Buffer.concat([this.#prefix, u48(seq)]);
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

function u48(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(U48_BYTES);
  bytes.writeUIntBE(value, 0, U48_BYTES);
  return bytes;
}
