import { expect, it } from 'vitest';
import { Random, seeds } from '../test/random.ts';
import { matchLists } from './list-diff.ts';

/** Its length, by the table of the textbook. */
function longest(a: readonly number[], b: readonly number[]): number {
  const table = Array.from({ length: a.length + 1 }, () =>
    Array.from({ length: b.length + 1 }, () => 0),
  );
  for (const [i, x] of a.entries()) {
    for (const [j, y] of b.entries()) {
      const row = table[i] as number[];
      const more = x === y ? (row[j] as number) + 1 : 0;
      const next = table[i + 1] as number[];
      next[j + 1] = Math.max(more, row[j + 1] as number, next[j] as number);
    }
  }
  return table.at(-1)?.at(-1) as number;
}

it.each(seeds(5))('finds as many items that stay as there are: seed %i', (seed) => {
  const random = new Random(seed);
  const list = () => Array.from({ length: random.below(12) }, () => random.below(4));
  for (let i = 0; i < 500; i++) {
    const [a, b] = [list(), list()];
    const matches = matchLists(a, b, Object.is);
    expect(matches).toHaveLength(longest(a, b));
    const inOrder = matches.every(([x, y], i) => {
      const [lastX, lastY] = matches[i - 1] ?? [-1, -1];
      return a[x] === b[y] && x > lastX && y > lastY;
    });
    expect(inOrder).toBe(true);
  }
});

it('takes lists that have nothing in common for different, soon', () => {
  const list = (first: number) => Array.from({ length: 20_000 }, (_, i) => first + i);
  const start = performance.now();
  expect(matchLists(list(0), list(50_000), Object.is)).toEqual([]);
  expect(matchLists(list(0), [-1, ...list(0), -2], Object.is)).toHaveLength(20_000);
  expect(performance.now() - start).toBeLessThan(1_000);
});
