import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { type AnyType, createUndo, opaque } from '../src/index.ts';
import { type Author, authors, type Data, everywhere } from './authors.ts';
import { Line } from './line.ts';
import { Random, seeds } from './random.ts';

const SHAPES = ['a', 'b', 'c'];
const shape = (random: Random): Data => ({
  x: random.below(50),
  y: random.below(50),
  style: { color: random.of(['red', 'blue']), size: random.below(9) },
});

/** No field of a record is ever deleted by anybody alone. */
function isWhole(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || 'point' in value) return true;
  const { x, y, style } = value as Data;
  return typeof x === 'number' && typeof y === 'number' && Object.keys(style).length === 2;
}

function edit(random: Random, { view }: Author, mayDelete: boolean): void {
  const key = random.of(SHAPES);
  switch (random.below(mayDelete ? 8 : 6)) {
    case 0:
      view.set(key, shape(random));
      return;
    case 1:
      view.set(key, random.of<unknown>([random.below(50), 'word', opaque({ point: 1 })]));
      return;
    case 6:
    case 7:
      view.delete(key);
      return;
    default:
      view.update((draft) => {
        const at = draft[key];
        if (typeof at !== 'object' || Object.isFrozen(at)) draft[key] = shape(random);
        else if (random.isOnce(3)) at.style.color = `c${random.below(99)}`;
        else {
          at.x = random.below(99);
          if (random.isOnce(2)) at.y = random.below(99);
        }
      });
  }
}

describe.each([false, true])('three authors (with deletions: %s)', (mayDelete) => {
  it.each(seeds(12))('undo and redo, lose no field and converge: seed %i', (seed) => {
    const random = new Random(seed);
    const all = authors(3, Object.fromEntries(SHAPES.map((key) => [key, shape(random)])));
    const line = new Line(all.map(({ doc }) => doc));
    for (const { doc } of all) doc.gc = !random.isOnce(4);
    const check = ({ doc, view }: Author): void => {
      for (const structs of doc.store.clients.values()) {
        for (const item of structs) {
          if (!(item instanceof Y.Item) || item.deleted || item.parentSub === null) continue;
          // One of several would be refused by servers, and by other readers.
          expect(item.length).toBe(1);
        }
      }
      const shown = view.get();
      for (const key of SHAPES) {
        if (!mayDelete) expect(Object.keys(shown)).toContain(key);
        if (!isWhole(shown[key])) throw new Error(`${key} is ${JSON.stringify(shown[key])}`);
      }
    };
    for (let step = 0; step < 120; step++) {
      const author = random.of(all);
      const { view, undo, doc } = author;
      const before = view.get();
      switch (random.below(8)) {
        case 0:
          if (undo.undo() && view.get() !== before) {
            check(author);
            expect(undo.redo()).toBe(true);
            expect(view.get()).toEqual(before);
            undo.undo();
          }
          break;
        case 1:
          if (undo.redo() && view.get() !== before) {
            check(author);
            expect(undo.undo()).toBe(true);
            expect(view.get()).toEqual(before);
            undo.redo();
          }
          break;
        case 2:
          line.send(doc, random.below(4));
          break;
        case 3:
          line.receive(doc, random.below(6));
          break;
        default: {
          edit(random, author, mayDelete);
          const after = view.get();
          if (after !== before && random.isOnce(3)) {
            undo.undo();
            expect(view.get()).toEqual(before);
            undo.redo();
            expect(view.get()).toEqual(after);
          }
        }
      }
      check(author);
    }
    line.settle();
    everywhere(all);
    for (const author of all) {
      while (author.undo.undo()) check(author);
      while (author.undo.redo()) check(author);
      line.settle();
      for (const other of all) check(other);
    }
    everywhere(all);
  });
});

it.each(seeds(6))('undo of texts and arrays is as Yjs does it: seed %i', (seed) => {
  const run = (make: (types: AnyType[]) => { undo(): unknown; redo(): unknown }): unknown => {
    const random = new Random(seed);
    const docs = [1, 2, 3].map((clientID) => Object.assign(new Y.Doc(), { clientID }));
    const line = new Line(docs);
    const undos = docs.map((doc) => make([doc.getText('text'), doc.getArray('list')]));
    for (let step = 0; step < 150; step++) {
      const at = random.below(docs.length);
      const doc = docs[at] as Y.Doc;
      const [text, list] = [doc.getText('text'), doc.getArray<unknown>('list')];
      switch (random.below(8)) {
        case 0:
          undos[at]?.undo();
          break;
        case 1:
          undos[at]?.redo();
          break;
        case 2:
          line.send(doc, random.below(4));
          break;
        case 3:
          line.receive(doc, random.below(6));
          break;
        case 4: {
          const index = random.below(list.length + 1);
          if (random.isOnce(3) && index < list.length) list.delete(index);
          else list.insert(index, [random.isOnce(3) ? new Y.Text('hi') : step]);
          break;
        }
        case 5: {
          const nested = list.toArray().find((item) => item instanceof Y.Text);
          nested?.insert(random.below(nested.length + 1), '!');
          break;
        }
        case 6:
          if (text.length > 0) text.delete(random.below(text.length), 1);
          break;
        default:
          text.insert(random.below(text.length + 1), `${step} `, { bold: random.isOnce(2) });
      }
    }
    line.settle();
    return docs.map((doc) => [doc.getText('text').toDelta(), doc.getArray('list').toJSON()]);
  };
  const options = { captureTimeout: 0, captureTransaction: ({ local }: Y.Transaction) => local };
  expect(run((types) => createUndo(types, { joinMs: 0 }))).toEqual(
    run((types) => new Y.UndoManager(types, options)),
  );
});
