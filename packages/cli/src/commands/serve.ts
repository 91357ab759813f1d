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
    'log-level': { value: 'LEVEL', default: 'info', help: 'from trace to fatal, or silent' },
  },
  examples: ['serve --port 8080 --data /var/lib/syncline'],
  run: async ({ options }) => await run(options),
});

interface ServeOptions {
  readonly host: string;
  readonly port: string;
  readonly data: string;
  readonly 'log-level': string;
}

/** @throws SyncError `address-in-use`, `store-locked`, `store-format` */
async function run(options: ServeOptions): Promise<void> {
  const { host, data } = options;
  const port = readPort(options.port);
  const logger = createLogger(options['log-level']);
  const store = await LevelStore.open(data);
  const server = await startServer({ store, host, port, logger, pages: PAGES }).catch(
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

function readPort(text: string): number {
  const port = Number(text);
  if (text.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new UsageError(`--port must be a number from 0 to 65535, not "${text}"`);
  }
  return port;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
