import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Paced } from './paced.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setImmediate', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
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
