import { expect, it } from 'vitest';
import { Backoff } from './backoff.ts';

it('doubles up to twenty seconds, between the half and the whole, and begins anew', () => {
  const least = new Backoff(() => 0);
  const most = new Backoff(() => 1);
  const waits = Array.from({ length: 9 }, () => [least.next(), most.next()]);
  expect(waits.slice(0, 3)).toEqual([
    [150, 300],
    [300, 600],
    [600, 1_200],
  ]);
  expect(waits.at(-1)).toEqual([10_000, 20_000]);
  least.reset();
  expect(least.next()).toBe(150);
});
