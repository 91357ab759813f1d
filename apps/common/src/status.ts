import type { SynclineProvider } from '@syncline/client';

/** What is shown of a document: the most important thing alone. */
type Status = 'connecting' | 'saved' | 'saving' | 'offline' | 'read-only' | 'refused';

const TEXTS: Record<Status, string> = {
  connecting: 'Connecting…',
  saved: 'Saved',
  saving: 'Saving…',
  offline: 'Offline — changes are kept here, and sent when the server is back',
  'read-only': 'Read-only',
  refused: 'Refused',
};

/** Shows in words and colour whether what is done here is on the server. */
export function showStatus(element: HTMLElement, provider: SynclineProvider): void {
  const show = () => {
    const status = statusOf(provider);
    const { state } = provider;
    const text = state.status === 'refused' ? `Refused: ${state.problem.message}` : TEXTS[status];
    element.dataset['state'] = status;
    element.textContent = text;
    element.title = text;
  };
  provider.on('state', show);
  provider.on('saveState', show);
  provider.on('access', show);
  show();
}

function statusOf({ state, access, saveState }: SynclineProvider): Status {
  if (state.status === 'refused') return 'refused';
  if (state.status === 'offline') return 'offline';
  if (state.status !== 'live') return 'connecting';
  if (access.state === 'read-only') return 'read-only';
  return saveState.state === 'saved' ? 'saved' : 'saving';
}
