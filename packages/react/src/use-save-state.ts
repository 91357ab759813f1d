import type { SynclineProvider as DocumentProvider, SaveState } from '@syncline/client';
import { useMemo } from 'react';
import { useAttached } from './context.ts';
import { type Source, useSelected, whole } from './use-selected.ts';

const SAVED: SaveState = { state: 'saved', unsavedBytes: 0 };

/**
 * Whether the server has what was changed here: `saved` means that it is on its disk. With a selector it renders
 * only when that is another: `useSaveState(({ state }) => state)` does not for each byte.
 */
export function useSaveState(): SaveState;
export function useSaveState<S>(select: (saveState: SaveState) => S): S;
export function useSaveState(select: (saveState: SaveState) => unknown = whole): unknown {
  const { provider } = useAttached('useSaveState');
  const source = useMemo(() => sourceOf(provider), [provider]);
  return useSelected(source, select);
}

function sourceOf(provider: DocumentProvider | undefined): Source<SaveState> {
  return {
    subscribe: (listener) => {
      provider?.on('saveState', listener);
      return () => provider?.off('saveState', listener);
    },
    get: () => provider?.saveState ?? SAVED,
    empty: SAVED,
  };
}
