import type { Draft } from '@syncline/bindings';
import { useCallback } from 'react';
import type * as Y from 'yjs';
import { useAttached } from './context.ts';
import { mapSource } from './map-source.ts';
import { useSelected, whole } from './use-selected.ts';

/**
 * Lets a function change a draft of the map, and writes the smallest change that leads there. The same function
 * until the map is another one.
 *
 * @throws TypeError for what Yjs cannot hold; nothing is written then
 */
export type UpdateMap<T extends object> = (change: (draft: Draft<T>) => void) => void;

/**
 * A Y.Map as a plain object, and how to change it. Branches that did not change are the same objects. With a selector it
 * renders only when what that picks is another: by Object.is, or for arrays and objects by what is in them.
 * T says what is in the map, and is no check; on a server, and in the first render of a page that came from one,
 * it is empty.
 *
 * @param map its name in the document, or the map itself
 * @param select what is read of it; its parameter's type says what is in the map
 */
export function useMap<T extends object>(
  map: string | Y.Map<unknown>,
): readonly [value: T, update: UpdateMap<T>];
export function useMap<T extends object, S>(
  map: string | Y.Map<unknown>,
  select: (value: T) => S,
): readonly [selected: S, update: UpdateMap<T>];
export function useMap(
  map: string | Y.Map<unknown>,
  select: (value: object) => unknown = whole,
): readonly [unknown, UpdateMap<object>] {
  const { doc } = useAttached('useMap');
  const source = mapSource(typeof map === 'string' ? doc.getMap(map) : map);
  const selected = useSelected(source, select);
  const update = useCallback<UpdateMap<object>>((change) => source.view.update(change), [source]);
  return [selected, update];
}
