import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import { type Bus, MemoryBus } from '@syncline/bus';
import { SyncError } from '@syncline/protocol';
import type { DocumentStore } from '@syncline/storage';
import { type Logger, pino } from 'pino';
import { Guard } from './admin/guard.ts';
import { StoreOperator } from './admin/store-operator.ts';
import { createApp } from './app.ts';
import { Cluster } from './cluster.ts';
import { Compactor } from './compaction/compactor.ts';
import { Sweep } from './compaction/sweep.ts';
import { Connections } from './connections.ts';
import type { Edge, SchemaRange } from './edge.ts';
import { DEFAULT_BUDGET_BYTES } from './fan-out.ts';
import { Gate, isLocalHost } from './gate.ts';
import { HttpConnections } from './http-transport/http-connections.ts';
import type { Authenticator } from './identity/identity.ts';
import { openAuthenticator } from './identity/open.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { Metrics } from './metrics.ts';
import { Policy, type PolicyParts } from './policy.ts';
import { ReadingTurns } from './reading-turns.ts';
import { Refusals } from './refusals.ts';
import { Rooms } from './rooms.ts';
import { defaultRules, Rules } from './rules/rules.ts';
import { Sessions } from './sessions.ts';
import { WebSockets } from './web-socket/web-sockets.ts';

const DEFAULT_QUIET_MS = 3_000;
const DEFAULT_UNLOAD_MS = 30_000;
const DEFAULT_MEMORY_BYTES = 512 * 1024 * 1024;
/** How long a server that stops waits for a commit that does not come to an end. */
const COMMIT_GRACE_MS = 2_000;

export interface ServerOptions {
  /** The caller opens it, and closes it after the server. */
  readonly store: DocumentStore;
  /**
   * What connects the nodes that share the store. Without it this is the only one. The caller opens it;
   * the server closes it.
   */
  readonly bus?: Bus;
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
  /** False leaves logs to workers that compact them; an operator may still ask for it. */
  readonly compaction?: boolean;
  /** Merging a log is given up after so many milliseconds. */
  readonly compactionLimitMs?: number;
  readonly limits?: Partial<Limits>;
  /** Who somebody is. Without it everybody is anonymous. */
  readonly authenticator?: Authenticator;
  /** Who may do what. Without it users may do all, or everybody where there is no authentication. */
  readonly rules?: Rules;
  /** Reads the configuration again, for {@link SyncServer.reload}. */
  readonly reload?: () => Promise<Partial<PolicyParts>>;
  /** Origins of pages that may connect besides the server's own; `*` is any. */
  readonly origins?: readonly string[];
  /** How many proxies stand in front and add to `X-Forwarded-For`. */
  readonly trustProxy?: number;
  /** What all paths begin with, as `/sync`. */
  readonly basePath?: string;
  /** Which versions of the application's schema may come in by `syncline.v1`. */
  readonly schema?: SchemaRange;
  /** The server's version, for clients that want to know. */
  readonly version?: string;
  /**
   * Over how long connections are ended one after the other when the server stops, in ms: so their clients do not
   * all come to other nodes at once. 0, the default, ends all at once, for a server that is alone.
   */
  readonly drainMs?: number;
  /** A larger document is not imported over HTTP. */
  readonly maxImportBytes?: number;
}

export interface SyncServer {
  /** Where the server listens: `http://HOST:PORT`. */
  readonly url: string;
  /** Puts rules and keys in force that were read again, and checks live sessions against them. */
  reload(): Promise<void>;
  /**
   * Stops: commits what came, tells clients to reconnect, and resolves when all is quiet. Idempotent; it
   * may be called again with `now`, which ends what {@link ServerOptions.drainMs} takes its time for.
   */
  close(options?: { readonly now?: boolean }): Promise<void>;
}

/**
 * Starts a server; it can serve when this resolves.
 * @throws SyncError `address-in-use` when the port is taken; the system's error when it cannot be listened on.
 */
export async function startServer(options: ServerOptions): Promise<SyncServer> {
  const { store, host, port, bus = new MemoryBus(), drainMs = 0 } = options;
  const logger = options.logger ?? pino({ enabled: false });
  const metrics = new Metrics();
  const compactor = new Compactor(store, logger, options.compactionLimitMs);
  const limits: Limits = { ...DEFAULT_LIMITS, ...options.limits };
  const rooms = new Rooms({
    store,
    bus,
    compactor,
    logger,
    metrics,
    limits,
    memoryBytes: options.memoryBytes ?? DEFAULT_MEMORY_BYTES,
    quietMs: options.quietMs ?? DEFAULT_QUIET_MS,
    unloadMs: options.unloadMs ?? DEFAULT_UNLOAD_MS,
    budgetBytes: options.budgetBytes ?? DEFAULT_BUDGET_BYTES,
  });
  const { compaction = true } = options;
  compactor.takesRequests = compaction;
  const sweep = compaction
    ? new Sweep(store, compactor, logger, (documentId) => rooms.has(documentId))
    : undefined;
  const operator = new StoreOperator({
    store,
    live: rooms,
    compact: (documentId) => compactor.compact(documentId),
  });
  const connections = new Connections(limits, rooms.tick);
  const policy = new Policy(policyOf(options));
  const sessions = new Sessions({ rooms, bus, policy, limits, logger });
  const basePath = (options.basePath ?? '').replace(/\/+$/, '');
  const gate = new Gate({
    connections,
    basePath,
    origins: options.origins ?? [],
    trustProxy: options.trustProxy ?? 0,
    isLocal: isLocalHost(host),
  });
  const edge: Edge = {
    nodeId: bus.nodeId,
    tick: rooms.tick,
    connections,
    sessions,
    policy,
    limits,
    logger,
    metrics,
    refusals: new Refusals(),
    turns: new ReadingTurns(),
    schema: options.schema ?? {},
    version: options.version ?? '',
    carryOn: (documentId, lost) => operator.carryOn(documentId, lost),
  };
  const webSockets = new WebSockets(edge, gate);
  const httpConnections = new HttpConnections(edge, bus);
  const cluster = new Cluster({ store, rooms, sessions, httpConnections, logger, metrics });
  bus.listen(cluster);
  metrics.observe({
    connections: () => connections.count,
    sessions: () => sessions.count,
    rooms: () => rooms.size,
    roomBytes: () => rooms.bytes,
    heldBytes: () => rooms.heldBytes,
    quarantinedDocuments: () => rooms.quarantined,
    failingDocuments: () => compactor.failing,
    storeState: () => store.state,
    isHearing: () => bus.isHearing,
  });
  let listening = false;
  const isReady = () => listening && store.state === 'ready';
  /** One after the other, so that what was read last is what holds. */
  let reloading = Promise.resolve();
  const reload = () => {
    const next = reloading.then(reloadOnce);
    reloading = next.catch(() => {});
    return next;
  };
  const reloadOnce = async () => {
    if (options.reload === undefined) return;
    policy.replace(policyOf({ ...options, ...(await options.reload()) }));
    sessions.recheck();
    logger.info({ sessions: sessions.count }, 'the configuration was read again');
  };
  const guard = new Guard(policy, gate);
  const { pages, maxImportBytes } = options;
  const app = createApp({
    isReady,
    metrics,
    pages,
    admin: { guard, operator, logger, maxImportBytes },
    control: { guard, sessions, reload, logger },
    edge,
    gate,
    httpConnections,
    basePath,
  });
  const http = createAdaptorServer({ fetch: app.fetch });
  http.on('upgrade', (request, socket, head) => webSockets.upgrade(request, socket, head));

  const settled = () =>
    Promise.race([rooms.tick.settled(), sleep(COMMIT_GRACE_MS, undefined, { ref: false })]);
  const rush = new AbortController();
  const stop = async () => {
    listening = false;
    sweep?.close();
    // Until then it says that it is not ready, and takes requests for connections that it has.
    if (drainMs > 0) await connections.drain(drainMs, settled, rush.signal);
    const closed = new Promise((resolve) => http.close(resolve));
    webSockets.close();
    await connections.close(settled);
    if ('closeAllConnections' in http) http.closeAllConnections();
    rooms.close();
    cluster.close();
    await compactor.close();
    await bus.close();
    metrics.close();
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
    url: urlOf(http.address() as AddressInfo) + basePath,
    reload,
    close: ({ now = false } = {}) => {
      if (now) rush.abort();
      return (stopped ??= stop());
    },
  };
}

function policyOf({ authenticator, rules }: ServerOptions): PolicyParts {
  return {
    authenticator: authenticator ?? openAuthenticator,
    rules: rules ?? Rules.from(defaultRules(authenticator !== undefined)),
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
