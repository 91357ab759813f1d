import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ReadingTurns } from './reading-turns.ts';

it('turns come in the order in which they were asked for, some in each turn of the event loop', async () => {
  let now = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  const turns = new ReadingTurns();
  const order: string[] = [];
  const read = (name: string, times: number) => {
    now += 2.5;
    order.push(name);
    if (times > 1) turns.add(() => read(name, times - 1));
  };
  for (const name of ['a', 'b', 'c']) turns.add(() => read(name, 3));
  await turn();
  expect(order).toHaveLength(2);
  while (order.length < 9) await turn();
  expect(order.join('')).toBe('abcabcabc');
});

it('those that read after their turn have it one at a time', async () => {
  const turns = new ReadingTurns();
  const order: number[] = [];
  for (let i = 0; i < 3; i++) void turns.next().then(() => order.push(i));
  await turn();
  expect(order).toEqual([0]);
  await turn();
  await turn();
  expect(order).toEqual([0, 1, 2]);
});
