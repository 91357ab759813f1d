import { setTimeout as sleep } from 'node:timers/promises';
import type { DocumentStore } from '@syncline/storage';
import type { Logger } from 'pino';

/** After a signal the process ends within this, whatever hangs. */
const STOP_LIMIT_MS = 4_500;
/** How long what uses the store may take; then what waits for its medium to come back is ended. */
const STORE_GRACE_MS = 3_000;

/** Ends the process at SIGTERM and SIGINT: first what uses the store, then the store. */
export function stopOnSignals(
  store: DocumentStore,
  logger: Logger,
  close: () => Promise<void>,
): void {
  const stop = async (signal: string) => {
    logger.info({ signal }, 'stopping');
    setTimeout(() => {
      logger.fatal('could not stop in time');
      process.exit(1);
    }, STOP_LIMIT_MS).unref();
    const closed = close();
    await Promise.race([closed, sleep(STORE_GRACE_MS, undefined, { ref: false })]);
    await store.close();
    await closed;
    logger.info('stopped');
    process.exit(0);
  };
  process.once('SIGTERM', (signal) => void stop(signal));
  process.once('SIGINT', (signal) => void stop(signal));
}
