import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import { SyncError } from '@syncline/protocol';
import type { DocumentStore } from '@syncline/storage';
import { type Logger, pino } from 'pino';
import { StoreOperator } from './admin/store-operator.ts';
import { createApp } from './app.ts';
import { Compactor } from './compaction/compactor.ts';
import { Sweep } from './compaction/sweep.ts';
import { DEFAULT_BUDGET_BYTES } from './fan-out.ts';
import { Metrics } from './metrics.ts';
import { Rooms } from './rooms.ts';
import { Sockets } from './sockets.ts';

const DEFAULT_QUIET_MS = 3_000;
const DEFAULT_UNLOAD_MS = 30_000;
const DEFAULT_MEMORY_BYTES = 512 * 1024 * 1024;
/** How long a server that stops waits for a commit that does not come to an end. */
const COMMIT_GRACE_MS = 2_000;
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
  /** Logs in memory should not take more bytes; rooms without sessions make way first. */
  readonly memoryBytes?: number;
  /** Merging a log is given up after so many milliseconds. */
  readonly compactionLimitMs?: number;
  /** A socket that sends a larger frame is closed. */
  readonly maxFrameBytes?: number;
  /** A larger document is not imported over HTTP. */
  readonly maxImportBytes?: number;
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
  const metrics = new Metrics();
  const compactor = new Compactor(store, logger, options.compactionLimitMs);
  const rooms = new Rooms({
    store,
    compactor,
    logger,
    metrics,
    memoryBytes: options.memoryBytes ?? DEFAULT_MEMORY_BYTES,
    quietMs: options.quietMs ?? DEFAULT_QUIET_MS,
    unloadMs: options.unloadMs ?? DEFAULT_UNLOAD_MS,
    budgetBytes: options.budgetBytes ?? DEFAULT_BUDGET_BYTES,
  });
  const sweep = new Sweep(store, compactor, logger, (documentId) => rooms.has(documentId));
  const sockets = new Sockets({
    rooms,
    logger,
    metrics,
    maxFrameBytes: options.maxFrameBytes ?? DEFAULT_MAX_FRAME_BYTES,
  });
  metrics.observe({
    connections: () => sockets.connectionCount,
    sessions: () => sockets.sessionCount,
    rooms: () => rooms.size,
    roomBytes: () => rooms.bytes,
    heldBytes: () => rooms.heldBytes,
    quarantinedDocuments: () => rooms.quarantined,
    failingDocuments: () => compactor.failing,
    storeState: () => store.state,
  });
  let listening = false;
  const isReady = () => listening && store.state === 'ready';
  const operator = new StoreOperator({
    store,
    live: rooms,
    compact: (documentId) => compactor.compact(documentId),
  });
  const { pages, maxImportBytes } = options;
  const app = createApp({ isReady, metrics, pages, admin: { operator, logger, maxImportBytes } });
  const http = createAdaptorServer({ fetch: app.fetch });
  http.on('upgrade', (request, socket, head) => sockets.upgrade(request, socket, head));

  const stop = async () => {
    listening = false;
    const closed = new Promise((resolve) => http.close(resolve));
    sweep.close();
    await sockets.close(() =>
      Promise.race([rooms.tick.settled(), sleep(COMMIT_GRACE_MS, undefined, { ref: false })]),
    );
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
  listening = true;
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
