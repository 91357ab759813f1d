import type { Access, SynclineProvider as DocumentProvider } from '@syncline/client';
import { useCallback, useMemo, useSyncExternalStore } from 'react';
import type * as Y from 'yjs';
import { useAttached, useSeat } from './context.ts';

/** The document that the hooks work on. */
export interface DocumentState {
  /** It can be read and written from the first render on. Another one after a `reset`, or for another document. */
  readonly doc: Y.Doc;
  /** Undefined in the first render, and on a server. */
  readonly provider: DocumentProvider | undefined;
  /**
   * There is content to show: a stored copy that is not empty, or what the server has. It stays true when the
   * connection is lost.
   */
  readonly loaded: boolean;
  /** The document is as the server has it now. */
  readonly synced: boolean;
  /** What the user can do with it; `unknown` before the server has said it. */
  readonly access: Access;
}

const UNKNOWN: Access = { state: 'unknown' };

/** The document of the component above, its provider, and whether it is there. */
export function useDocument(): DocumentState {
  const seat = useSeat('useDocument');
  const { doc, provider } = useAttached('useDocument');
  const loaded = useSyncExternalStore(seat.subscribe, seat.isLoaded, no);

  const subscribe = useCallback(
    (listener: () => void) => {
      provider?.on('state', listener);
      provider?.on('access', listener);
      return () => {
        provider?.off('state', listener);
        provider?.off('access', listener);
      };
    },
    [provider],
  );
  const synced = useSyncExternalStore(subscribe, () => provider?.synced ?? false, no);
  const access = useSyncExternalStore(subscribe, () => provider?.access ?? UNKNOWN, unknown);
  return useMemo(
    () => ({ doc, provider, loaded, synced, access }),
    [doc, provider, loaded, synced, access],
  );
}

const no = (): boolean => false;
const unknown = (): Access => UNKNOWN;
