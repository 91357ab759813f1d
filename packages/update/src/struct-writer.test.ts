import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { editings } from '../test/editing.ts';
import { collect, concatenate, scan } from './index.ts';

/** A document with the updates that it gives. */
function recorded(client: number): { doc: Y.Doc; text: Y.Text; updates: Uint8Array[] } {
  const doc = new Y.Doc();
  doc.clientID = client;
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array, origin: unknown) => {
    if (origin !== 'sync') updates.push(update);
  });
  return { doc, text: doc.getText('text'), updates };
}

function joined(updates: readonly Uint8Array[]): Uint8Array {
  const [update, ...rest] = concatenate(updates.map(scan));
  expect(rest).toEqual([]);
  return update.bytes;
}

function docOf(...updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
}

const countOf = (update: Uint8Array) => Y.decodeUpdate(update).structs.length;
const textOf = (doc: Y.Doc) => doc.getText('text').toString();

/** What Yjs itself writes of a document with these updates: with what was deleted, or without. */
function inYjs(updates: readonly Uint8Array[], gc: boolean): Uint8Array {
  const doc = new Y.Doc({ gc });
  for (const update of updates) Y.applyUpdate(doc, update);
  return Y.encodeStateAsUpdate(doc);
}

function collected(updates: readonly Uint8Array[]): Uint8Array {
  return collect(scan(joined(updates))).bytes;
}

/** A value of the old kind, which Yjs still reads: it goes behind the others in the list. */
function pushJson(doc: Y.Doc, value: unknown): void {
  const list = doc.getArray('list');
  doc.transact((transaction) => {
    let last = list._start;
    while (last?.right) last = last.right;
    const id = Y.createID(doc.clientID, Y.getState(doc.store, doc.clientID));
    const content = new Y.ContentJSON([value]);
    new Y.Item(id, last, last?.lastId ?? null, null, null, list, null, content).integrate(
      transaction,
      0,
    );
  });
}

const TIMES = 100;

/** What somebody does again and again. */
const HABITS: Record<string, (doc: Y.Doc, time: number) => void> = {
  'types letters': (doc, time) => doc.getText('text').insert(time, 'x'),
  'types letters backwards': (doc) => doc.getText('text').insert(0, 'x'),
  'pushes values': (doc, time) => doc.getArray('list').push([{ time }]),
  'pushes old JSON': pushJson,
  'pushes two values and sets a field': (doc, time) => {
    doc.transact(() => {
      doc.getArray('list').push([time]);
      doc.getArray('list').push(['more']);
      doc.getMap('map').set('last', time);
    });
  },
  'sets a field': (doc, time) => doc.getMap('map').set('x', time),
  'sets two fields in turns': (doc, time) => doc.getMap('map').set(time % 2 ? 'x' : 'y', time),
  'pushes and deletes values': (doc, time) => {
    doc.getArray('list').push([time]);
    if (time % 10 === 9) doc.getArray('list').delete(0, 5);
  },
  'types and deletes letters': (doc, time) => {
    doc.getText('text').insert(time < 50 ? time : 0, 'x');
    if (time > 50) doc.getText('text').delete(0, 2);
  },
  'inserts embeds': (doc, time) => doc.getText('text').insertEmbed(time, { time }),
  'formats letters': (doc, time) => doc.getText('text').insert(time, 'x', { bold: time % 3 === 0 }),
  'pushes bytes': (doc, time) => doc.getArray('list').push([Uint8Array.of(time)]),
  'pushes subdocuments': (doc, time) => doc.getArray('list').push([new Y.Doc({ guid: `${time}` })]),
  'makes lists, and deletes them': (doc, time) => {
    const lists = doc.getArray<Y.Array<number>>('list');
    if (time % 10 === 0) lists.insert(0, [new Y.Array()]);
    lists.get(0).push([time]);
    if (time % 10 === 9 && time % 20 !== 9) lists.delete(0, 1);
  },
  'makes elements with attributes and text': (doc, time) => {
    const element = new Y.XmlElement('p');
    doc.getXmlFragment('xml').push([element]);
    element.setAttribute('id', `${time}`);
    element.insert(0, [new Y.XmlText('some words')]);
  },
};

describe('structs that Yjs merges', () => {
  it.each(Object.entries(HABITS))('are one struct where somebody %s', (_, act) => {
    const { doc, updates } = recorded(1);
    for (let time = 0; time < TIMES; time++) act(doc, time);
    const pairs = [[collected(updates), inYjs(updates, true)] as const];
    // Where nothing was deleted, it needs no collection of garbage.
    const isWhole = scan(joined(updates)).deletes.size === 0;
    if (isWhole) pairs.push([joined(updates), inYjs(updates, false)]);
    for (const [ours, theirs] of pairs) {
      expect(countOf(ours)).toBeLessThanOrEqual(1.1 * countOf(theirs));
      expect(ours.length).toBeLessThanOrEqual(1.1 * theirs.length);
      expect(inYjs([ours], true)).toEqual(inYjs(updates, true));
    }
  });

  it('are one struct, byte by byte as Yjs writes it', () => {
    const { doc, updates } = recorded(1);
    for (const value of [0, 1, 2]) doc.getArray('a').push([value]);
    const bytes = Buffer.from(joined(updates)).toString('hex');
    expect(bytes).toBe('0101010008010161037d007d017d0200');
  });

  it('are so in sessions of several authors, in structs and in bytes', () => {
    let [ours, theirs] = [0, 0];
    fc.assert(
      fc.property(editings, ({ updates }) => {
        if (updates.length === 0) return;
        const bytes = collected(updates);
        const inYjs = Y.encodeStateAsUpdate(docOf(...updates));
        ours += countOf(bytes);
        theirs += countOf(inYjs);
        expect(bytes.length).toBeLessThanOrEqual(1.1 * inYjs.length + 20);
      }),
      { numRuns: 300 },
    );
    expect(ours).toBeLessThanOrEqual(1.1 * theirs);
  });
});

describe('text that was typed letter by letter', () => {
  it('is one struct, as long as it is typed in a row', () => {
    const { text, updates } = recorded(1);
    for (const [at, letter] of 'hello'.split('').entries()) text.insert(at, letter);
    text.insert(0, 'oh ');
    for (const [at, letter] of 'there'.split('').entries()) text.insert(3 + at, letter);
    const update = joined(updates);
    // "oh " and "there" do not have the same right origin: it was nothing, and "h" of "hello".
    expect(countOf(update)).toBe(2);
    expect(textOf(docOf(update))).toBe('oh therehello');
  });

  it('is taken apart where somebody wrote or deleted in between', () => {
    const ada = recorded(1);
    const bob = recorded(2);
    for (const [at, letter] of 'abcdef'.split('').entries()) {
      ada.text.insert(at, letter);
      Y.applyUpdate(bob.doc, ada.updates.at(-1) as Uint8Array, 'sync');
      if (letter === 'c') bob.text.insert(2, 'X');
      if (letter === 'e') bob.text.delete(0, 1);
    }
    const apart = docOf(...ada.updates, ...bob.updates);
    for (const updates of [
      [joined(ada.updates), joined(bob.updates)],
      [joined([...ada.updates, ...bob.updates])],
      [...ada.updates.slice(0, 3), joined(ada.updates), ...bob.updates],
      [joined(ada.updates), ...ada.updates, joined(bob.updates)],
    ]) {
      const doc = docOf(...updates);
      expect(textOf(doc)).toBe(textOf(apart));
      expect(Y.encodeStateVector(doc)).toEqual(Y.encodeStateVector(apart));
    }
    expect(textOf(apart)).toBe('bXcdef');
  });

  it('is not joined over another kind of content, a format or a value of a map', () => {
    const { doc, text, updates } = recorded(1);
    text.insert(0, 'a');
    text.insertEmbed(1, { image: 'x' });
    text.insert(2, 'b');
    text.format(0, 3, { bold: true });
    text.insert(3, 'c', { bold: true });
    doc.getMap('map').set('key', 'a');
    doc.getMap('map').set('key', 'b');
    const update = joined(updates);
    expect(docOf(update).getText('text').toDelta()).toEqual(text.toDelta());
    expect(docOf(update).getMap('map').toJSON()).toEqual({ key: 'b' });
    expect(countOf(update)).toBe(updates.reduce((sum, each) => sum + countOf(each), 0));
  });

  it('of a whole session makes what Yjs makes of its letters, in fewer bytes', () => {
    const { text, updates } = recorded(1);
    for (let word = 0, caret = 0; word < 800; word++) {
      for (const letter of `word${word} `) text.insert(caret++, letter);
      if (word % 5 === 0) text.delete(--caret, 1);
      if (word % 7 === 0) caret = (word * 31) % text.length;
    }
    const update = joined(updates);
    const doc = docOf(update);
    expect(textOf(doc)).toBe(text.toString());
    expect(Y.encodeStateAsUpdate(doc)).toEqual(Y.encodeStateAsUpdate(docOf(...updates)));
    const letters = updates.reduce((sum, { length }) => sum + length, 0);
    expect(update.length).toBeLessThan(letters / 4);
  });
});
