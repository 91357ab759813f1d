import { cpuTimeOf } from '@syncline/testing';
import { type Content, Coverage, type Held, scan } from '@syncline/update';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import { bytesOf, HeldUpdates } from './held-updates.ts';
import type { Receipt } from './receipt.ts';
import type { Session } from './session.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const session = (isOpen = true) => ({ isOpen }) as Session;

const receipt = (session: Session): Receipt => ({ session, number: 1, pieces: 1 });

/** The second of two updates, as a log without the first holds it; and the first. */
function gap(bytes = 10): { held: Held; missing: Content } {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  doc.getText('text').insert(0, 'a');
  doc.getText('text').insert(1, 'b'.repeat(bytes));
  const [first, second] = updates.map(scan);
  const { held } = second === undefined ? {} : new Coverage().admit(second);
  if (first === undefined || held === undefined) throw new Error('nothing is held');
  return { held, missing: first };
}

it('a session is asked for what is missing at most each five seconds, and then surely', () => {
  const asked: Session[] = [];
  const updates = new HeldUpdates((session) => asked.push(session));
  const add = (session: Session) => updates.add({ held: gap().held, receipt: receipt(session) });
  const [ada, bob] = [session(), session()];
  add(ada);
  expect(asked).toEqual([ada]);
  add(ada);
  add(ada);
  add(bob);
  expect(asked).toEqual([ada, bob]);
  vi.advanceTimersByTime(4_999);
  expect(asked).toEqual([ada, bob]);
  vi.advanceTimersByTime(1);
  expect(asked).toEqual([ada, bob, ada]);
  vi.advanceTimersByTime(60_000);
  expect(asked).toEqual([ada, bob, ada]);
  add(ada);
  expect(asked).toEqual([ada, bob, ada, ada]);
});

it('a session is not asked again when what was missing has come', () => {
  const asked: Session[] = [];
  const updates = new HeldUpdates((session) => asked.push(session));
  const ada = session();
  const { held, missing } = gap();
  updates.add({ held, receipt: receipt(ada) });
  updates.add({ held, receipt: receipt(ada) });
  updates.arrived(missing);
  updates.takeReady();
  vi.advanceTimersByTime(60_000);
  expect(asked).toEqual([ada]);
});

it('what is held is given out once, when what it needs is there', () => {
  const updates = new HeldUpdates(() => {});
  const { held, missing } = gap();
  updates.add({ held, receipt: receipt(session()) });
  updates.arrived(gap().missing); // of another client
  expect(updates.takeReady()).toEqual([]);
  updates.arrived(missing);
  expect(updates.takeReady().map((update) => update.held)).toEqual([held]);
  updates.arrived(missing);
  expect(updates.takeReady()).toEqual([]);
  expect(updates.bytes).toBe(0);
});

it('a session has room for so much, and all of them together for 8 MiB', () => {
  const updates = new HeldUpdates(() => {});
  const MIB = 1024 * 1024;
  const sessions = Array.from({ length: 9 }, () => session());
  const taken = sessions.map((session) => {
    const { held } = gap(MIB - 900);
    const hasRoom = updates.hasRoomFor(session, bytesOf(held), MIB);
    if (hasRoom) updates.add({ held, receipt: receipt(session) });
    expect(updates.hasRoomFor(session, 2_048, MIB)).toBe(false);
    return hasRoom;
  });
  expect(taken).toEqual([true, true, true, true, true, true, true, true, false]);
});

it('what sessions left behind that are gone makes room first', () => {
  const updates = new HeldUpdates(() => {});
  const gone = session(false);
  for (let i = 0; i < 8; i++) {
    updates.add({ held: gap(1024 * 1024).held, receipt: receipt(gone) });
  }
  expect(updates.hasRoomFor(session(), 1024, 1024 * 1024)).toBe(true);
  expect(updates.bytes).toBe(0);
});

it('what comes is held against what waits for its client, and nothing else', () => {
  const updates = new HeldUpdates(() => {});
  const gaps = Array.from({ length: 1_000 }, () => gap());
  for (const { held } of gaps) updates.add({ held, receipt: receipt(session()) });
  const { missing } = gap();
  const arrive = () => {
    for (let times = 0; times < 100_000; times++) updates.arrived(missing);
  };
  expect(cpuTimeOf(arrive)).toBeLessThan(1_500);
  for (const { missing } of gaps) updates.arrived(missing);
  expect(updates.takeReady()).toHaveLength(1_000);
});
