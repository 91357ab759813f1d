import type { OpenDocument } from './open-document.ts';
import { isWithoutToken } from './situation.ts';

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
  let isThere = !isEmpty();
  let last: boolean | undefined;
  const tell = () => {
    const { state, access } = provider;
    // Offline there is no server to wait for.
    isThere ||= state.status === 'live' || state.status === 'offline' || !isEmpty();
    const isRefused = state.status === 'refused';
    if (!isThere && !isRefused) return;
    const isEditable =
      guard.halt === undefined &&
      access.state !== 'read-only' &&
      // Whoever could write before their token expired goes on: another one saves it all.
      (!isRefused || isWithoutToken({ state, access }));
    if (isEditable === last) return;
    last = isEditable;
    set(isEditable);
  };
  provider.on('state', tell);
  provider.on('access', tell);
  guard.subscribe(tell);
  tell();
}
