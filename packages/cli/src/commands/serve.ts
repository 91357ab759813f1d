import { isIP } from 'node:net';
import { fileURLToPath } from 'node:url';
import { startServer } from '@syncline/server';
import { LevelStore } from '@syncline/storage-level';
import { defineCommand } from '../command.ts';
import { createLogger } from '../logger.ts';
import { UsageError } from '../usage-error.ts';

/** After a signal the process ends within this, whatever hangs. */
const STOP_LIMIT_MS = 4_500;
/** The built pages, beside this package's sources and build. */
const PAGES = fileURLToPath(new URL('../../public', import.meta.url));

const STATE_MESSAGES = {
  recovering: 'the data folder cannot be written; nothing is acknowledged until it can',
  'read-only': 'stored data is damaged; nothing is written until it is repaired',
} as const;

/** Runs until a signal comes. */
export const serve = defineCommand({
  name: 'serve',
  summary: 'serves documents',
  about: `Serves Yjs documents over WebSockets. Clients of y-websocket connect to
ws://HOST:PORT/<document>; the editor is at http://HOST:PORT/.

Logs go to stderr. When it can serve, one line with its URL goes to stdout.
SIGTERM and SIGINT stop it: what came is committed, and clients are told to reconnect.`,
  options: {
    host: { value: 'HOST', default: '127.0.0.1', help: 'the address to listen on' },
    port: { value: 'PORT', default: '1234', help: 'the port to listen on; 0 takes any free one' },
    data: { value: 'DIR', default: './data', help: 'the folder for the documents' },
    memory: { value: 'MIB', default: '512', help: 'how much documents in memory may take' },
    'log-level': { value: 'LEVEL', default: 'info', help: 'from trace to fatal, or silent' },
  },
  examples: ['serve --port 8080 --data /var/lib/syncline'],
  run: async ({ options }) => await run(options),
});

interface ServeOptions {
  readonly host: string;
  readonly port: string;
  readonly data: string;
  readonly memory: string;
  readonly 'log-level': string;
}

/** @throws SyncError `address-in-use`, `store-locked`, `store-format` */
async function run(options: ServeOptions): Promise<void> {
  const { host, data } = options;
  const port = readNumber('port', options.port, 0, 65_535);
  const memoryBytes = readNumber('memory', options.memory, 1, 1_048_576) * 1024 * 1024;
  const logger = createLogger(options['log-level']);
  const store = await LevelStore.open(data, {
    onState: (state, cause) => {
      if (state === 'ready') logger.info({ data }, 'the data folder can be written again');
      else logger.error({ data, state, err: cause }, STATE_MESSAGES[state]);
    },
  });
  const server = await startServer({ store, host, port, logger, memoryBytes, pages: PAGES }).catch(
    async (error: unknown) => {
      await store.close();
      throw error;
    },
  );

  const stop = async (signal: string) => {
    logger.info({ signal }, 'stopping');
    setTimeout(() => {
      logger.fatal('could not stop in time');
      process.exit(1);
    }, STOP_LIMIT_MS).unref();
    await server.close();
    await store.close();
    logger.info('stopped');
    process.exit(0);
  };
  process.once('SIGTERM', (signal) => void stop(signal));
  process.once('SIGINT', (signal) => void stop(signal));

  logger.info({ url: server.url, data }, 'ready');
  if (!isLoopback(host)) {
    logger.warn(
      'there is no authentication yet: who reaches this address can change every document',
    );
  }
  process.stdout.write(`Syncline is ready. Open ${server.url} in a browser to write together.\n`);
}

function readNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most) {
    throw new UsageError(`--${name} must be a number from ${least} to ${most}, not "${text}"`);
  }
  return value;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
