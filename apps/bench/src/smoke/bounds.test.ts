import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Bounds, boundsFor, excesses } from './bounds.ts';
import { SMOKE_CASES } from './cases.ts';
import { sumMetrics } from './counters.ts';

const COUNTS = { framesOut: 1, bytesOut: 20, writes: 3, commits: 0, allocated: 30_000 };

test('counts are within the bounds that were made of them', () => {
  expect(excesses('typing', COUNTS, { typing: boundsFor(COUNTS) })).toEqual([]);
});

test('a count that grew is beyond its bound', () => {
  const grown = { ...COUNTS, framesOut: 2, commits: 0.1 };
  expect(excesses('typing', grown, { typing: boundsFor(COUNTS) })).toEqual([
    { case: 'typing', count: 'framesOut', value: 2, bound: 1.6 },
    { case: 'typing', count: 'commits', value: 0.1, bound: 0 },
  ]);
});

test('a case without bounds is beyond them', () => {
  expect(excesses('typing', COUNTS, {})).toHaveLength(5);
});

test('smoke.json has bounds for every case', () => {
  const file = new URL('../../smoke.json', import.meta.url);
  const bounds = JSON.parse(readFileSync(file, 'utf8')) as Bounds;
  expect(Object.keys(bounds)).toEqual(SMOKE_CASES.map(({ name }) => name));
});

test('metrics of one name are summed over their labels', () => {
  const sums = sumMetrics('# HELP a b\na_total{x="1 }"} 2\na_total{x="2"} 3\nb 1.5e3\n');
  expect([...sums]).toEqual([
    ['a_total', 5],
    ['b', 1500],
  ]);
});
