import { describe, expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';
import { readLogFile, salvageRecords, writeLogFile } from './log-file.ts';

const BLOCK_BYTES = 32 * 1024;

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
  const log = writeLogFile(records);

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
    const many = writeLogFile(Array.from({ length: 500 }, (_, index) => record(index, index)));
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

  it('gives up only the record that is broken', () => {
    for (const [broken, at] of [50, 40_000, 80_200].entries()) {
      const flipped = Buffer.from(log);
      flipped[at] = (flipped[at] as number) ^ 1;
      const others = records.filter((_, index) => index !== [0, 1, 3][broken]);
      expect(text(salvageRecords(flipped))).toEqual(text(others));
    }
  });

  it('without its first block is damaged', () => {
    expect(readLogFile(log.subarray(BLOCK_BYTES))).toMatchObject({ brokenAt: 0, damaged: true });
  });

  it('whose last record reached the disk in part, and not from its beginning, is not damaged', () => {
    const torn = writeLogFile([record(10, 1), record(100_000, 2)]).fill(0, 20, BLOCK_BYTES);
    expect(readLogFile(torn)).toEqual({
      records: [record(10, 1)],
      brokenAt: 17,
      damaged: false,
    });
  });
});
