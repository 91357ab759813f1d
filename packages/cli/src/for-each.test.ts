import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { forEach } from './for-each.ts';

/** The numbers from 1; `closed` says whether the reader has said that it has enough. */
function numbers(to: number) {
  const source = {
    given: 0,
    closed: false,
    async *[Symbol.asyncIterator]() {
      try {
        while (source.given < to) yield ++source.given;
      } finally {
        source.closed = true;
      }
    },
  };
  return source;
}

it('runs a task for each thing, and no more at a time than it may', async () => {
  const seen: number[] = [];
  let running = 0;
  let most = 0;
  await forEach(numbers(20), 3, async (number) => {
    most = Math.max(most, ++running);
    await turn();
    running--;
    seen.push(number);
  });
  expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  expect(most).toBe(3);
});

it('stops at a failure, once the tasks that run have ended', async () => {
  const source = numbers(Number.POSITIVE_INFINITY);
  const ended: number[] = [];
  const all = forEach(source, 2, async (number) => {
    if (number === 5) throw new Error('no 5');
    await turn();
    await turn();
    ended.push(number);
  });
  await expect(all).rejects.toThrow('no 5');
  const atTheEnd = ended.length;
  for (let i = 0; i < 10; i++) await turn();
  expect(ended).toHaveLength(atTheEnd);
  expect(source.closed).toBe(true);
  expect(source.given).toBeLessThan(8);
  expect(ended).not.toContain(5);
});
