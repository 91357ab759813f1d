import { bindMap, type MapView } from '@syncline/bindings';
import type * as Y from 'yjs';
import type { Source } from './use-selected.ts';

type Shared = Source<object> & { readonly view: MapView<object> };

/** One view of each map for all components: they see the same objects. It lives as long as its map. */
const sources = new WeakMap<Y.Map<unknown>, Shared>();

const EMPTY = Object.freeze({});

/** A map as a plain object. @throws TypeError when the map is in no document */
export function mapSource(map: Y.Map<unknown>): Shared {
  let source = sources.get(map);
  if (source === undefined) {
    const view = bindMap<object>(map);
    source = {
      view,
      subscribe: (listener) => view.subscribe(listener),
      get: () => view.get(),
      empty: EMPTY,
    };
    sources.set(map, source);
  }
  return source;
}
