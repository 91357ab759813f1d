import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Throttle } from './throttle.ts';

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(performance, 'now').mockImplementation(() => Date.now() - start);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

let start = 0;

/** A throttle of a process that began a moment ago, and what it did. */
function throttle(perSecond: number, graceMs: number) {
  start = Date.now() - 100;
  const events: string[] = [];
  return {
    events,
    throttle: new Throttle({
      perSecond: { frames: 1e9, bytes: 1e9, awareness: 1e9, updates: perSecond },
      graceMs,
      slow: (isSlow) => events.push(isSlow ? 'slow' : 'read'),
      exceeded: (charge) => events.push(`exceeded ${charge}`),
    }),
  };
}

it('lets a second of what is allowed pass, and slows what is above', () => {
  const { throttle: it, events } = throttle(100, 10_000);
  it.charge('updates', 100);
  expect(events).toEqual([]);
  it.charge('updates', 50);
  expect(events).toEqual(['slow']);
  vi.advanceTimersByTime(499);
  expect(events).toEqual(['slow']);
  vi.advanceTimersByTime(1);
  expect(events).toEqual(['slow', 'read']);
});

it('gives up on who owes more than can be paid within the grace time, when that is over', () => {
  const { throttle: it, events } = throttle(100, 1_000);
  it.charge('updates', 10_000);
  vi.advanceTimersByTime(999);
  expect(events).toEqual(['slow']);
  vi.advanceTimersByTime(1);
  expect(events).toEqual(['slow', 'exceeded updates']);
});

it('forgives who was slowed once, and pauses', () => {
  const { throttle: it, events } = throttle(100, 1_000);
  for (let round = 0; round < 5; round++) {
    it.charge('updates', 190);
    vi.advanceTimersByTime(3_000);
  }
  expect(events.filter((event) => event.startsWith('exceeded'))).toEqual([]);
});
