import type { SynclineProvider } from '@syncline/client';
import type { OpenDocument } from './open-document.ts';

/**
 * Says when the user can write: once there is something to write into, and as long as it could ever be saved.
 *
 * @param isEmpty nothing came from the copy in this browser
 * @param set called with each change
 */
export async function watchEditable(
  { provider, guard }: OpenDocument,
  isEmpty: () => boolean,
  set: (isEditable: boolean) => void,
): Promise<void> {
  await provider.whenLoaded;
  // Who writes into an empty page before the server's content comes writes on top of it.
  if (isEmpty()) await Promise.race([provider.whenSynced, whenStopped(provider)]).catch(() => {});
  let last: boolean | undefined;
  const tell = () => {
    const isEditable =
      guard.halt === undefined &&
      provider.access.state !== 'read-only' &&
      provider.state.status !== 'refused';
    if (isEditable === last) return;
    last = isEditable;
    set(isEditable);
  };
  provider.on('state', tell);
  provider.on('access', tell);
  guard.subscribe(tell);
  tell();
}

/** There is no server to wait for. */
function whenStopped(provider: SynclineProvider): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      const { status } = provider.state;
      if (status === 'offline' || status === 'refused') resolve();
    };
    provider.on('state', look);
    look();
  });
}
