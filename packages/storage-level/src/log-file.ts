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
  const records: Buffer[] = [];
  let parts: Buffer[] = [];
  let inside = false;
  for (let at = 0; at < bytes.length; ) {
    const blockEnd = endOfBlock(bytes, at);
    if (blockEnd - at < HEADER_BYTES && blockEnd < bytes.length) {
      at = blockEnd;
      continue;
    }
    const end = endOfFragment(bytes, at, blockEnd);
    if (end === undefined) return { records, brokenAt: at, damaged: isFollowed(bytes, at) };
    const type = bytes[at + 6] as number;
    const begins = type === Fragment.full || type === Fragment.first;
    // All checksums hold, but a fragment is missing: its record was not written in this order.
    if (begins === inside) return { records, brokenAt: at, damaged: true };
    parts.push(bytes.subarray(at + HEADER_BYTES, end));
    inside = type === Fragment.first || type === Fragment.middle;
    if (!inside) {
      records.push(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts));
      parts = [];
    }
    at = end;
  }
  return { records, brokenAt: inside ? bytes.length : undefined, damaged: false };
}

/**
 * Whether a record begins after `brokenAt`. Mere later fragments of one record do not count: the
 * pages of the last write can reach the disk in any order. A broken length makes the rest of its
 * block unreadable in steps, so that each place there is tried.
 */
function isFollowed(bytes: Buffer, brokenAt: number): boolean {
  const blockEnd = endOfBlock(bytes, brokenAt);
  for (let at = brokenAt + 1; at + HEADER_BYTES <= bytes.length; ) {
    const end = endOfFragment(bytes, at, endOfBlock(bytes, at));
    const type = bytes[at + 6] as number;
    if (end !== undefined && (type === Fragment.full || type === Fragment.first)) return true;
    if (end !== undefined) at = end;
    else if (at < blockEnd) at += 1;
    else at = endOfBlock(bytes, at);
  }
  return false;
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
