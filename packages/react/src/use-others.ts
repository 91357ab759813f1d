import type { Person, Presence } from '@syncline/bindings';
import { useMemo } from 'react';
import { useAttached } from './context.ts';
import { type Source, useSelected, whole } from './use-selected.ts';

type People = readonly Person<object>[];

const NOBODY: People = Object.freeze([]);

/**
 * The others who are there, in the order they came; somebody is the same object until they change. With a selector it
 * renders only when what that picks is another: by Object.is, or for arrays and objects by what is in them.
 * S says what their states hold, and is no check: anybody can send anything, see `parsePresence` of the component.
 */
export function useOthers<S extends object>(): readonly Person<S>[];
export function useOthers<S extends object, R>(select: (others: readonly Person<S>[]) => R): R;
export function useOthers(select: (others: People) => unknown = whole): unknown {
  const { presence } = useAttached('useOthers');
  const source = useMemo(() => sourceOf(presence), [presence]);
  return useSelected(source, select);
}

function sourceOf(presence: Presence<object> | undefined): Source<People> {
  return {
    subscribe: (listener) => presence?.subscribe(listener) ?? noop,
    get: () => presence?.others ?? NOBODY,
    empty: NOBODY,
  };
}

function noop(): void {}
