import { crc32 } from 'node:zlib';
import { SyncError } from '@syncline/protocol';
import type { NewEntry } from '@syncline/storage';

/**
 * A record is `u8 version, u32 checksum, body`. The CRC-32 goes over the key and the body, so that
 * a record that got under another key (another document, another seq) is found as well.
 */
const VERSION = 1;
const HEADER_BYTES = 5;

export function encodeRecord(key: Buffer, ...body: Uint8Array[]): Buffer {
  const record = Buffer.concat([Buffer.allocUnsafe(HEADER_BYTES), ...body]);
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
  const name = Buffer.from(author);
  const header = Buffer.allocUnsafe(ENTRY_HEADER_BYTES);
  header.writeUIntBE(time, 0, TIME_BYTES);
  header.writeUInt16BE(name.length, TIME_BYTES);
  return encodeRecord(key, header, name, update);
}

/** @throws SyncError `store-damaged` */
export function decodeEntry(key: Buffer, record: Buffer): NewEntry {
  const body = decodeRecord(key, record);
  const authorEnd = ENTRY_HEADER_BYTES + body.readUInt16BE(TIME_BYTES);
  return {
    time: body.readUIntBE(0, TIME_BYTES),
    author: body.toString('utf8', ENTRY_HEADER_BYTES, authorEnd),
    update: new Uint8Array(body.subarray(authorEnd)),
  };
}

function damaged(key: Buffer, what: string): SyncError {
  return new SyncError('store-damaged', `the record ${key.toString('hex')} ${what}`);
}
