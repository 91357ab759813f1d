import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { concatenate, scan } from './index.ts';

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
