import { SILENCE_MS } from '@syncline/bus';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Hearing } from './hearing.ts';

let events: string[];
let hearing: Hearing;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  events = [];
  hearing = new Hearing({
    beat: (count) => void events.push(`beat ${count}`),
    onState: (state, cause) => void events.push(cause ? `${state}: ${cause.message}` : state),
    onMissed: () => void events.push('missed'),
  });
});
afterEach(() => {
  vi.useRealTimers();
});

const hears = () => {
  hearing.beat();
  hearing.heard(1, true);
  events.length = 0;
};

it('hears once a beat has come back, and has missed nothing before', () => {
  expect(hearing.isHearing).toBe(false);
  hearing.beat();
  expect(hearing.heard(1, false)).toBeUndefined();
  expect(hearing.isHearing).toBe(false);
  expect(hearing.heard(1, true)).toBe(0);
  expect(hearing.isHearing).toBe(true);
  expect(events).toEqual(['beat 1', 'hearing']);
});

it('tells how long after the last beat the next one came', () => {
  hears();
  vi.advanceTimersByTime(5_000);
  hearing.beat();
  expect(hearing.heard(2, true)).toBe(5_000);
  expect(hearing.sinceBeat).toBe(0);
  expect(events).toEqual(['beat 2']);
});

it('takes no beat as a proof that was on the way when something broke', () => {
  hears();
  hearing.beat();
  hearing.deafen(new Error('gone'));
  expect(hearing.heard(2, true)).toBeUndefined();
  hearing.beat();
  expect(hearing.isHearing).toBe(false);
  hearing.heard(3, true);
  expect(events).toEqual(['beat 2', 'deaf: gone', 'missed', 'beat 3', 'hearing', 'missed']);
});

it('becomes deaf once, and says every two seconds that something may be missed', () => {
  hears();
  hearing.deafen(new Error('first'));
  hearing.deafen(new Error('second'));
  expect(events).toEqual(['deaf: first', 'missed']);
  for (let second = 0; second < 10; second++) {
    vi.advanceTimersByTime(1_000);
    hearing.sayWhatIsOwed();
  }
  expect(events.filter((event) => event === 'missed')).toHaveLength(6);
});

it('says at once that something was missed, and later what came soon after', () => {
  hears();
  hearing.miss();
  hearing.miss();
  hearing.miss();
  expect(events).toEqual(['missed']);
  vi.advanceTimersByTime(2_000);
  hearing.sayWhatIsOwed();
  hearing.sayWhatIsOwed();
  expect(events).toEqual(['missed', 'missed']);
  vi.advanceTimersByTime(60_000);
  hearing.sayWhatIsOwed();
  expect(events).toEqual(['missed', 'missed']);
});

it('is silent when no beat has come back for long', () => {
  hears();
  vi.advanceTimersByTime(SILENCE_MS - 1);
  expect(hearing.isSilent).toBe(false);
  vi.advanceTimersByTime(1);
  expect(hearing.isSilent).toBe(true);
  hearing.waitAnew();
  expect(hearing.isSilent).toBe(false);
});
