import { Crc32c, maskedCrc32c } from './crc32c.ts';
import { decodeSnappy } from './snappy.ts';
import { VarintReader } from './varint.ts';

/**
 * Reads LevelDB's tables (leveldb/doc/table_format.md): blocks with a trailer `u8 compression, u32
 * masked CRC-32C`, an index of them, and a footer. LevelDB does not check these checksums when it
 * reads through this binding, so that a flipped bit in a key could hide a record.
 */
const FOOTER_BYTES = 48;
const MAGIC = 0xdb4775248b80fb57n;
const TRAILER_BYTES = 5;
const SNAPPY = 1;
const Kind = { deletion: 0, value: 1 } as const;

/**
 * Checks a whole table.
 * @throws RangeError that says what is wrong, when it is damaged
 */
export function checkTable(bytes: Buffer): void {
  const footer = footerOf(bytes);
  // The first names the filter block, by which LevelDB decides that a key is not there.
  for (const index of [readBlock(bytes, footer), readBlock(bytes, footer)]) {
    for (const [, handle] of entriesOf(index)) checkBlock(bytes, new VarintReader(handle));
  }
}

/** One put or deletion of a key, as it stands in a table or a log. The highest sequence counts. */
export interface Version {
  readonly key: Buffer;
  /** `undefined` for a deletion. */
  readonly value: Buffer | undefined;
  readonly sequence: number;
}

/**
 * All that stands in the sound blocks of a table, and the puts that can be read in the others, for
 * the caller to check: they have the sequence 0. When its index is damaged, the blocks before the
 * first damaged one: a block ends where its checksum holds.
 */
export function* salvageTable(bytes: Buffer): Iterable<Version> {
  for (const { block, sound } of blocksOf(bytes)) {
    try {
      for (const [key, value] of entriesOf(block)) {
        const version = versionOf(key, value);
        if (version === undefined) continue;
        if (sound) yield version;
        else if (version.value !== undefined) yield { ...version, sequence: 0 };
      }
    } catch (error) {
      // A damaged block; or, without an index, one that holds something else.
      if (!(error instanceof RangeError)) throw error;
    }
  }
}

interface Block {
  readonly block: Buffer;
  readonly sound: boolean;
}

function* blocksOf(bytes: Buffer): Iterable<Block> {
  let handles: Buffer[];
  try {
    const footer = footerOf(bytes);
    footer.number();
    footer.number();
    handles = Array.from(entriesOf(readBlock(bytes, footer)), ([, handle]) => handle);
  } catch {
    // The index is damaged, or cut off.
    for (const block of blocksInOrder(bytes)) yield { block, sound: true };
    return;
  }
  for (const handle of handles) {
    const found = tryBlock(bytes, handle);
    if (found !== undefined) yield found;
  }
}

function tryBlock(bytes: Buffer, handle: Buffer): Block | undefined {
  try {
    return { block: readBlock(bytes, new VarintReader(handle)), sound: true };
  } catch {
    try {
      const reader = new VarintReader(handle);
      const [offset, length] = [reader.number(), reader.number()];
      const stored = bytes.subarray(offset, offset + length);
      return { block: decodeBlock(stored, bytes[offset + length]), sound: false };
    } catch {
      return undefined;
    }
  }
}

function* blocksInOrder(bytes: Buffer): Iterable<Buffer> {
  for (let from = 0; from < bytes.length; ) {
    const end = endOfCovered(bytes, from);
    if (end === undefined) return;
    yield decodeBlock(bytes.subarray(from, end - 1), bytes[end - 1]);
    from = end + TRAILER_BYTES - 1;
  }
}

/** The first place from `from` on at which the checksum of what is between follows. */
function endOfCovered(bytes: Buffer, from: number): number | undefined {
  const checksum = new Crc32c();
  for (let end = from; end + 4 <= bytes.length; end++) {
    if (end > from && checksum.masked === bytes.readUInt32LE(end)) return end;
    checksum.add(bytes[end] as number);
  }
  return undefined;
}

function footerOf(bytes: Buffer): VarintReader {
  if (bytes.length < FOOTER_BYTES) throw new RangeError('it is cut off');
  if (bytes.readBigUInt64LE(bytes.length - 8) !== MAGIC) throw new RangeError('it has no footer');
  return new VarintReader(bytes, bytes.length - FOOTER_BYTES);
}

/** The contents of the block whose handle (offset and length) comes next. */
function readBlock(bytes: Buffer, handle: VarintReader): Buffer {
  const { offset, end } = checkBlock(bytes, handle);
  return decodeBlock(bytes.subarray(offset, end), bytes[end]);
}

/** Where the block is whose handle comes next; its checksum holds. */
function checkBlock(bytes: Buffer, handle: VarintReader): { offset: number; end: number } {
  const offset = handle.number();
  const end = offset + handle.number();
  if (end + TRAILER_BYTES > bytes.length) throw new RangeError('a block is cut off');
  if (maskedCrc32c(bytes, offset, end + 1) !== bytes.readUInt32LE(end + 1)) {
    throw new RangeError(`the block at ${offset} fails its checksum`);
  }
  return { offset, end };
}

function decodeBlock(stored: Buffer, compression: number | undefined): Buffer {
  return compression === SNAPPY ? decodeSnappy(stored) : stored;
}

/** The entries of a block: each key shares its beginning with the one before. */
function* entriesOf(block: Buffer): Iterable<[Buffer, Buffer]> {
  if (block.length < 4) throw new RangeError('a block is too short');
  const end = block.length - 4 * (block.readUInt32LE(block.length - 4) + 1);
  if (end < 0) throw new RangeError('a block is too short');
  const reader = new VarintReader(block.subarray(0, end));
  let key: Buffer = Buffer.alloc(0);
  while (!reader.atEnd) {
    const shared = reader.number();
    const keyBytes = reader.number();
    const valueBytes = reader.number();
    if (shared > key.length) throw new RangeError('a key is broken');
    key = Buffer.concat([key.subarray(0, shared), reader.bytes(keyBytes)]);
    yield [key, reader.bytes(valueBytes)];
  }
}

/** An internal key is the key, and `u64 sequence * 256 + kind`. */
function versionOf(internalKey: Buffer, value: Buffer): Version | undefined {
  const end = internalKey.length - 8;
  if (end < 0) return undefined;
  const kind = internalKey.readUInt8(end);
  if (kind !== Kind.deletion && kind !== Kind.value) return undefined;
  return {
    key: internalKey.subarray(0, end),
    value: kind === Kind.value ? value : undefined,
    sequence: Number(internalKey.readBigUInt64LE(end) >> 8n),
  };
}
