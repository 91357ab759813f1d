import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import { shallowEqual } from './shallow-equal.ts';

/** Something that is read from, and says when it changed. */
export interface Source<V> {
  readonly subscribe: (listener: () => void) => () => void;
  readonly get: () => V;
  /** On a server, and until the page that came from there is alive. */
  readonly empty: V;
}

/**
 * What a function picks from a source. Renders only when that is another: by {@link shallowEqual}, so a selector
 * may put together an array or an object. The selector may be another function each time.
 */
export function useSelected<V, S>(source: Source<V>, select: (value: V) => S): S {
  /** What is on the page: a new selector that picks the same gives the same object. */
  const shown = useRef<{ readonly selected: S } | undefined>(undefined);

  const [get, getEmpty] = useMemo(() => {
    const pick = memoized(select, shown);
    // One of its own, since it is asked about another value.
    const pickEmpty = memoized(select, shown);
    return [() => pick(source.get()), () => pickEmpty(source.empty)] as const;
  }, [source, select]);

  const selected = useSyncExternalStore(source.subscribe, get, getEmpty);
  useEffect(() => {
    shown.current = { selected };
  }, [selected]);
  return selected;
}

/** React asks often, and takes any other object for a change. */
function memoized<V, S>(
  select: (value: V) => S,
  shown: { readonly current: { readonly selected: S } | undefined },
): (value: V) => S {
  let last: { readonly value: V; readonly selected: S } | undefined;
  return (value) => {
    if (last !== undefined && Object.is(last.value, value)) return last.selected;
    let selected = select(value);
    const before = last ?? shown.current;
    if (before !== undefined && shallowEqual(before.selected, selected)) selected = before.selected;
    last = { value, selected };
    return selected;
  };
}

export const whole = <V>(value: V): V => value;
