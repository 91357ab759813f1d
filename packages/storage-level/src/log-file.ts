import { maskedCrc32c } from './crc32c.ts';

/**
 * Reads LevelDB's log files: its write-ahead log and its MANIFEST. They are blocks of 32 KiB with
 * physical records `u32 masked CRC-32C of type and data, u16 length, u8 type, data`, little-endian;
 * a record that does not fit into its block is written in fragments (leveldb/doc/log_format.md).
 *
 * LevelDB itself skips what is broken, and with it commits of many documents.
 */
const BLOCK_BYTES = 32 * 1024;
const HEADER_BYTES = 7;
const Fragment = { full: 1, first: 2, middle: 3, last: 4 } as const;

/** What a log file holds. */
export interface LogFile {
  /** The whole records before the first that is broken. */
  readonly records: readonly Buffer[];
  /** Where it breaks off; `undefined` when it is sound to its end. */
  readonly brokenAt: number | undefined;
  /**
   * Whether records follow that were written after what is broken. They were not written before it
   * was on the disk, so it was damaged later. Otherwise it is what a crash left half written.
   */
  readonly damaged: boolean;
}

export function readLogFile(bytes: Buffer): LogFile {
  const { records, brokenAt, misplaced } = readRecords(bytes, 0);
  const follows = brokenAt !== undefined && nextBeginning(bytes, brokenAt + 1) !== undefined;
  return { records, brokenAt, damaged: misplaced || follows };
}

/**
 * All whole records, also those after what is broken. LevelDB's own repair checks no checksum in its
 * log.
 */
export function salvageRecords(bytes: Buffer): Buffer[] {
  const salvaged: Buffer[] = [];
  for (let from: number | undefined = 0; from !== undefined; ) {
    const { records, brokenAt } = readRecords(bytes, from);
    for (const record of records) salvaged.push(record);
    from = brokenAt === undefined ? undefined : nextBeginning(bytes, brokenAt + 1);
  }
  return salvaged;
}

/** The records from a place on, up to the first that is broken. */
function readRecords(bytes: Buffer, from: number) {
  const records: Buffer[] = [];
  let parts: Buffer[] = [];
  let inside = false;
  for (let at = from; at < bytes.length; ) {
    const blockEnd = endOfBlock(bytes, at);
    if (blockEnd - at < HEADER_BYTES && blockEnd < bytes.length) {
      at = blockEnd;
      continue;
    }
    const end = endOfFragment(bytes, at, blockEnd);
    if (end === undefined) return { records, brokenAt: at, misplaced: false };
    const type = bytes[at + 6] as number;
    // The checksum holds, but the fragment before it or after it is missing.
    if (isBeginning(type) === inside) {
      return { records, brokenAt: inside ? at - 1 : at, misplaced: true };
    }
    parts.push(bytes.subarray(at + HEADER_BYTES, end));
    inside = type === Fragment.first || type === Fragment.middle;
    if (!inside) {
      records.push(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts));
      parts = [];
    }
    at = end;
  }
  return { records, brokenAt: inside ? bytes.length : undefined, misplaced: false };
}

function isBeginning(type: number): boolean {
  return type === Fragment.full || type === Fragment.first;
}

/**
 * Where the next record begins, from `from` on. Mere later fragments of one record do not count: the
 * pages of the last write can reach the disk in any order. A broken length makes the rest of its
 * block unreadable in steps, so that each place there is tried.
 */
function nextBeginning(bytes: Buffer, from: number): number | undefined {
  const blockEnd = endOfBlock(bytes, from - 1);
  for (let at = from; at + HEADER_BYTES <= bytes.length; ) {
    const end = endOfFragment(bytes, at, endOfBlock(bytes, at));
    if (end !== undefined && isBeginning(bytes[at + 6] as number)) return at;
    if (end !== undefined) at = end;
    else if (at < blockEnd) at += 1;
    else at = endOfBlock(bytes, at);
  }
  return undefined;
}

/** `undefined` when no sound fragment begins at `at`. */
function endOfFragment(bytes: Buffer, at: number, blockEnd: number): number | undefined {
  if (at + HEADER_BYTES > blockEnd) return undefined;
  const end = at + HEADER_BYTES + bytes.readUInt16LE(at + 4);
  const type = bytes[at + 6] as number;
  if (end > blockEnd || type < Fragment.full || type > Fragment.last) return undefined;
  return maskedCrc32c(bytes, at + 6, end) === bytes.readUInt32LE(at) ? end : undefined;
}

function endOfBlock(bytes: Buffer, at: number): number {
  return Math.min((Math.floor(at / BLOCK_BYTES) + 1) * BLOCK_BYTES, bytes.length);
}

/** A log file of these records. */
export function writeLogFile(records: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  for (const record of records) {
    let from = 0;
    do {
      let room = BLOCK_BYTES - (at % BLOCK_BYTES);
      if (room < HEADER_BYTES) {
        parts.push(Buffer.alloc(room));
        at += room;
        room = BLOCK_BYTES;
      }
      const data = record.subarray(from, from + room - HEADER_BYTES);
      const last = from + data.length === record.length;
      parts.push(fragment(data, from === 0, last));
      at += HEADER_BYTES + data.length;
      from += data.length;
    } while (from < record.length);
  }
  return Buffer.concat(parts);
}

function fragment(data: Buffer, first: boolean, last: boolean): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(HEADER_BYTES), data]);
  const single = last ? Fragment.full : Fragment.first;
  const later = last ? Fragment.last : Fragment.middle;
  bytes.writeUInt8(first ? single : later, 6);
  bytes.writeUInt16LE(data.length, 4);
  bytes.writeUInt32LE(maskedCrc32c(bytes, 6), 0);
  return bytes;
}
