import { fileURLToPath } from 'node:url';
import { type SyncServer, startServer } from '@syncline/server';
import { LevelStore } from '@syncline/storage-level';
import type { Logger } from 'pino';
import { defineCommand } from '../command.ts';
import { createAccess } from '../config/access.ts';
import { SERVE_OPTIONS } from '../config/config-options.ts';
import { formatSettings } from '../config/print-config.ts';
import { checkExposure, isLoopback, loadSettings, type Settings } from '../config/settings.ts';
import { createLogger } from '../logger.ts';
import { print } from '../output.ts';
import { version } from '../version.ts';

/** After a signal, and the drain, the process ends within this, whatever hangs. */
const STOP_LIMIT_MS = 4_500;
const MIB = 1024 * 1024;
/** The built pages, beside this package's sources and build. */
const PAGES = fileURLToPath(new URL('../../public', import.meta.url));
/** Settings that are put in force without a restart. */
const RELOADED = /^(auth|authenticate|allowAnonymous|rules)\b/;

const STATE_MESSAGES = {
  recovering: 'the data folder cannot be written; nothing is acknowledged until it can',
  'read-only': 'stored data is damaged; nothing is written until it is repaired',
} as const;

/** Runs until a signal comes. */
export const serve = defineCommand({
  name: 'serve',
  summary: 'serves documents',
  about: `Serves Yjs documents. Clients of y-websocket connect to ws://HOST:PORT/<document>, those
of Hocuspocus and of syncline.v1 to ws://HOST:PORT; the editor is at http://HOST:PORT/.

Settings come from flags, else from variables, else from syncline.config.mjs or
syncline.config.json in this folder: docs/configuration.md has them all. Without
authentication it listens on this machine only, unless --allow-anonymous is given.

Logs go to stderr. When it can serve, one line with its URL goes to stdout.
SIGTERM and SIGINT stop it: what came is committed, and clients are told to reconnect;
with --drain, one after the other. A second signal ends the drain.
SIGHUP makes it read rules and keys anew.`,
  options: {
    ...SERVE_OPTIONS,
    'print-config': { help: 'shows the settings in force and who says each, and ends' },
  },
  examples: [
    'serve --port 8080 --data /var/lib/syncline',
    'serve --host 0.0.0.0 --auth-jwks-url https://id.example.com/keys --rules rules.yaml',
    'serve --limit updateBytes=8MiB,connectionsPerUser=20 --print-config',
  ],
  run: async (given) => {
    const load = () => loadSettings(given);
    const settings = await load();
    if (given.options['print-config']) await print(formatSettings(settings));
    else await run(settings, load);
  },
});

/** @throws SyncError `config-invalid`, `rules-invalid`, `address-in-use`, `store-locked`, `store-format` */
async function run(settings: Settings, load: () => Promise<Settings>): Promise<void> {
  const { values } = settings;
  checkExposure(settings);
  const logger = createLogger(values.logLevel);
  const onFailure = (failure: string) => logger.error({ failure }, 'authenticate threw an error');
  const access = await createAccess(settings, onFailure);
  const { host, port, data, limits, origins, trustProxy, schema } = values;
  const drainMs = values.drain * 1_000;
  const store = await LevelStore.open(data, {
    onState: (state, cause) => {
      if (state === 'ready') logger.info({ data }, 'the data folder can be written again');
      else logger.error({ data, state, err: cause }, STATE_MESSAGES[state]);
    },
  });
  const server = await startServer({
    store,
    host,
    port,
    logger,
    pages: PAGES,
    memoryBytes: values.memory * MIB,
    drainMs,
    ...access,
    limits,
    origins,
    trustProxy,
    basePath: values.basePath,
    schema,
    version: version(),
    reload: async () => {
      const next = await load();
      checkExposure(next);
      const parts = await createAccess(next, onFailure);
      warnOfRestart(settings, next, logger);
      return parts;
    },
  }).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  stopOnSignals({ server, store, logger, drainMs });
  process.on('SIGHUP', () => {
    server.reload().catch((err: unknown) => {
      logger.error({ err }, 'nothing was reloaded: what was in force stays');
    });
  });
  logger.info({ url: server.url, data, auth: settings.way ?? 'none' }, 'ready');
  if (settings.way === undefined && !isLoopback(host)) {
    logger.warn('there is no authentication: who reaches this address can change every document');
  }
  process.stdout.write(`Syncline is ready. Open ${server.url} in a browser to write together.\n`);
}

/** The first signal begins the drain, if there is one; the second ends it. */
function stopOnSignals({
  server,
  store,
  logger,
  drainMs,
}: {
  readonly server: SyncServer;
  readonly store: LevelStore;
  readonly logger: Logger;
  readonly drainMs: number;
}): void {
  let limit: NodeJS.Timeout | undefined;
  const mustEndWithin = (ms: number) => {
    clearTimeout(limit);
    limit = setTimeout(() => {
      logger.fatal('could not stop in time');
      process.exit(1);
    }, ms).unref();
  };
  let signals = 0;
  const stop = async (signal: string) => {
    signals++;
    if (signals > 2) return;
    const now = signals === 2;
    logger.info({ signal }, now ? 'stopping at once' : 'stopping');
    mustEndWithin(now ? STOP_LIMIT_MS : drainMs + STOP_LIMIT_MS);
    await server.close({ now });
    if (now) return; // the first call goes on
    await store.close();
    logger.info('stopped');
    process.exit(0);
  };
  process.on('SIGTERM', (signal) => void stop(signal));
  process.on('SIGINT', (signal) => void stop(signal));
}

function warnOfRestart(before: Settings, after: Settings, logger: Logger): void {
  const valueIn = ({ list }: Settings, path: string) =>
    JSON.stringify(list.find((setting) => setting.path === path)?.value);
  const paths = new Set([...before.list, ...after.list].map(({ path }) => path));
  const settings = [...paths].filter(
    (path) => !RELOADED.test(path) && valueIn(before, path) !== valueIn(after, path),
  );
  if (settings.length > 0) logger.warn({ settings }, 'these settings need a restart');
}
