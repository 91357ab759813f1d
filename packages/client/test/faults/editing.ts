import type { Random } from '@syncline/testing';
import * as Y from 'yjs';

const WORDS = ['a', 'bc', 'déf', '→ ö', 'some more text ', '\n'];
const FORMATS = [{ bold: true }, { bold: null }, { color: 'red' }, { color: null }];
const KEYS = ['title', 'done', 'owner', 'nested', 'count'];

/** Somebody who edits a document in all the ways that there are, at random. */
export class Editing {
  readonly doc: Y.Doc;
  readonly #random: Random;
  readonly #undo: Y.UndoManager;

  constructor(doc: Y.Doc, random: Random) {
    this.doc = doc;
    this.#random = random;
    const scope = [doc.getText('text'), doc.getMap('map')];
    this.#undo = new Y.UndoManager(scope, { captureTimeout: 0, trackedOrigins: new Set([this]) });
  }

  /** Makes one edit, or some in one transaction. */
  edit(): void {
    const random = this.#random;
    if (random.fraction() < 0.07) {
      if (random.fraction() < 0.6) this.#undo.undo();
      else this.#undo.redo();
      return;
    }
    const steps = random.fraction() < 0.2 ? 5 : 1;
    this.doc.transact(() => {
      for (let i = 0; i < steps; i++) this.#step();
    }, this);
  }

  /** Adds what nobody takes away. */
  mark(mark: string): void {
    this.doc.getArray('marks').push([mark]);
  }

  close(): void {
    this.#undo.destroy();
  }

  #step(): void {
    const doc = this.doc;
    const kind = this.#random.below(10);
    if (kind < 5) this.#type(doc.getText('text'));
    else if (kind < 7) this.#set(doc.getMap('map'));
    else if (kind < 9) this.#arrange(doc.getArray('list'));
    else this.#draw(doc.getXmlFragment('xml'));
  }

  #type(text: Y.Text): void {
    const random = this.#random;
    const at = random.below(text.length + 1);
    const length = Math.min(random.below(6), text.length - at);
    const kind = random.fraction();
    // What is long is cut, so that it does not only grow.
    if (kind < (text.length > 400 ? 0.6 : 0.2)) text.delete(at, length);
    else if (kind < 0.75) text.insert(at, random.pick(WORDS));
    else if (kind < 0.8) text.insertEmbed(at, { image: random.below(100) });
    else text.format(at, length, random.pick(FORMATS));
  }

  #set(map: Y.Map<unknown>): void {
    const random = this.#random;
    const key = random.pick(KEYS);
    const value = map.get(key);
    const kind = random.fraction();
    if (kind < 0.15) map.delete(key);
    else if (value instanceof Y.Map && kind < 0.7) value.set(random.pick(KEYS), random.below(1000));
    else if (kind < 0.3) map.set(key, new Y.Map([['made', random.below(1000)]]));
    else map.set(key, random.pick([random.below(1000), null, 'text', { deep: [1, { er: 2 }] }]));
  }

  #arrange(list: Y.Array<unknown>): void {
    const random = this.#random;
    const at = random.below(list.length + 1);
    const item = list.length > 0 ? list.get(Math.min(at, list.length - 1)) : undefined;
    const kind = random.fraction();
    if (kind < (list.length > 60 ? 0.6 : 0.25)) list.delete(at, Math.min(2, list.length - at));
    else if (item instanceof Y.Text && kind < 0.6) this.#type(item);
    else if (kind < 0.4) list.insert(at, [new Y.Text('in a list')]);
    else if (kind < 0.5) list.insert(at, [new Uint8Array([1, 2, random.below(256)])]);
    else list.insert(at, [random.below(1000), 'two']);
  }

  #draw(xml: Y.XmlFragment): void {
    const random = this.#random;
    const at = random.below(xml.length + 1);
    const child = xml.length > 0 ? xml.get(Math.min(at, xml.length - 1)) : undefined;
    const kind = random.fraction();
    if (kind < 0.2) xml.delete(at, Math.min(1, xml.length - at));
    else if (child instanceof Y.XmlElement && kind < 0.6)
      child.setAttribute('n', `${random.below(9)}`);
    else xml.insert(at, [new Y.XmlElement(random.pick(['p', 'li'])), new Y.XmlText('xml')]);
  }
}

/** All that a document says, to be compared. */
export function contentOf(doc: Y.Doc): unknown {
  const list = doc.getArray('list').toArray();
  return {
    text: doc.getText('text').toDelta(),
    map: doc.getMap('map').toJSON(),
    list: list.map((item) => (item instanceof Y.Text ? item.toDelta() : item)),
    xml: doc.getXmlFragment('xml').toString(),
    marks: doc.getArray('marks').toArray(),
  };
}

/** All marks, sorted. */
export function marksOf(doc: Y.Doc): string[] {
  return (doc.getArray('marks').toArray() as string[]).toSorted();
}

/** Whether something in it waits for what has not come. */
export function isWhole({ store }: Y.Doc): boolean {
  return store.pendingStructs === null && store.pendingDs === null;
}
