import type { SynclineProvider as DocumentProvider } from '@syncline/client';

/** How long a provider may go on after its component is gone, for what is not saved. */
const LIMIT_MS = 10_000;

/** Closes a provider whose component is gone: as soon as what was changed is saved, or it takes too long. */
export async function closeWhenSaved(provider: DocumentProvider): Promise<void> {
  // The others see at once that nobody is here.
  provider.awareness.setLocalState(null);
  const all = [provider, ...provider.subdocuments.values()];
  if (all.some(({ saveState }) => saveState.state !== 'saved')) {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LIMIT_MS);
    });
    // What cannot be saved need not be waited for.
    const saved = Promise.allSettled(all.map((one) => one.saved()));
    await Promise.race([saved, limit]);
    clearTimeout(timer);
  }
  await provider.close();
}
