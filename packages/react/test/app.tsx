import type { SynclineProvider as DocumentProvider } from '@syncline/client';
import { type ReactNode, useEffect } from 'react';
import {
  SynclineProvider,
  useBroadcast,
  useConnectionState,
  useDocument,
  useMap,
  useOthers,
  useSaveState,
  useSelf,
  useText,
  useUndo,
} from '../src/index.ts';

function Everything() {
  const { doc, provider, loaded, synced, access } = useDocument();
  const { value, ref } = useText('text');
  const [title] = useMap('map', (map: { title?: string }) => map.title ?? 'none');
  const [whole] = useMap('map');
  const others = useOthers();
  const [self, setSelf] = useSelf<{ name: string }>();
  useBroadcast('topic', () => {});
  const { state } = useSaveState();
  const { status } = useConnectionState();
  const { canUndo } = useUndo(doc.getMap('map'));
  useEffect(() => setSelf({ name: 'Ada' }), [setSelf]);
  const shown = {
    provider: provider !== undefined,
    loaded,
    synced,
    access: access.state,
    value,
    title,
    whole,
    others: others.length,
    self,
    state,
    status,
    canUndo,
  };
  return (
    <>
      <textarea ref={ref} />
      <p>{JSON.stringify(shown)}</p>
    </>
  );
}

/** All hooks in one component, with a provider of their own or one that is ready. */
export function App(props: { url: string } | { provider: DocumentProvider }): ReactNode {
  return 'provider' in props ? (
    <SynclineProvider provider={props.provider}>
      <Everything />
    </SynclineProvider>
  ) : (
    <SynclineProvider url={props.url} documentId="notes">
      <Everything />
    </SynclineProvider>
  );
}

/** What it shows on a server. */
export const EMPTY = {
  provider: false,
  loaded: false,
  synced: false,
  access: 'unknown',
  value: '',
  title: 'none',
  whole: {},
  others: 0,
  self: null,
  state: 'saved',
  status: 'connecting',
  canUndo: false,
};
