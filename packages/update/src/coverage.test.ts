import { describe, expect, it } from 'vitest';
import { Coverage, coverageOf } from './coverage.ts';
import type { Content } from './scan.ts';
import { EMPTY_STATE_VECTOR } from './state-vector.ts';

/** Deletions of client 1: so many, each of one clock, at every fourth clock from the first. */
function deletions(count: number, first = 0): Content {
  const ranges: number[] = [];
  for (let i = 0; i < count; i++) ranges.push(first + 4 * i, first + 4 * i + 1);
  return contentOf(ranges);
}

function contentOf(ranges: readonly number[]): Content {
  return { runs: [], deletes: new Map([[1, ranges]]), references: EMPTY_STATE_VECTOR };
}

describe('a log with very many deletions', () => {
  const MANY = 200_000;
  const structs: Content = {
    ...contentOf([]),
    runs: [
      {
        client: 1,
        clock: 0,
        end: 4 * MANY,
        count: 1,
        bytes: new Uint8Array(),
        from: 0,
        to: 0,
        lastClock: 0,
        lastFrom: 0,
      },
    ],
    deletes: new Map(),
  };

  it('admits a deletion that spans them all', () => {
    const coverage = coverageOf([structs, deletions(MANY)]);
    const { news, held } = coverage.admit(contentOf([0, 4 * MANY]));
    expect(held).toBeUndefined();
    expect(news?.deletes.get(1)).toHaveLength(2 * MANY);
    coverage.add(contentOf([0, 4 * MANY]));
    expect(coverage.deletes).toEqual(new Map([[1, [0, 4 * MANY]]]));
  });

  it('takes many more in between in one pass', () => {
    const coverage = coverageOf([structs, deletions(MANY)]);
    const start = process.cpuUsage();
    coverage.add(deletions(MANY, 2));
    // Moving the list for each of them takes many seconds, one pass some milliseconds.
    expect(process.cpuUsage(start).user).toBeLessThan(1_000_000);
    expect(coverage.deletes.get(1)).toHaveLength(4 * MANY);
  });
});

describe('deletions that are added', () => {
  it('are the same one by one, some at once, and all at once', () => {
    const all = [...Array(60).keys()].map((i) => {
      const start = (i * 37) % 101;
      return [start, start + 1 + (i % 4)];
    });
    const single = new Coverage();
    for (const range of all) single.add(contentOf(range));
    const expected = new Set(all.flatMap(([start = 0, end = 0]) => clocks([start, end])));
    const ranges = single.deletes.get(1) ?? [];
    expect(new Set(clocks(ranges))).toEqual(expected);
    for (let i = 2; i < ranges.length; i += 2) {
      expect(ranges[i]).toBeGreaterThan(ranges[i - 1] as number);
    }
    for (const step of [2, 3, 12]) {
      const several = new Coverage();
      for (let rest = 0; rest < step; rest++) {
        const part = new Coverage();
        for (let i = rest; i < all.length; i += step) part.add(contentOf(all[i] ?? []));
        several.add(contentOf(part.deletes.get(1) ?? []));
      }
      expect(several.deletes.get(1)).toEqual(ranges);
      expect(several.covers(contentOf(ranges))).toBe(true);
      expect(several.covers(contentOf([0, 200]))).toBe(false);
    }
  });
});

function clocks(ranges: readonly number[]): number[] {
  const all: number[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    for (let clock = ranges[i] as number; clock < (ranges[i + 1] as number); clock++) {
      all.push(clock);
    }
  }
  return all;
}
