/**
 * CRC-32C (Castagnoli), the checksum of LevelDB's files. `node:zlib` has only the other CRC-32.
 *
 * Eight bytes a step, by eight tables ("slicing by 8"; Kounavis and Berry, 2005).
 */
const POLYNOMIAL = 0x82f63b78;
const MASK_DELTA = 0xa282ead8;

const TABLES = makeTables();
const [T0, T1, T2, T3, T4, T5, T6, T7] = TABLES;

/** The checksum of the bytes from `from` up to but not with `to`. */
export function crc32c(bytes: Buffer, from = 0, to = bytes.length): number {
  let crc = -1;
  let at = from;
  for (; at + 8 <= to; at += 8) {
    const low = crc ^ bytes.readInt32LE(at);
    const high = bytes.readInt32LE(at + 4);
    crc =
      at8(T7, low) ^
      at8(T6, low >>> 8) ^
      at8(T5, low >>> 16) ^
      at8(T4, low >>> 24) ^
      at8(T3, high) ^
      at8(T2, high >>> 8) ^
      at8(T1, high >>> 16) ^
      at8(T0, high >>> 24);
  }
  for (; at < to; at++) crc = at8(T0, crc ^ (bytes[at] as number)) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The checksum of bytes that are added one by one. */
export class Crc32c {
  #crc = -1;

  add(byte: number): void {
    this.#crc = at8(T0, this.#crc ^ byte) ^ (this.#crc >>> 8);
  }

  get masked(): number {
    return mask(~this.#crc >>> 0);
  }
}

/** As LevelDB stores it: a checksum of data that holds checksums should not be one of them. */
export function maskedCrc32c(bytes: Buffer, from = 0, to = bytes.length): number {
  return mask(crc32c(bytes, from, to));
}

function mask(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0;
}

function at8(table: Int32Array, value: number): number {
  return table[value & 0xff] as number;
}

type Tables = readonly [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];

function makeTables(): Tables {
  const first = Int32Array.from({ length: 256 }, (_, value) => {
    let crc = value;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    return crc;
  });
  const after = (table: Int32Array) =>
    table.map((crc) => at8(first, crc) ^ ((crc >>> 8) & 0xff_ffff));
  const second = after(first);
  const third = after(second);
  const fourth = after(third);
  const fifth = after(fourth);
  const sixth = after(fifth);
  const seventh = after(sixth);
  return [first, second, third, fourth, fifth, sixth, seventh, after(seventh)];
}
