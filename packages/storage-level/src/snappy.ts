import { VarintReader } from './varint.ts';

/**
 * Decodes what Snappy compressed.
 * @throws RangeError when it is damaged
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 */
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
