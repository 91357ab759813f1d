import { maskedCrc32c } from './crc32c.ts';
import { VarintReader } from './varint.ts';

/**
 * Checks LevelDB's tables (leveldb/doc/table_format.md): blocks with a trailer `u8 compression, u32
 * masked CRC-32C`, an index of them, and a footer. LevelDB does not check these checksums when it
 * reads through this binding, so that a flipped bit in a key could hide a record.
 */
const FOOTER_BYTES = 48;
const MAGIC = 0xdb4775248b80fb57n;
const TRAILER_BYTES = 5;
const SNAPPY = 1;

/** @throws RangeError that says what is wrong, when it is damaged */
export function checkTable(bytes: Buffer): void {
  if (bytes.length < FOOTER_BYTES) throw new RangeError('it is cut off');
  if (bytes.readBigUInt64LE(bytes.length - 8) !== MAGIC) throw new RangeError('it has no footer');
  const footer = new VarintReader(bytes, bytes.length - FOOTER_BYTES);
  // The first names the filter block, by which LevelDB decides that a key is not there.
  checkBlocksOf(bytes, block(bytes, footer));
  checkBlocksOf(bytes, block(bytes, footer));
}

/** Checks the blocks whose handles are the values of an index. */
function checkBlocksOf(bytes: Buffer, index: Buffer): void {
  if (index.length < 4) throw new RangeError('its index is broken');
  const entriesEnd = index.length - 4 * (index.readUInt32LE(index.length - 4) + 1);
  if (entriesEnd < 0) throw new RangeError('its index is broken');
  const entries = new VarintReader(index.subarray(0, entriesEnd));
  while (!entries.atEnd) {
    entries.number();
    const keyBytes = entries.number();
    const valueBytes = entries.number();
    entries.bytes(keyBytes);
    block(bytes, new VarintReader(entries.bytes(valueBytes)), false);
  }
}

/** Checks the block whose handle (offset and length) comes next, and gives its contents. */
function block(bytes: Buffer, handle: VarintReader, decode = true): Buffer {
  const offset = handle.number();
  const end = offset + handle.number();
  if (end + TRAILER_BYTES > bytes.length) throw new RangeError('a block is cut off');
  if (maskedCrc32c(bytes, offset, end + 1) !== bytes.readUInt32LE(end + 1)) {
    throw new RangeError(`the block at ${offset} fails its checksum`);
  }
  const stored = bytes.subarray(offset, end);
  return decode && bytes[end] === SNAPPY ? decodeSnappy(stored) : stored;
}

/** @see https://github.com/google/snappy/blob/main/format_description.txt */
export function decodeSnappy(bytes: Buffer): Buffer {
  const reader = new VarintReader(bytes);
  const out = Buffer.alloc(reader.number());
  let written = 0;
  while (!reader.atEnd) {
    const tag = reader.bytes(1).readUInt8(0);
    const kind = tag & 3;
    if (kind === 0) {
      const short = tag >> 2;
      const length = (short < 60 ? short : reader.bytes(short - 59).readUIntLE(0, short - 59)) + 1;
      written += reader.bytes(length).copy(out, written);
      continue;
    }
    const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const low =
      kind === 3 ? reader.bytes(4).readUInt32LE(0) : reader.bytes(kind).readUIntLE(0, kind);
    const distance = kind === 1 ? ((tag >> 5) << 8) + low : low;
    if (distance === 0 || distance > written) throw new RangeError('a copy reaches too far back');
    // Byte by byte: a copy may overlap what it writes.
    for (let count = 0; count < length && written < out.length; count++, written++) {
      out[written] = out[written - distance] as number;
    }
  }
  if (written !== out.length) throw new RangeError('a block is shorter than it says');
  return out;
}
