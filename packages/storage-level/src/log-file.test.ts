import { describe, expect, it } from 'vitest';
import { crc32c, maskedCrc32c } from './crc32c.ts';
import { readLogFile } from './log-file.ts';

const BLOCK_BYTES = 32 * 1024;

/** Writes records as LevelDB does. */
function writeLog(records: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [];
  let at = 0;
  const put = (part: Buffer) => {
    parts.push(part);
    at += part.length;
  };
  for (const record of records) {
    let from = 0;
    do {
      let room = BLOCK_BYTES - (at % BLOCK_BYTES);
      if (room < 7) {
        put(Buffer.alloc(room));
        room = BLOCK_BYTES;
      }
      const data = record.subarray(from, from + room - 7);
      const [first, last] = [from === 0, from + data.length === record.length];
      const fragment = Buffer.alloc(7 + data.length);
      fragment[6] = first && last ? 1 : first ? 2 : last ? 4 : 3;
      fragment.writeUInt16LE(data.length, 4);
      data.copy(fragment, 7);
      fragment.writeUInt32LE(maskedCrc32c(fragment, 6), 0);
      put(fragment);
      from += data.length;
    } while (from < record.length);
  }
  return Buffer.concat(parts);
}

/** Buffers are compared as text: a deep comparison of them takes long. */
const text = (records: readonly Buffer[]) => records.map((bytes) => bytes.toString('latin1'));
const record = (length: number, value: number) => Buffer.alloc(length, value);

describe('CRC-32C', () => {
  it('is that of the published example', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe306_9283);
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a91_36aa);
    expect(crc32c(Buffer.from('..123456789..'), 2, 11)).toBe(0xe306_9283);
  });
});

describe('a log file', () => {
  const records = [
    record(100, 1),
    record(80_000, 2),
    record(0, 3),
    record(32_000, 4),
    record(9, 5),
  ];
  const log = writeLog(records);

  it('is read whole', () => {
    const found = readLogFile(log);
    expect(text(found.records)).toEqual(text(records));
    expect(found).toMatchObject({ brokenAt: undefined, damaged: false });
    expect(readLogFile(Buffer.alloc(0))).toEqual({
      records: [],
      brokenAt: undefined,
      damaged: false,
    });
  });

  it('that is cut anywhere gives the records before, and is not damaged', () => {
    for (let length = 0; length < log.length; length += 1_009) {
      const found = readLogFile(log.subarray(0, length));
      expect(found.damaged).toBe(false);
      expect(text(found.records)).toEqual(text(records.slice(0, found.records.length)));
    }
  });

  it('that ends in zeros is not damaged', () => {
    const torn = Buffer.concat([log, Buffer.alloc(50_000)]);
    const found = readLogFile(torn);
    expect(text(found.records)).toEqual(text(records));
    expect(found).toMatchObject({ brokenAt: log.length, damaged: false });
  });

  it('with a flipped bit anywhere before its last record is damaged', () => {
    const many = writeLog(Array.from({ length: 500 }, (_, index) => record(index, index)));
    const last = many.length - (499 + 7);
    for (let at = 0; at < last; at += 61) {
      const flipped = Buffer.from(many);
      flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
      const { damaged } = readLogFile(flipped);
      const isFiller = BLOCK_BYTES - (at % BLOCK_BYTES) < 7 && many[at] === 0;
      expect({ at, damaged: damaged || isFiller }).toEqual({ at, damaged: true });
    }
  });

  it('with zeros before its last record is damaged', () => {
    for (const [from, to] of [
      [0, 100],
      [0, BLOCK_BYTES],
      [50, 90_000],
    ]) {
      expect(readLogFile(Buffer.from(log).fill(0, from, to)).damaged).toBe(true);
    }
  });

  it('without its first block is damaged', () => {
    expect(readLogFile(log.subarray(BLOCK_BYTES))).toMatchObject({ brokenAt: 0, damaged: true });
  });

  it('whose last record reached the disk in part, and not from its beginning, is not damaged', () => {
    const torn = writeLog([record(10, 1), record(100_000, 2)]).fill(0, 20, BLOCK_BYTES);
    expect(readLogFile(torn)).toEqual({
      records: [record(10, 1)],
      brokenAt: 17,
      damaged: false,
    });
  });
});
