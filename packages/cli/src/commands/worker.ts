import type { Bus } from '@syncline/bus';
import { Compactor, Sweep } from '@syncline/server/operator';
import type { DocumentStore } from '@syncline/storage';
import type { Logger } from 'pino';
import { openTelling } from '../bus.ts';
import { defineCommand } from '../command.ts';
import {
  BUS_OPTIONS,
  FILE_OPTIONS,
  LOG_LEVEL_OPTION,
  STORE_OPTION,
} from '../config/config-options.ts';
import { checkPlace, loadSettings, type Settings } from '../config/settings.ts';
import { parseDuration } from '../config/units.ts';
import { createLogger } from '../logger.ts';
import { stopOnSignals } from '../stop.ts';
import { nameOf, openStore, placeOf } from '../store.ts';
import { stateLogger } from '../store-state.ts';
import { UsageError } from '../usage-error.ts';

const MIN_EVERY_MS = 100;
/** The longest that a timer can be. */
const FOR_EVER_MS = 2 ** 31 - 1;

/** Runs until a signal comes. */
export const command = defineCommand({
  about: `Merges the logs of documents that have grown, in a PostgreSQL database whose nodes are to spend
no CPU time on it (serve --compaction off). There may be several workers: they do not take up
the same document. With --bus, nodes learn of each checkpoint, and forget what it covers.

It looks at all documents that changed, and again after --every. Logs go to stderr. SIGTERM
and SIGINT stop it; nothing is lost, also by kill -9.`,
  options: {
    ...FILE_OPTIONS,
    store: STORE_OPTION,
    ...BUS_OPTIONS,
    every: {
      value: 'TIME',
      env: false,
      default: '10s',
      help: 'how long it rests after each round',
    },
    'log-level': LOG_LEVEL_OPTION,
  },
  examples: [
    'worker --store postgres://user@host/database --bus redis://host:6379',
    'worker --every 1m',
  ],
  run: async (given) => {
    const everyMs = parseDuration(given.options.every);
    if (everyMs === undefined || everyMs < MIN_EVERY_MS || everyMs > FOR_EVER_MS) {
      throw new UsageError(`--every must be a time like 10s or 1m, not "${given.options.every}"`);
    }
    const settings = await loadSettings(given);
    checkPlace(settings);
    await run(settings, everyMs);
  },
});

/** @throws SyncError `config-invalid`, `store-format`, `load-failed` */
async function run({ values }: Settings, everyMs: number): Promise<void> {
  const { store: url, bus: busUrl, busPrefix: prefix } = values;
  if (url === undefined) {
    throw new UsageError('a worker needs a database: set SYNCLINE_STORE, or give --store');
  }
  const place = placeOf(values);
  const logger = await createLogger(values.logLevel);
  const store = await openStore(place, { onState: stateLogger(place, logger) });
  let bus: Bus | undefined;
  try {
    bus = busUrl === undefined ? undefined : await openTelling({ url: busUrl, prefix }, logger);
  } catch (error) {
    await store.close();
    throw error;
  }
  if (bus === undefined) {
    logger.warn('without a bus, nodes keep what checkpoints cover in memory until they unload it');
  }
  const compactor = compactorOf(store, bus, logger);
  // No document is open here, and the process lives as long as this timer.
  const sweep = new Sweep(store, compactor, logger, () => false, { firstMs: 0, everyMs });
  const alive = setInterval(() => {}, FOR_EVER_MS);
  const close = async () => {
    clearInterval(alive);
    sweep.close();
    await compactor.close();
    await bus?.close();
  };
  stopOnSignals({ store, logger, close });
  logger.info({ store: nameOf(place), everyMs }, 'ready');
}

function compactorOf(store: DocumentStore, bus: Bus | undefined, logger: Logger): Compactor {
  const compactor = new Compactor(store, logger);
  compactor.events = {
    onCompacted: ({ documentId, epoch, seq, covered }, milliseconds) => {
      bus?.tell(documentId, { type: 'compacted', epoch, seq });
      const ms = Math.round(milliseconds);
      logger.info({ documentId, seq, entries: covered.entries, ms }, 'compacted');
    },
  };
  return compactor;
}
