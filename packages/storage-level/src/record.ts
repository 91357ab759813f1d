import { crc32 } from 'node:zlib';
import { SyncError } from '@syncline/protocol';
import {
  deflateUpdate,
  inflateUpdate,
  type NewEntry,
  type StoredCheckpoint,
} from '@syncline/storage';

/**
 * A record is `u8 version, u32 checksum, body`. The CRC-32 goes over the key and the body, so that
 * a record that got under another key (another document, another seq) is found as well.
 */
const VERSION = 1;
const HEADER_BYTES = 5;

export function encodeRecord(key: Buffer, ...body: Uint8Array[]): Buffer {
  return sealed(key, Buffer.concat([Buffer.allocUnsafe(HEADER_BYTES), ...body]));
}

/** Fills in the header of a record whose body is there. */
function sealed(key: Buffer, record: Buffer): Buffer {
  record.writeUInt8(VERSION, 0);
  record.writeUInt32BE(crc32(record.subarray(HEADER_BYTES), crc32(key)), 1);
  return record;
}

/** @throws SyncError `store-damaged` */
export function decodeRecord(key: Buffer, record: Buffer): Buffer {
  if (record.length < HEADER_BYTES) throw damaged(key, 'is cut off');
  if (record.readUInt8(0) !== VERSION) throw damaged(key, 'has an unknown version');
  const body = record.subarray(HEADER_BYTES);
  if (record.readUInt32BE(1) !== crc32(body, crc32(key))) throw damaged(key, 'fails its checksum');
  return body;
}

/** An entry's body is `u48 time, u16 length of the author, author in UTF-8, update`. */
const TIME_BYTES = 6;
const ENTRY_HEADER_BYTES = TIME_BYTES + 2;

export function encodeEntry(key: Buffer, { update, author, time }: NewEntry): Buffer {
  const nameBytes = Buffer.byteLength(author);
  const nameFrom = HEADER_BYTES + ENTRY_HEADER_BYTES;
  const record = Buffer.allocUnsafe(nameFrom + nameBytes + update.length);
  record.writeUIntBE(time, HEADER_BYTES, TIME_BYTES);
  record.writeUInt16BE(nameBytes, HEADER_BYTES + TIME_BYTES);
  record.write(author, nameFrom);
  record.set(update, nameFrom + nameBytes);
  return sealed(key, record);
}

/**
 * How long an entry's update is, from its record.
 * @throws SyncError `store-damaged`
 */
export function entryUpdateBytes(key: Buffer, record: Buffer): number {
  const body = decodeRecord(key, record);
  return body.length - ENTRY_HEADER_BYTES - body.readUInt16BE(TIME_BYTES);
}

/**
 * The entry of a record; its update is a view into that.
 * @throws SyncError `store-damaged`
 */
export function decodeEntry(key: Buffer, record: Buffer): NewEntry {
  const body = decodeRecord(key, record);
  const authorEnd = ENTRY_HEADER_BYTES + body.readUInt16BE(TIME_BYTES);
  return {
    time: body.readUIntBE(0, TIME_BYTES),
    author: body.toString('utf8', ENTRY_HEADER_BYTES, authorEnd),
    update: new Uint8Array(body.buffer, body.byteOffset + authorEnd, body.length - authorEnd),
  };
}

/**
 * A checkpoint's body is `u8 encoding, u32 length of the update, update`; the update is stored as
 * it is, or deflate-raw.
 */
const CHECKPOINT_HEADER_BYTES = 5;
const PLAIN = 0;
const DEFLATED = 1;
/** An update longer than this cannot have been stored, since no buffer that is joined is so long. */
const MAX_UPDATE_BYTES = 2 ** 31 - 1;

/** The body of a checkpoint's record. */
export async function encodeCheckpoint(update: Uint8Array): Promise<Buffer> {
  const { encoding, length, bytes } = await deflateUpdate(update);
  const header = Buffer.allocUnsafe(CHECKPOINT_HEADER_BYTES);
  header.writeUInt8(encoding === 'identity' ? PLAIN : DEFLATED, 0);
  header.writeUInt32BE(length, 1);
  return Buffer.concat([header, bytes]);
}

/**
 * The update of a checkpoint, from its record.
 * @throws SyncError `store-damaged`
 */
export async function decodeCheckpoint(key: Buffer, record: Buffer): Promise<Uint8Array> {
  const length = checkpointUpdateBytes(key, record);
  const body = record.subarray(HEADER_BYTES);
  const bytes = body.subarray(CHECKPOINT_HEADER_BYTES);
  const encoding = body.readUInt8(0) === DEFLATED ? 'deflate-raw' : 'identity';
  try {
    return await inflateUpdate({ encoding, length, bytes });
  } catch (cause) {
    throw damaged(key, 'does not hold an update of the length that it gives', cause);
  }
}

/**
 * A checkpoint's update in the form in which its record has it. Its checksum holds; that it can be
 * inflated is for the reader to see.
 * @throws SyncError `store-damaged`
 */
export function storedCheckpoint(key: Buffer, record: Buffer): Omit<StoredCheckpoint, 'seq'> {
  const length = checkpointUpdateBytes(key, record);
  const body = record.subarray(HEADER_BYTES);
  const bytes = new Uint8Array(body.subarray(CHECKPOINT_HEADER_BYTES));
  if (body.readUInt8(0) === DEFLATED) return { encoding: 'deflate-raw', bytes };
  if (bytes.length !== length) throw damaged(key, 'has not the length that it gives');
  return { encoding: 'identity', bytes };
}

/**
 * How long a checkpoint's update is, without inflating it.
 * @throws SyncError `store-damaged`
 */
export function checkpointUpdateBytes(key: Buffer, record: Buffer): number {
  const body = decodeRecord(key, record);
  if (body.length < CHECKPOINT_HEADER_BYTES) throw damaged(key, 'is cut off');
  if (body.readUInt8(0) > DEFLATED) throw damaged(key, 'has an unknown encoding');
  const length = body.readUInt32BE(1);
  if (length > MAX_UPDATE_BYTES) throw damaged(key, 'gives an absurd length');
  return length;
}

function damaged(key: Buffer, what: string, cause?: unknown): SyncError {
  return new SyncError('store-damaged', `the record ${key.toString('hex')} ${what}`, { cause });
}
