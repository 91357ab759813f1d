import { expect } from 'vitest';
import * as Y from 'yjs';
import { bindMap, createUndo, type MapView, type Undo } from '../src/index.ts';
import { syncAll } from './random.ts';

// oxlint-disable-next-line typescript/no-explicit-any
export type Data = Record<string, any>;

export interface Author {
  readonly doc: Y.Doc;
  readonly view: MapView<Data>;
  readonly undo: Undo;
}

/** Authors who all have the same map; who has the highest client id wins conflicts. */
export function authors(count: number, data: Data = {}): Author[] {
  const first = new Y.Doc();
  first.clientID = 1000;
  const seed = bindMap<Data>(first.getMap('map'));
  for (const [key, value] of Object.entries(data)) seed.set(key, value);
  return Array.from({ length: count }, (_, i) => {
    const doc = new Y.Doc();
    doc.clientID = i + 1;
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(first), 'network');
    const map = doc.getMap('map');
    return { doc, view: bindMap<Data>(map), undo: createUndo(map, { joinMs: 0 }) };
  });
}

export const sync = (all: readonly Author[]): void => syncAll(all.map(({ doc }) => doc));
/** What all of them have, which is the same. */
export const everywhere = (all: readonly Author[]): Data => {
  const [first, ...others] = all.map(({ view }) => view.get());
  for (const other of others) expect(other).toEqual(first);
  return first as Data;
};
