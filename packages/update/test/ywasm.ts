import * as Y from 'yjs';
import * as ywasm from 'ywasm';
import { sorted } from './editing.ts';

/** What two implementations of Yjs are to agree on. */
export interface State {
  readonly stateVector: [number, number][];
  readonly text: string;
  readonly array: unknown;
  readonly map: unknown;
}

/** What a document of yrs, the port of Yjs to Rust, holds after these updates. */
export function inYwasm(updates: readonly Uint8Array[]): State {
  const doc = new ywasm.YDoc({});
  for (const update of updates) ywasm.applyUpdate(doc, update, undefined);
  const state = {
    stateVector: sorted(Y.decodeStateVector(ywasm.encodeStateVector(doc))),
    text: doc.getText('text').toString(undefined),
    array: common(doc.getArray('array').toJson(undefined)),
    map: common(doc.getMap('map').toJson(undefined)),
  };
  doc.free(); // not after an error, which it would hide behind one of its own
  return state;
}

/** What a document of Yjs holds after these updates. */
export function inYjs(updates: readonly Uint8Array[]): State {
  const doc = new Y.Doc();
  for (const update of updates) Y.applyUpdate(doc, update);
  return {
    stateVector: sorted(Y.decodeStateVector(Y.encodeStateVector(doc))),
    text: doc.getText('text').toString(),
    array: common(doc.getArray('array').toJSON()),
    map: common(doc.getMap('map').toJSON()),
  };
}

/** A value as ywasm shows it: null for undefined, numbers for bigints and bytes, of a subdocument its guid. */
function common(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Uint8Array) return [...value];
  if (value instanceof Y.Doc) return { guid: value.guid };
  if (Array.isArray(value)) return value.map(common);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, common(inner)]));
}
