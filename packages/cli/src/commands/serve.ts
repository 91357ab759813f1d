import { fileURLToPath } from 'node:url';
import type { Bus } from '@syncline/bus';
import { startServer } from '@syncline/server';
import type { DocumentStore } from '@syncline/storage';
import type { Logger } from 'pino';
import { openBus } from '../bus.ts';
import { defineCommand } from '../command.ts';
import { createAccess } from '../config/access.ts';
import { SERVE_OPTIONS } from '../config/config-options.ts';
import { formatSettings } from '../config/print-config.ts';
import {
  checkExposure,
  checkPlace,
  isLoopback,
  loadSettings,
  type Settings,
} from '../config/settings.ts';
import { createLogger } from '../logger.ts';
import { print } from '../output.ts';
import { maskPasswords } from '../service-url.ts';
import { stopOnSignals } from '../stop.ts';
import { nameOf, openStore, placeOf } from '../store.ts';
import { stateLogger } from '../store-state.ts';
import { version } from '../version.ts';

const MIB = 1024 * 1024;
/** The built pages, beside this package's sources and build. */
const PAGES = fileURLToPath(new URL('../../public', import.meta.url));
/** Settings that are put in force without a restart. */
const RELOADED = /^(auth|authenticate|allowAnonymous|rules)\b/;

/** Runs until a signal comes. */
export const command = defineCommand({
  about: `Serves Yjs documents. Clients of y-websocket connect to ws://HOST:PORT/<document>, those
of Hocuspocus and of syncline.v1 to ws://HOST:PORT; the editor is at http://HOST:PORT/.

Settings come from flags, else from variables, else from syncline.config.mjs or
syncline.config.json in this folder: docs/configuration.md has them all. Without
authentication it listens on this machine only, unless --allow-anonymous is given.

Documents are in the folder --data, which one server has; or in a PostgreSQL database, and then
several servers serve them together, connected by a Redis. Others can see passwords in
command lines: put them into SYNCLINE_STORE and SYNCLINE_BUS.

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
    'serve --store postgres://user@host/database --bus redis://host:6379',
  ],
  run: async (given) => {
    const load = async () => {
      const settings = await loadSettings(given);
      checkPlace(settings);
      return settings;
    };
    const settings = await load();
    if (given.options['print-config']) await print(formatSettings(settings));
    else await run(settings, load);
  },
});

/** @throws SyncError `config-invalid`, `rules-invalid`, `address-in-use`, and what {@link openStore} throws */
async function run(settings: Settings, load: () => Promise<Settings>): Promise<void> {
  const { values } = settings;
  checkExposure(settings);
  const logger = await createLogger(values.logLevel);
  const onFailure = (failure: string) => logger.error({ failure }, 'authenticate threw an error');
  const access = await createAccess(settings, onFailure);
  const { host, port, limits, origins, trustProxy, schema, compaction } = values;
  const drainMs = values.drain * 1_000;
  const place = placeOf(values);
  const store = await openStore(place, { onState: stateLogger(place, logger) });
  const bus = await openBusOf(values, store, logger);
  const server = await startServer({
    store,
    ...(bus && { bus }),
    compaction,
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
    await bus?.close();
    await store.close();
    throw error;
  });
  stopOnSignals({ store, logger, drainMs, close: (options) => server.close(options) });
  process.on('SIGHUP', () => {
    server.reload().catch((err: unknown) => {
      logger.error({ err }, 'nothing was reloaded: what was in force stays');
    });
  });
  const { url } = server;
  const where =
    place.kind === 'folder'
      ? { data: place.folder }
      : {
          store: nameOf(place),
          ...(values.bus !== undefined && { bus: maskPasswords(values.bus) }),
        };
  logger.info({ url, ...where, auth: settings.way ?? 'none' }, 'ready');
  if (place.kind === 'database' && bus === undefined) {
    logger.warn('there is no bus: this must be the only node on its database');
  }
  if (settings.way === undefined && !isLoopback(host)) {
    logger.warn('there is no authentication: who reaches this address can change every document');
  }
  process.stdout.write(`Syncline is ready. Open ${url} in a browser to write together.\n`);
}

/** Opened last, and closed by the server. */
async function openBusOf(
  { bus: url, busPrefix: prefix }: Settings['values'],
  store: DocumentStore,
  logger: Logger,
): Promise<Bus | undefined> {
  if (url === undefined) return undefined;
  try {
    return await openBus({ url, prefix }, logger);
  } catch (error) {
    await store.close();
    throw error;
  }
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
