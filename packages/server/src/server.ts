import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { SyncError } from '@syncline/protocol';
import type { DocumentStore } from '@syncline/storage';
import { type Logger, pino } from 'pino';
import { createApp } from './app.ts';
import { Compactor } from './compaction/compactor.ts';
import { DEFAULT_BUDGET_BYTES } from './fan-out.ts';
import { Rooms } from './rooms.ts';
import { Sockets } from './sockets.ts';

const DEFAULT_QUIET_MS = 3_000;
const DEFAULT_UNLOAD_MS = 10_000;
const DEFAULT_MAX_FRAME_BYTES = 64 * 1024 * 1024;

export interface ServerOptions {
  /** The caller opens it, and closes it after the server. */
  readonly store: DocumentStore;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** A folder with the built pages; without it there are none. */
  readonly pages?: string;
  readonly logger?: Logger;
  /** A document without edits for so many milliseconds is compacted, if that is worth it. */
  readonly quietMs?: number;
  /** A room without sessions is unloaded after so many milliseconds without activity. */
  readonly unloadMs?: number;
  /** A session whose socket holds more bytes than this is left behind until it has read. */
  readonly budgetBytes?: number;
  /** A socket that sends a larger frame is closed. */
  readonly maxFrameBytes?: number;
}

export interface SyncServer {
  /** Where the server listens: `http://HOST:PORT`. */
  readonly url: string;
  /** Stops: commits what came, tells clients to reconnect, and resolves when all is quiet. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts a server; it can serve when this resolves.
 * @throws SyncError `address-in-use` when the port is taken; the system's error when it cannot be listened on.
 */
export async function startServer(options: ServerOptions): Promise<SyncServer> {
  const { store, host, port } = options;
  const logger = options.logger ?? pino({ enabled: false });
  const compactor = new Compactor(store, logger);
  const rooms = new Rooms({
    store,
    compactor,
    logger,
    quietMs: options.quietMs ?? DEFAULT_QUIET_MS,
    unloadMs: options.unloadMs ?? DEFAULT_UNLOAD_MS,
    budgetBytes: options.budgetBytes ?? DEFAULT_BUDGET_BYTES,
  });
  const sockets = new Sockets({
    rooms,
    logger,
    maxFrameBytes: options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES,
  });
  let ready = false;
  const app = createApp({ isReady: () => ready, pages: options.pages });
  const http = createAdaptorServer({ fetch: app.fetch });
  http.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head));

  const stop = async () => {
    ready = false;
    const closed = new Promise((resolve) => http.close(resolve));
    await sockets.close(() => rooms.tick.idle());
    if ('closeAllConnections' in http) http.closeAllConnections();
    rooms.close();
    await compactor.close();
    await closed;
  };
  try {
    await new Promise<void>((resolve, reject) => {
      http.once('error', reject);
      http.listen(port, host, resolve);
    });
  } catch (error) {
    await stop();
    throw listenError(error, host, port);
  }
  ready = true;
  let stopped: Promise<void> | undefined;
  return {
    url: urlOf(http.address() as AddressInfo),
    close: () => (stopped ??= stop()),
  };
}

function urlOf({ address, family, port }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

function listenError(error: unknown, host: string, port: number): unknown {
  if (!(error instanceof Error && 'code' in error)) return error;
  if (error.code !== 'EADDRINUSE') return error;
  return new SyncError('address-in-use', `port ${port} on ${host} is in use by another program`, {
    cause: error,
  });
}
