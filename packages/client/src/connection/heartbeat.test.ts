import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Heartbeat } from './heartbeat.ts';

const BEAT = 20_000;

describe('the heartbeat', () => {
  let pings = 0;
  let deaths = 0;
  let heartbeat: Heartbeat;

  beforeEach(() => {
    vi.useFakeTimers();
    pings = 0;
    deaths = 0;
    heartbeat = new Heartbeat(
      () => pings++,
      () => deaths++,
    );
    heartbeat.start(BEAT);
  });

  afterEach(() => {
    heartbeat.stop();
    vi.useRealTimers();
  });

  it('asks after a while of silence, and gives it as long again', () => {
    vi.advanceTimersByTime(BEAT - 1);
    expect(pings).toBe(0);
    vi.advanceTimersByTime(1);
    expect(pings).toBe(1);
    vi.advanceTimersByTime(BEAT - 1);
    expect(deaths).toBe(0);
    vi.advanceTimersByTime(1);
    expect([pings, deaths]).toEqual([1, 1]);
    vi.advanceTimersByTime(10 * BEAT);
    expect([pings, deaths]).toEqual([1, 1]);
  });

  it('is content with any sign', () => {
    for (let i = 0; i < 10; i++) {
      vi.advanceTimersByTime(BEAT - 1);
      heartbeat.sign();
    }
    expect([pings, deaths]).toEqual([0, 0]);
    vi.advanceTimersByTime(BEAT);
    heartbeat.sign();
    vi.advanceTimersByTime(BEAT + 1);
    expect(deaths).toBe(0);
  });

  it('does not judge by a timer that was held up: what came may wait behind it', () => {
    vi.advanceTimersByTime(BEAT);
    expect(pings).toBe(1);
    // The machine slept.
    vi.setSystemTime(Date.now() + 3_600_000);
    vi.advanceTimersByTime(BEAT);
    expect([pings, deaths]).toEqual([2, 0]);
    vi.advanceTimersByTime(BEAT);
    expect(deaths).toBe(1);
  });

  it('asks at once when there is doubt, and waits less', () => {
    heartbeat.probe(4_000);
    expect(pings).toBe(1);
    vi.advanceTimersByTime(3_999);
    expect(deaths).toBe(0);
    vi.advanceTimersByTime(1);
    expect(deaths).toBe(1);
  });
});
