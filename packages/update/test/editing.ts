import fc from 'fast-check';
import * as Y from 'yjs';

/** One step of a made-up editing session; the numbers are reduced to what the documents allow. */
export interface Step {
  readonly author: number;
  readonly what: number;
  readonly where: number;
  readonly size: number;
  readonly text: string;
}

/** What came out of an editing session by several authors who sync now and then. */
export interface Editing {
  /** Every update that an author's document emitted for its own edits, in order. */
  readonly updates: Uint8Array[];
  /** States of authors along the way: large updates that overlap the others. */
  readonly states: Uint8Array[];
}

const AUTHORS = 3;
/** Text that is cut in unfortunate places: surrogate pairs, a byte order mark, 2 and 3 byte sequences. */
const texts = fc.oneof(
  fc.constantFrom('a', 'hello world', '😀😀', '\ufeffx', 'äöü', '漢字', 'a😀b\ufeff'),
  fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }),
);

export const steps: fc.Arbitrary<Step> = fc.record({
  author: fc.nat(AUTHORS - 1),
  what: fc.nat(Number.MAX_SAFE_INTEGER),
  where: fc.nat(1000),
  size: fc.nat(5),
  text: texts,
});

const sessions = fc.array(steps, { minLength: 1, maxLength: 40 });

/** Client ids of one to eight bytes, so that sections come in all orders and sizes. */
export const editings = sessions.map((steps) => runSession(steps, [3, 70_000, 2 ** 40]));

/** Editings that ywasm reads as well; SPEC.md says what it does not. */
export const portableEditings = sessions.map((steps) =>
  runSession(
    steps.filter(({ what }) => !['json', 'hook'].includes(KINDS[what % KINDS.length] as string)),
    [3, 70_000, 2 ** 32 - 1],
  ),
);

function runSession(steps: readonly Step[], clients: readonly number[]): Editing {
  const updates: Uint8Array[] = [];
  const states: Uint8Array[] = [];
  const docs = Array.from({ length: AUTHORS }, (_, author) => {
    const doc = new Y.Doc();
    doc.clientID = clients[author] as number;
    doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin !== 'sync') updates.push(update);
    });
    return doc;
  });
  for (const step of steps) {
    const doc = docs[step.author] as Y.Doc;
    const kind = KINDS[step.what % KINDS.length] as (typeof KINDS)[number];
    if (kind === 'sync') {
      const other = docs[step.where % AUTHORS] as Y.Doc;
      const state = Y.encodeStateAsUpdate(other, Y.encodeStateVector(doc));
      states.push(state, Y.encodeStateAsUpdate(other));
      Y.applyUpdate(doc, state, 'sync');
    } else {
      act(doc, step);
    }
  }
  return { updates, states };
}

/** Does a step by oneself; one that would sync with another author does nothing. */
export function act(doc: Y.Doc, step: Step): void {
  const kind = KINDS[step.what % KINDS.length] as (typeof KINDS)[number];
  const undoManager = undoManagerOf(doc);
  if (kind === 'sync') return;
  if (kind !== 'undo') doc.transact((transaction) => EDITS[kind](doc, step, transaction));
  else if (step.size < 4) undoManager.undo();
  else undoManager.redo();
}

type Edit = (doc: Y.Doc, step: Step, transaction: Y.Transaction) => void;

/** What each author could undo. */
const undoManagers = new WeakMap<Y.Doc, Y.UndoManager>();

function undoManagerOf(doc: Y.Doc): Y.UndoManager {
  let manager = undoManagers.get(doc);
  if (manager === undefined) {
    const types = [doc.getText('text'), doc.getMap('map'), doc.getArray('array')];
    // Steps of the same session are of one millisecond: with a timeout they would be one.
    manager = new Y.UndoManager([...types, doc.getXmlFragment('xml')], { captureTimeout: 0 });
    undoManagers.set(doc, manager);
  }
  return manager;
}

/** Behind what an author typed last. */
const carets = new WeakMap<Y.Doc, Y.RelativePosition>();

function typeAt(doc: Y.Doc, at: number, text: string): void {
  const ytext = doc.getText('text');
  ytext.insert(at, text);
  carets.set(doc, Y.createRelativePositionFromTypeIndex(ytext, at + text.length, -1));
}

const EDITS = {
  type: (doc, { where, text }) => typeAt(doc, position(doc.getText('text'), where), text),
  typeOn: (doc, { text }) => {
    const caret = carets.get(doc);
    const at = caret && Y.createAbsolutePositionFromRelativePosition(caret, doc)?.index;
    typeAt(doc, at ?? 0, text);
  },
  remove: (doc, { where, size }) => {
    const ytext = doc.getText('text');
    const at = position(ytext, where);
    ytext.delete(at, position(ytext, at + size, ytext.length) - at);
  },
  format: (doc, { where, size, text }) => {
    const ytext = doc.getText('text');
    const at = position(ytext, where);
    ytext.format(at, position(ytext, at + size, ytext.length) - at, {
      bold: size > 2 ? text : null,
    });
  },
  embed: (doc, { where, text }) => {
    const ytext = doc.getText('text');
    ytext.insertEmbed(position(ytext, where), { image: text });
  },
  set: (doc, { where, text }) => {
    doc.getMap('map').set(`key${where % 4}`, VALUES[where % VALUES.length] ?? text);
  },
  unset: (doc, { where }) => {
    doc.getMap('map').delete(`key${where % 4}`);
  },
  nest: (doc, { where, size, text }) => {
    const parent = nested(doc.getMap('map'), size);
    parent.set(text, NESTED[where % NESTED.length]?.(text));
  },
  push: (doc, { where, size, text }) => {
    const array = doc.getArray('array');
    array.insert(where % (array.length + 1), [where, text, null, true].slice(0, size));
  },
  pull: (doc, { where, size }) => {
    const array = doc.getArray('array');
    const at = where % (array.length + 1);
    array.delete(at, Math.min(size, array.length - at));
  },
  xml: (doc, { where, text }) => {
    const fragment = doc.getXmlFragment('xml');
    const element = new Y.XmlElement('p');
    element.setAttribute('title', text);
    element.insert(0, [new Y.XmlText(text)]);
    fragment.insert(where % (fragment.length + 1), [element]);
  },
  hook: (doc, { where, text }) => {
    const fragment = doc.getXmlFragment('xml');
    // A hook is a child like any other, only the declared type does not say so.
    const hook = new Y.XmlHook(text) as Y.AbstractType<unknown> as Y.XmlText;
    fragment.insert(where % (fragment.length + 1), [hook]);
  },
  unxml: (doc, { where }) => {
    const fragment = doc.getXmlFragment('xml');
    if (fragment.length > 0) fragment.delete(where % fragment.length, 1);
  },
  // Yjs itself writes ContentJSON no more, but still reads it from older documents.
  json: (doc, { text }, transaction) => {
    const array = doc.getArray('json');
    const last = lastItem(array);
    const { clientID } = doc;
    new Y.Item(
      Y.createID(clientID, Y.getState(doc.store, clientID)),
      last,
      last?.lastId ?? null,
      null,
      null,
      array,
      null,
      new Y.ContentJSON([{ text }, undefined, 1]),
    ).integrate(transaction, 0);
  },
} satisfies Record<string, Edit>;

/**
 * A place between two characters. Who edits inside of a surrogate pair makes replicas of Yjs differ
 * from each other, whatever the server does.
 */
function position(ytext: Y.Text, where: number, highest?: number): number {
  const at = highest === undefined ? where % (ytext.length + 1) : Math.min(where, highest);
  let passed = 0;
  for (const { insert } of ytext.toDelta() as { insert: unknown }[]) {
    const length = typeof insert === 'string' ? insert.length : 1;
    if (typeof insert === 'string' && at > passed && at < passed + length) {
      const code = insert.charCodeAt(at - passed);
      return code >= 0xdc00 && code < 0xe000 ? at - 1 : at;
    }
    passed += length;
  }
  return at;
}

// Typing is the commonest.
const KINDS = [
  'type',
  'typeOn',
  'typeOn',
  'remove',
  'sync',
  'sync',
  'undo',
  ...(Object.keys(EDITS) as (keyof typeof EDITS)[]),
] as const;

const VALUES: unknown[] = [
  undefined,
  1.5,
  -(2 ** 31),
  2n ** 40n,
  'text',
  new Uint8Array([0, 255]),
  [1, [2, { three: 3 }]],
  { __proto__x: null, a: undefined },
];

const NESTED: ((text: string) => unknown)[] = [
  () => new Y.Map(),
  (text) => new Y.Text(text),
  (text) => Y.Array.from([text]),
  (text) => new Y.Doc({ guid: text, autoLoad: false, meta: { text } }),
  () => new Y.XmlFragment(),
];

function nested(map: Y.Map<unknown>, depth: number): Y.Map<unknown> {
  for (const value of map.values()) {
    if (depth > 0 && value instanceof Y.Map) return nested(value, depth - 1);
  }
  return map;
}

function lastItem(array: Y.Array<unknown>): Y.Item | null {
  let item = array._start;
  while (item?.right) item = item.right;
  return item;
}

/** A document with these updates applied. */
export function docOf(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return doc;
}

/** All that is to be equal in two replicas: content, state vector and delete set. */
export function contentOf(doc: Y.Doc): unknown {
  const deletes = Y.createDeleteSetFromStructStore(doc.store);
  return {
    text: doc.getText('text').toDelta(),
    map: plain(doc.getMap('map')),
    array: doc.getArray('array').toJSON(),
    json: doc.getArray('json').toJSON(),
    xml: doc.getXmlFragment('xml').toString(),
    stateVector: sorted(Y.decodeStateVector(Y.encodeStateVector(doc))),
    deletes: deletesOf(deletes.clients),
  };
}

function plain(map: Y.Map<unknown>): unknown {
  return Object.fromEntries(
    [...map].map(([key, value]) => [key, value instanceof Y.Doc ? value.guid : toPlain(value)]),
  );
}

function toPlain(value: unknown): unknown {
  if (value instanceof Y.Map) return plain(value);
  return value instanceof Y.AbstractType ? value.toJSON() : value;
}

/** A delete set as `client → [start, end, …]`, merged. */
export function deletesOf(clients: Map<number, { clock: number; len: number }[]>) {
  const flat = new Map<number, number[]>();
  for (const [client, items] of clients) {
    const ranges: number[] = [];
    for (const { clock, len } of [...items].sort((a, b) => a.clock - b.clock)) {
      if (ranges.at(-1) !== undefined && (ranges.at(-1) as number) >= clock) {
        ranges[ranges.length - 1] = Math.max(ranges.at(-1) as number, clock + len);
      } else ranges.push(clock, clock + len);
    }
    if (ranges.length > 0) flat.set(client, ranges);
  }
  return sorted(flat);
}

export function sorted<T>(map: ReadonlyMap<number, T>): [number, T][] {
  return [...map].sort(([a], [b]) => a - b);
}
