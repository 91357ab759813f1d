import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeSnappy } from './snappy.ts';
import { checkTable, salvageTable } from './table-file.ts';

describe('a table', () => {
  let table: Buffer;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'syncline-table-'));
    const db = new ClassicLevel(directory);
    for (let value = 0; value < 2_000; value++) {
      await db.put(`a key that repeats ${value}`, `a value that repeats ${value}`);
    }
    await db.compactRange('a', 'b');
    await db.close();
    const name = (await readdir(directory)).find((other) => other.endsWith('.ldb'));
    table = await readFile(join(directory, name ?? expect.fail('there is no table')));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('of LevelDB passes', () => {
    expect(() => checkTable(table)).not.toThrow();
  });

  it('with a flipped bit in it does not pass', () => {
    // The footer is padded with zeros between its two handles and its magic number.
    const footer = table.length - 48;
    for (let at = 0; at < footer; at += 7) {
      const flipped = Buffer.from(table);
      flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
      expect(() => checkTable(flipped), `byte ${at}`).toThrow(RangeError);
    }
  });

  const salvaged = (bytes: Buffer) =>
    new Map(
      Array.from(salvageTable(bytes), ({ key, value }) => [key.toString(), value?.toString()]),
    );
  const expectTrue = (found: Map<string, string | undefined>) => {
    for (const [key, value] of found) {
      if (key.startsWith('a key that repeats ') && value?.startsWith('a value')) {
        expect(value).toBe(key.replace('key', 'value'));
      }
    }
  };

  it('gives back all of its sound blocks, and tells them from the others', () => {
    expect(salvaged(table).size).toBe(2_000);
    expectTrue(salvaged(table));
    const flipped = Buffer.from(table);
    flipped[5_000] = (flipped[5_000] as number) ^ 1;
    const sound = new Set<string>();
    for (const { key, sequence } of salvageTable(flipped))
      if (sequence > 0) sound.add(key.toString());
    expect(sound.size).toBeGreaterThan(1_500);
    expect(sound.size).toBeLessThan(2_000);
  });

  it('gives back what is before its first damaged block, when it has no index', () => {
    const cut = salvaged(table.subarray(0, 15_000));
    expect(cut.size).toBeGreaterThan(1_000);
    expectTrue(cut);
  });

  it('that is cut does not pass', () => {
    for (let length = 0; length < table.length; length += 101) {
      expect(() => checkTable(table.subarray(0, length)), `${length} bytes`).toThrow(RangeError);
    }
  });
});

describe('Snappy', () => {
  it('is decoded with literals, near, far and overlapping copies', () => {
    // "ab", then four bytes from two back, a literal "!", and five bytes from six back.
    const bytes = Buffer.from([12, 1 << 2, 0x61, 0x62, 1, 2, 0, 0x21, ((5 - 1) << 2) | 2, 6, 0]);
    expect(decodeSnappy(bytes).toString()).toBe('ababab!babab');
  });

  it('that reaches out of its bytes is refused', () => {
    expect(() => decodeSnappy(Buffer.from([4, 1, 2]))).toThrow(RangeError);
    expect(() => decodeSnappy(Buffer.from([4, 3 << 2, 0x61]))).toThrow(RangeError);
    expect(() => decodeSnappy(Buffer.from([9, 0, 0x61]))).toThrow(RangeError);
  });
});
