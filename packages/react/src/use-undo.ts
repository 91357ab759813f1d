import { type AnyType, createUndo, type Undo, type UndoOptions } from '@syncline/bindings';
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { shallowEqual } from './shallow-equal.ts';

/** Undo and redo of the user's own edits. */
export interface UndoControls {
  /** Returns whether there was something to undo. */
  readonly undo: () => boolean;
  readonly redo: () => boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** The next edit is a step of its own, however soon it comes. */
  readonly stop: () => void;
  /** Forgets all steps. */
  readonly clear: () => void;
  /** For bindings; undefined until the component is on the page. */
  readonly steps: Undo | undefined;
}

/**
 * Undoes and redoes what this user does, in a type and all that is in it, or in several types of one document:
 * `useUndo(doc.getMap('shapes'))`. Edits are kept from when the component is on the page until it is gone, or the
 * types are other ones.
 *
 * @param options are taken when it begins
 */
export function useUndo(
  scope: AnyType | readonly AnyType[],
  options: UndoOptions = {},
): UndoControls {
  const types = useSame(Array.isArray(scope) ? (scope as readonly AnyType[]) : [scope as AnyType]);
  const [steps, setSteps] = useState<Undo>();
  const begin = useRef(options);
  useEffect(() => {
    begin.current = options;
  });
  useEffect(() => {
    const made = createUndo(types, begin.current);
    setSteps(made);
    // One that is closed has nothing to undo.
    return () => made.close();
  }, [types]);

  const [subscribe, commands] = useMemo(
    () => [
      (listener: () => void) => steps?.subscribe(listener) ?? noop,
      {
        undo: () => steps?.undo() ?? false,
        redo: () => steps?.redo() ?? false,
        stop: () => steps?.stop(),
        clear: () => steps?.clear(),
      },
    ],
    [steps],
  );
  const canUndo = useSyncExternalStore(subscribe, () => steps?.canUndo ?? false, no);
  const canRedo = useSyncExternalStore(subscribe, () => steps?.canRedo ?? false, no);
  return useMemo(
    () => ({ ...commands, canUndo, canRedo, steps }),
    [commands, canUndo, canRedo, steps],
  );
}

/** The same array as long as the same things are in it. */
function useSame<T extends readonly unknown[]>(array: T): T {
  const [kept, keep] = useState(array);
  if (shallowEqual(array, kept)) return kept;
  keep(array);
  return array;
}

function noop(): void {}
const no = (): boolean => false;
