import fc from 'fast-check';
import * as Y from 'yjs';
import { collect, concatenate, scan } from '../../src/index.ts';
import { act, editings, type Step, steps } from '../editing.ts';
import { type Craft, craft, crafts } from './crafting.ts';
import { Log } from './oracles.ts';

/** A log that honest authors began, what somebody crafted onto it, and what honest people do then. */
export const cases = fc.record({
  honest: editings,
  crafted: fc.array(crafts, { minLength: 1, maxLength: 6 }),
  later: fc.array(steps, { maxLength: 10 }),
});

/** Fails when readers of a log differ, or Yjs throws. */
export function tryCase(all: {
  readonly honest: { readonly updates: readonly Uint8Array[] };
  readonly crafted: readonly Craft[];
  readonly later: readonly Step[];
}): Log {
  const log = new Log();
  // Some providers merge what they send.
  const merged = 1 + (all.later.length % 3);
  for (let at = 0; at < all.honest.updates.length; at += merged) {
    log.admit(Y.mergeUpdates(all.honest.updates.slice(at, at + merged)));
  }
  if (log.refused > 0) throw new Error('an honest update was refused');
  for (const each of all.crafted) log.admit(craft(log.live, each));
  expectNone(log, 'as it was crafted');
  editOnTop(log, all.later);
  expectNone(log, 'with honest edits on top');
  return log;
}

/** Two people edit on: one got the log as it grew, one got it compacted. */
function editOnTop(log: Log, later: readonly Step[]): void {
  const joined = concatenate(log.entries.map(scan))[0];
  const people = [log.entries, [collect(joined).bytes]].map((updates, index) => {
    const doc = new Y.Doc();
    doc.clientID = 424_242 + index;
    for (const update of updates) Y.applyUpdate(doc, update);
    return doc;
  });
  for (const doc of people) {
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === 'log') return;
      for (const entry of log.admit(update)) {
        for (const other of people) Y.applyUpdate(other, entry, 'log');
      }
    });
  }
  for (const step of later) act(people[step.author % people.length] as Y.Doc, step);
}

function expectNone(log: Log, when: string): void {
  const differences = log.differences();
  if (differences.length === 0) return;
  const entries = log.entries.map((entry) => Buffer.from(entry).toString('hex'));
  throw new Error(`${when}, readers differ:\n${differences.join('\n')}\n${entries.join('\n')}`);
}
