import { scan } from '@syncline/update';
import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { inTurns, toEntries } from './gathered.ts';
import type { Session } from './session.ts';

const session = { author: 'ada' } as Session;

/** The updates of one client that types letter by letter. */
function lettersOf(text: string): Uint8Array[] {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  for (let at = 0; at < text.length; at++) doc.getText('text').insert(at, text.charAt(at));
  return updates;
}

const entriesOf = (updates: readonly Uint8Array[]) =>
  toEntries(inTurns(updates.map((update) => ({ session, news: scan(update), time: 0 }))));

it('makes one entry of what one session sent in a row', () => {
  expect(entriesOf(lettersOf('abc'))).toHaveLength(1);
});

it('loses nothing when another node has committed what lies in between', () => {
  const [a, b, c] = lettersOf('abc') as [Uint8Array, Uint8Array, Uint8Array];
  const entries = entriesOf([a, c]);
  expect(entries).toHaveLength(2);
  const reader = new Y.Doc();
  for (const update of [b, ...entries.map((entry) => entry.update)]) Y.applyUpdate(reader, update);
  expect(reader.getText('text').toString()).toBe('abc');
});
