import { crc32 } from 'node:zlib';
import { type DocumentId, SyncError } from '@syncline/protocol';
import {
  type Checkpoint,
  type Entry,
  type Epoch,
  inflateUpdate,
  type Seq,
  type StoredCheckpoint,
  type StoredUpdate,
} from '@syncline/storage';

/**
 * Each row with contents has a CRC-32 of them, and of the names under which they stand: made before
 * they are sent, checked after they are read. So what PostgreSQL (without data checksums, by default
 * until version 18), its disk or a hand changes is found, and not served.
 *
 * The seq of an entry is not among them, since it is given inside the commit; that entries follow
 * each other without a hole is checked.
 */
export interface EntryRow {
  readonly seq: number;
  readonly time: number;
  readonly crc: number;
  readonly author: Buffer;
  readonly update: Buffer;
}

export interface CheckpointRow {
  readonly seq: number;
  readonly crc: number;
  readonly encoding: number;
  /** How long the update is. */
  readonly bytes: number;
  /** The update, as `encoding` says. */
  readonly update: Buffer;
}

const ENCODINGS: readonly StoredUpdate['encoding'][] = ['identity', 'deflate-raw'];

/** As PostgreSQL's `integer`, which has a sign. */
export function entryChecksum(
  documentId: DocumentId,
  time: number,
  author: Uint8Array,
  update: Uint8Array,
): number {
  return checksum([documentId, time, author.length], author, update);
}

/** The entries that rows have, which must be all from the one after `after` to `head`. */
export function readEntries(
  documentId: DocumentId,
  rows: readonly EntryRow[],
  after: number,
  head: number,
): Entry[] {
  if (rows.length !== Math.max(0, head - after)) throw damaged(documentId, 'its log has a hole');
  return rows.map(({ seq, time, crc, author, update }, index) => {
    if (seq !== after + 1 + index) throw damaged(documentId, 'its log has a hole');
    if (crc !== entryChecksum(documentId, time, author, update)) {
      throw damaged(documentId, `entry ${seq} fails its checksum`);
    }
    return { seq: seq as Seq, time, author: author.toString(), update: new Uint8Array(update) };
  });
}

/** The row of a checkpoint, without its log. */
export function checkpointRow(
  documentId: DocumentId,
  epoch: Epoch,
  seq: Seq,
  stored: StoredUpdate,
): CheckpointRow {
  const { length, bytes } = stored;
  const encoding = ENCODINGS.indexOf(stored.encoding);
  const crc = checksum([documentId, epoch, seq, encoding, length], bytes);
  return { seq, crc, encoding, bytes: length, update: asBuffer(bytes) };
}

/**
 * The checkpoint of a document whose row says that there is one at `seq`.
 * @throws SyncError `store-damaged`
 */
export function readStoredCheckpoint(
  documentId: DocumentId,
  epoch: Epoch,
  seq: number,
  row: CheckpointRow | undefined,
): StoredCheckpoint {
  if (row?.seq !== seq) throw damaged(documentId, 'its checkpoint is missing');
  const { crc, bytes: length, update } = row;
  const encoding = ENCODINGS[row.encoding];
  if (
    encoding === undefined ||
    crc !== checksum([documentId, epoch, seq, row.encoding, length], update)
  ) {
    throw damaged(documentId, 'its checkpoint fails its checksum');
  }
  return { seq: seq as Seq, encoding, bytes: new Uint8Array(update) };
}

/**
 * The same, inflated.
 * @throws SyncError `store-damaged`
 */
export async function readCheckpoint(
  documentId: DocumentId,
  epoch: Epoch,
  seq: number,
  row: CheckpointRow | undefined,
): Promise<Checkpoint> {
  const { encoding, bytes } = readStoredCheckpoint(documentId, epoch, seq, row);
  const length = row?.bytes ?? 0;
  const update = await inflateUpdate({ encoding, length, bytes }).catch((cause: unknown) => {
    throw damaged(documentId, 'its checkpoint cannot be inflated', cause);
  });
  return { seq: seq as Seq, update };
}

export function tombstoneChecksum(documentId: DocumentId, tombstone: Uint8Array): number {
  return checksum([documentId, 'tombstone'], tombstone);
}

/** @throws SyncError `store-damaged` */
export function readTombstone(documentId: DocumentId, bytes: Buffer, crc: number): Uint8Array {
  if (crc !== tombstoneChecksum(documentId, bytes)) {
    throw damaged(documentId, 'its tombstone fails its checksum');
  }
  return new Uint8Array(bytes);
}

/** The same bytes, as pg takes them for `bytea`. */
export function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

/** Names cannot hold the NUL that stands between the parts. */
function checksum(names: readonly (string | number)[], ...contents: Uint8Array[]): number {
  let crc = crc32(names.join('\0'));
  for (const content of contents) crc = crc32(content, crc);
  return crc | 0;
}

function damaged(documentId: DocumentId, what: string, cause?: unknown): SyncError {
  return new SyncError('store-damaged', `document ${documentId}: ${what}`, { cause });
}
