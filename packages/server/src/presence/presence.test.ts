import type { AwarenessEntry } from '@syncline/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Delivery } from '../delivery.ts';
import type { Peer, Session } from '../session.ts';
import { Presence } from './presence.ts';

/** Between two renewals of a stock client: 15 s, and up to 3 s until it looks at the clock. */
const LONGEST_PAUSE_MS = 18_000;
/** Stock clients give up a state that was not renewed for so long. */
const OUTDATED_MS = 30_000;

interface Told {
  readonly at: number;
  readonly entries: readonly AwarenessEntry[];
}

const rethrow = (cause: unknown): never => {
  throw cause;
};

function start() {
  const told: Told[] = [];
  const make = (keep: boolean) => {
    const deliverAwareness = ({ content }: Delivery<readonly AwarenessEntry[]>) => {
      if (keep) told.push({ at: performance.now(), entries: content });
    };
    const peer = { bufferedBytes: 0, deliverAwareness } as unknown as Peer;
    return { userId: null, tell: (say: (peer: Peer) => void) => say(peer) } as Session;
  };
  const [ada, eve, bob] = [make(false), make(false), make(true)];
  const tellNodes = vi.fn();
  const presence = new Presence({
    sessions: [ada, eve, bob],
    perSession: 10,
    bytesPerSecond: 1e6,
    budgetBytes: 1e6,
    tellNodes,
    onThrow: rethrow,
  });
  return { presence, ada, eve, told, tellNodes };
}

describe('who is still there', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is said before stock clients give it up, and for all together', () => {
    const { presence, ada, eve, told } = start();
    let clock = 0;
    const renew = (session: Session, client: number, everyMs: number) => {
      const say = () => presence.announce(session, [{ client, clock: ++clock, state: '{}' }]);
      say();
      setInterval(say, everyMs);
    };
    renew(ada, 1, LONGEST_PAUSE_MS);
    vi.advanceTimersByTime(7_000);
    renew(eve, 2, 15_000);
    const before = told.length;
    vi.advanceTimersByTime(600_000);
    for (const client of [1, 2]) {
      const times = told
        .filter(({ entries }) => entries.some((entry) => entry.client === client))
        .map(({ at }) => at);
      const gaps = times.slice(1).map((at, index) => at - (times[index] as number));
      expect(Math.max(...gaps)).toBeLessThan(OUTDATED_MS - 8_000);
    }
    // They renew 33 and 40 times.
    expect(told.length - before).toBeLessThan(40);
  });

  it('goes to other nodes, which say it in time as well', () => {
    const here = start();
    const there = start();
    here.tellNodes.mockImplementation((states) => there.presence.hear('node' as never, states));
    let clock = 0;
    const say = () =>
      here.presence.announce(here.ada, [{ client: 1, clock: ++clock, state: '{}' }]);
    say();
    setInterval(say, LONGEST_PAUSE_MS - 1);
    vi.advanceTimersByTime(600_000);
    const times = there.told.map(({ at }) => at);
    const gaps = times.slice(1).map((at, index) => at - (times[index] as number));
    expect(times.length).toBeGreaterThan(20);
    expect(Math.max(...gaps)).toBeLessThan(OUTDATED_MS - 8_000);
  });

  it('waits for no renewal that was about to be said when there is news', () => {
    const { presence, ada, eve, told } = start();
    presence.announce(ada, [{ client: 1, clock: 1, state: '{}' }]);
    vi.advanceTimersByTime(1_000);
    presence.announce(ada, [{ client: 1, clock: 2, state: '{}' }]);
    vi.advanceTimersByTime(1_000);
    expect(told).toHaveLength(1);
    presence.announce(eve, [{ client: 2, clock: 1, state: '{}' }]);
    vi.advanceTimersByTime(50);
    expect(told[1]?.entries.map(({ client }) => client)).toEqual([1, 2]);
  });
});
