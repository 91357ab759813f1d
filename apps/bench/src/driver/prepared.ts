import { applyPatches, type Trace } from '@syncline/testing';
import * as Y from 'yjs';

/** What one writer will send, made before the measured span. */
export interface PreparedWriter {
  /** The Yjs client id. */
  readonly client: number;
  /** Each brings at least one struct, so that its arrival can be seen by clocks alone. */
  readonly updates: readonly Uint8Array[];
  /** The clock after each. */
  readonly clocks: readonly number[];
}

/** A document, and what its writers will do to it. They don't build on each other's updates. */
export interface PreparedDocument {
  /** What is there at the beginning, as one update. */
  readonly base: Uint8Array;
  readonly writers: readonly PreparedWriter[];
}

const BASE_CLIENT = 1;
const FIRST_WRITER = 1_000;
const WORDS = 'the quick brown fox jumps over some lazy dogs and writes about it '.split('');

/** Everybody types in a line of their own, a character an update, and takes some back. */
export function prepareTyping(writers: number, updatesEach: number): PreparedDocument {
  const line = 'Here is a line that was there before. ';
  const base = documentOf(BASE_CLIENT, (doc) => {
    doc.getText('text').insert(0, `${line}\n`.repeat(writers));
  });
  return {
    base,
    writers: times(writers, (index) => {
      const doc = loadedDocument(base, FIRST_WRITER + index);
      const text = doc.getText('text');
      let cursor = index * (line.length + 1) + line.length;
      return recorded(doc, updatesEach, (step) => {
        if (step % 25 === 24) {
          cursor -= 3;
          text.delete(cursor, 3);
        }
        text.insert(cursor++, WORDS[step % WORDS.length] ?? ' ');
      });
    }),
  };
}

/** Everybody drags shapes of their own: two keys of a map an update. */
export function prepareMoves(
  writers: number,
  updatesEach: number,
  shapesEach: number,
): PreparedDocument {
  const base = documentOf(BASE_CLIENT, (doc) => {
    const shapes = doc.getMap('shapes');
    for (let shape = 0; shape < writers * shapesEach; shape++) {
      const values = { kind: 'rectangle', x: shape * 7, y: shape * 3, width: 120, height: 80 };
      shapes.set(`shape-${shape}`, new Y.Map(Object.entries(values)));
    }
  });
  return {
    base,
    writers: times(writers, (index) => {
      const doc = loadedDocument(base, FIRST_WRITER + index);
      const shapes = doc.getMap<Y.Map<unknown>>('shapes');
      return recorded(doc, updatesEach, (step) => {
        const drag = Math.floor(step / 30) % shapesEach;
        const shape = shapes.get(`shape-${index * shapesEach + drag}`);
        shape?.set('x', (step * 13) % 1920);
        shape?.set('y', (step * 7) % 1080);
      });
    }),
  };
}

/** One writer types a recorded session. */
export function prepareTrace(trace: Trace): PreparedDocument {
  const base = documentOf(BASE_CLIENT, (doc) => doc.getText('text').insert(0, trace.startContent));
  const doc = loadedDocument(base, FIRST_WRITER);
  const text = doc.getText('text');
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  for (const { patches } of trace.txns) applyPatches(text, patches);
  return { base, writers: [preparedOf(doc.clientID, updates)] };
}

/** What Yjs makes of a document that somebody opened and wrote anew: the smallest there is. */
export function freshEncoding(updates: readonly Uint8Array[]): Uint8Array {
  return Y.encodeStateAsUpdate(documentWith(updates));
}

/** A document that has all these updates. */
export function documentWith(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new Y.Doc();
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update);
  });
  return doc;
}

function recorded(doc: Y.Doc, count: number, step: (index: number) => void): PreparedWriter {
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  for (let index = 0; index < count; index++) doc.transact(() => step(index));
  return preparedOf(doc.clientID, updates);
}

/** An update without structs, of a pure deletion, is joined to the one that follows. */
function preparedOf(client: number, all: readonly Uint8Array[]): PreparedWriter {
  const updates: Uint8Array[] = [];
  const clocks: number[] = [];
  let waiting: Uint8Array[] = [];
  for (const update of all) {
    const end = Y.parseUpdateMeta(update).to.get(client);
    if (end === undefined) {
      waiting.push(update);
      continue;
    }
    updates.push(waiting.length === 0 ? update : Y.mergeUpdates([...waiting, update]));
    clocks.push(end);
    waiting = [];
  }
  return { client, updates, clocks };
}

function documentOf(client: number, write: (doc: Y.Doc) => void): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = client;
  doc.transact(() => write(doc));
  return Y.encodeStateAsUpdate(doc);
}

function loadedDocument(base: Uint8Array, client: number): Y.Doc {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, base);
  doc.clientID = client;
  return doc;
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
