/** Whether the server has what was changed here. */
export interface SaveState {
  /**
   * - `saved`: all changes are durable on the server.
   * - `saving`: changes are on their way.
   * - `offline`: there are changes that cannot be sent now: no connection, or no right to write.
   */
  readonly state: 'saved' | 'saving' | 'offline';
  /** Of the updates that the server has not answered, those of subdocuments included; 0 when it is saved. */
  readonly unsavedBytes: number;
}

export const SAVED: SaveState = { state: 'saved', unsavedBytes: 0 };

export function saveStateOf(unsavedBytes: number, isSending: boolean): SaveState {
  if (unsavedBytes === 0) return SAVED;
  return { state: isSending ? 'saving' : 'offline', unsavedBytes };
}

/** Of several documents: it is saved when all are. */
export function joinSaveStates(states: readonly SaveState[]): SaveState {
  const unsaved = states.filter(({ unsavedBytes }) => unsavedBytes > 0);
  const bytes = unsaved.reduce((sum, { unsavedBytes }) => sum + unsavedBytes, 0);
  return saveStateOf(
    bytes,
    unsaved.every(({ state }) => state === 'saving'),
  );
}

/**
 * Resolves when all do, and rejects when one of them does, but not before the others are through: what can be saved is waited
 * for.
 */
export async function allSaved(saving: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(saving);
  await Promise.all(saving);
}

/** What has a {@link SaveState}. */
export interface Saving {
  readonly saveState: SaveState;
}

/**
 * Asks the user before a page with unsaved changes is left, in the browser's own words. Copies in an
 * offline store survive that, so it is for those who have none. Returns how to stop.
 */
export function warnBeforeLeaving(...savings: readonly Saving[]): () => void {
  const onLeave = (event: BeforeUnloadEvent) => {
    if (savings.every(({ saveState }) => saveState.state === 'saved')) return;
    event.preventDefault();
    // What browsers of before 2024 look at.
    event.returnValue = true;
  };
  globalThis.addEventListener?.('beforeunload', onLeave);
  return () => globalThis.removeEventListener?.('beforeunload', onLeave);
}
