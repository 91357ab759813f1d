import type { SynclineProvider } from '@syncline/client';
import type { Guard } from './guard.ts';
import { type Situation, situationOf } from './situation.ts';

/** Calls at once and whenever something changes in how a document is. */
export function onSituation(
  provider: SynclineProvider,
  guard: Guard,
  listener: (situation: Situation) => void,
): void {
  let keepsCopy = true;
  let couldWrite = false;
  const tell = () => {
    const { state, access, saveState } = provider;
    couldWrite ||= access.state === 'read-write';
    const { halt } = guard;
    listener(situationOf({ state, access, saveState, keepsCopy, couldWrite, halt }));
  };
  provider.on('state', tell);
  provider.on('saveState', tell);
  provider.on('access', tell);
  guard.subscribe(tell);
  provider.on('warning', ({ message }) => {
    // It goes on without a copy: a private window, a full disk.
    if (!message.startsWith('the offline store:')) return;
    keepsCopy = false;
    tell();
  });
  tell();
}

/** Shows in a word and a colour whether what is done here is on the server. */
export function showStatus(element: HTMLElement, provider: SynclineProvider, guard: Guard): void {
  onSituation(provider, guard, ({ status, label, message }) => {
    element.dataset['state'] = status;
    element.textContent = label;
    element.title = message ?? label;
  });
}
