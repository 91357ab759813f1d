import { describe, expect, it } from 'vitest';
import { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { createWriters, placeIn, resolve } from './caret.ts';

const doc = new Y.Doc();
const text = doc.getText('text');
text.insert(0, 'hello');
const awareness = new Awareness(doc);
const writers = createWriters(awareness, 'text');
const user = { name: 'Eve', color: '#be185d' };
const good = placeIn(text, 2);
const none = { type: null, tname: null, item: null, assoc: 0 };

/** What the page makes of a cursor. */
function cursorOf(cursor: unknown): unknown {
  awareness.states.set(1, { user, cursor });
  awareness.emit('change', [{ added: [], updated: [1], removed: [] }, 'test']);
  return writers.others[0]?.state.cursor;
}

describe('the cursor of somebody else', () => {
  it('is where they say, in all the fields that stock bindings read', () => {
    expect(Object.keys(good)).toEqual(['type', 'tname', 'item', 'assoc']);
    const sent: unknown = JSON.parse(JSON.stringify({ anchor: good, head: placeIn(text, 5) }));
    expect(cursorOf(sent)).toEqual(sent);
    expect(resolve(good, doc, text)).toEqual({ type: text, index: 2 });
    // As relativePositionToJSON has it.
    const short = { item: good.item };
    expect(cursorOf({ anchor: short, head: short })).toEqual({
      anchor: { ...none, item: good.item },
      head: { ...none, item: good.item },
    });
  });

  const NOWHERE: readonly unknown[] = [
    null,
    7,
    'nowhere',
    {},
    none,
    { ...none, item: {} },
    { ...none, item: { client: 1, clock: -1 } },
    { ...none, item: { client: '1', clock: 1 } },
    { ...none, item: { client: 1.5, clock: 1 } },
    { ...none, item: { client: 2 ** 60, clock: 1 } },
    { ...none, item: 'x' },
    { ...none, type: [] },
    { ...none, tname: 'another' },
    { ...none, tname: { toString: 1 } },
  ];
  it.each(NOWHERE.map((place) => ({ place })))('is none of $place', ({ place }) => {
    expect(cursorOf({ anchor: place, head: good })).toBe(undefined);
    expect(cursorOf({ anchor: good, head: place })).toBe(undefined);
    // Yjs makes types of names that it is asked for.
    expect([...doc.share.keys()]).toEqual(['text']);
  });

  it('is nowhere when it is in another type, or not there yet', () => {
    const { clientID } = doc;
    expect(resolve({ ...none, item: { client: clientID, clock: 99 } }, doc, text)).toBe(undefined);
    expect(resolve({ ...none, item: { client: 99, clock: 0 } }, doc, text)).toBe(undefined);
    const other = new Y.Doc();
    const elsewhere = other.getText('elsewhere');
    elsewhere.insert(0, 'x');
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
    expect(resolve(placeIn(elsewhere, 0), other, other.getText('text'))).toBe(undefined);
  });
});
