import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Paced } from './paced.ts';

const rethrow = (cause: unknown): never => {
  throw cause;
};

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
  paced.run(slow, () => done.push('slow'), rethrow);
  paced.run({ bufferedBytes: 0 }, () => done.push('other'), rethrow);
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
  paced.run({ bufferedBytes: 0 }, () => {}, rethrow);
  now = 40;
  paced.run({ bufferedBytes: 0 }, () => {}, rethrow);
  now = 50;
  expect(paced.waitedMs).toBe(50);
  vi.advanceTimersByTime(1_000);
  expect(paced.waitedMs).toBe(0);
});

it('a task that throws ends what it belongs to, and the others have their turns', () => {
  const paced = new Paced();
  const done: unknown[] = [];
  const reader = { bufferedBytes: 0 };
  const fault = new Error('a fault');
  const fail = () => {
    throw fault;
  };
  paced.run(reader, fail, (cause) => done.push(cause));
  paced.run(reader, () => done.push('other'), rethrow);
  vi.advanceTimersByTime(10);
  paced.run(reader, () => done.push('later'), rethrow);
  vi.advanceTimersByTime(10);
  expect(done).toEqual([fault, 'other', 'later']);
});
