import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Paced } from './paced.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it('a session whose socket is full waits until it has read, and holds up nobody', () => {
  const paced = new Paced();
  const done: string[] = [];
  const slow = { bufferedBytes: 5 * 1024 * 1024 };
  paced.run(slow, () => done.push('slow'));
  paced.run({ bufferedBytes: 0 }, () => done.push('other'));
  vi.advanceTimersByTime(1_000);
  expect(done).toEqual(['other']);
  slow.bufferedBytes = 0;
  vi.advanceTimersByTime(1_000);
  expect(done).toEqual(['other', 'slow']);
});

it('says for how long the one whose turn is next has waited', () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const paced = new Paced();
  expect(paced.waitedMs).toBe(0);
  paced.run({ bufferedBytes: 0 }, () => {});
  now = 40;
  paced.run({ bufferedBytes: 0 }, () => {});
  now = 50;
  expect(paced.waitedMs).toBe(50);
  vi.advanceTimersByTime(1_000);
  expect(paced.waitedMs).toBe(0);
});
