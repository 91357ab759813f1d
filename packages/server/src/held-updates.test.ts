import { Coverage, type Held, scan } from '@syncline/update';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import { HeldUpdates } from './held-updates.ts';
import type { Session } from './session.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const session = (): Session => ({
  author: '',
  bufferedBytes: 0,
  deliver: () => {},
  deliverAwareness: () => {},
  ask: () => {},
  close: () => {},
});

/** The second of two updates, as a log without the first holds it; and a coverage with the first. */
function gap(bytes = 10): { held: Held; filled: Coverage } {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  doc.getText('text').insert(0, 'a');
  doc.getText('text').insert(1, 'b'.repeat(bytes));
  const [first, second] = updates.map(scan);
  const filled = new Coverage();
  if (first !== undefined) filled.add(first);
  const { held } = second === undefined ? {} : new Coverage().admit(second);
  if (held === undefined) throw new Error('nothing is held');
  return { held, filled };
}

it('a session is asked for what is missing at most each five seconds', () => {
  const updates = new HeldUpdates();
  const [ada, bob] = [session(), session()];
  expect(updates.add(ada, gap().held)).toBe(true);
  expect(updates.add(ada, gap().held)).toBe(false);
  expect(updates.add(bob, gap().held)).toBe(true);
  vi.advanceTimersByTime(4_999);
  expect(updates.add(ada, gap().held)).toBe(false);
  vi.advanceTimersByTime(1);
  expect(updates.add(ada, gap().held)).toBe(true);
});

it('what is held is given out once, when what it needs is there', () => {
  const updates = new HeldUpdates();
  const { held, filled } = gap();
  updates.add(session(), held);
  expect(updates.takeReady(new Coverage().stateVector)).toEqual([]);
  expect(updates.takeReady(filled.stateVector).map(([, content]) => content)).toEqual([held]);
  expect(updates.takeReady(filled.stateVector)).toEqual([]);
  expect(updates.bytes).toBe(0);
});

it('what is held takes at most a mebibyte; the oldest goes first', () => {
  const updates = new HeldUpdates();
  const gaps = Array.from({ length: 5 }, () => gap(300_000));
  for (const { held } of gaps) updates.add(session(), held);
  expect(updates.bytes).toBeLessThanOrEqual(1024 * 1024);
  const kept = gaps.filter(({ filled }) => updates.takeReady(filled.stateVector).length > 0);
  expect(kept).toEqual(gaps.slice(2));
});
