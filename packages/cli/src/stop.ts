import { setTimeout as sleep } from 'node:timers/promises';
import type { DocumentStore } from '@syncline/storage';
import type { Logger } from 'pino';

/** After a signal, and the drain, the process ends within this, whatever hangs. */
const STOP_LIMIT_MS = 4_500;
/** How long what uses the store may take then; after that what waits for its medium to come back is ended. */
const STORE_GRACE_MS = 3_000;

export interface StopOptions {
  readonly store: DocumentStore;
  readonly logger: Logger;
  /** How long {@link close} may take besides. */
  readonly drainMs?: number;
  /** Closes what uses the store. Called again with `now` to end a drain. */
  readonly close: (options: { readonly now: boolean }) => Promise<void>;
}

/**
 * Ends the process at SIGTERM and SIGINT: first what uses the store, then the store. The first signal
 * begins the drain, if there is one, and the second ends it.
 */
export function stopOnSignals({ store, logger, drainMs = 0, close }: StopOptions): void {
  let limit: NodeJS.Timeout | undefined;
  /** The process ends so long after, whatever hangs. Resolves when the store is to end before that. */
  const mustEndAfter = (ms: number) => {
    clearTimeout(limit);
    limit = setTimeout(() => {
      logger.fatal('could not stop in time');
      process.exit(1);
    }, ms + STOP_LIMIT_MS).unref();
    return sleep(ms + STORE_GRACE_MS, undefined, { ref: false });
  };
  let endStore = () => {};
  let signals = 0;
  const stop = async (signal: string) => {
    signals++;
    if (signals === 1) {
      logger.info({ signal }, 'stopping');
      const hurried = new Promise<void>((resolve) => {
        endStore = resolve;
      });
      const late = mustEndAfter(drainMs);
      const closed = close({ now: false });
      await Promise.race([closed, late, hurried]);
      await store.close();
      await closed;
      logger.info('stopped');
      process.exit(0);
    } else if (signals === 2 && drainMs > 0) {
      logger.info({ signal }, 'stopping at once');
      void mustEndAfter(0).then(endStore);
      await close({ now: true });
    }
  };
  process.on('SIGTERM', (signal) => void stop(signal));
  process.on('SIGINT', (signal) => void stop(signal));
}
