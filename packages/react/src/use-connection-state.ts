import type { ConnectionState } from '@syncline/client';
import { useCallback, useSyncExternalStore } from 'react';
import { useAttached } from './context.ts';

const CONNECTING: ConnectionState = { status: 'connecting' };

/** What the document's connection is at; `connecting` on a server, and in the first render. */
export function useConnectionState(): ConnectionState {
  const { provider } = useAttached('useConnectionState');
  const subscribe = useCallback(
    (listener: () => void) => {
      provider?.on('state', listener);
      return () => provider?.off('state', listener);
    },
    [provider],
  );
  return useSyncExternalStore(subscribe, () => provider?.state ?? CONNECTING, connecting);
}

const connecting = (): ConnectionState => CONNECTING;
