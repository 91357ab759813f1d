import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Bus, MemoryBus, MemoryHub } from '@syncline/bus';
import { type ServerOptions, type SyncServer, startServer } from '@syncline/server';
import { type DocumentStore, MemoryStore } from '@syncline/storage';
import { afterEach } from 'vitest';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).toReversed()) await cleanUp();
});

/** What takes requests in turn to several servers, as a load balancer without sticky sessions does. */
export interface Balancer {
  /** `http://HOST:PORT` */
  readonly url: string;
  /** Where the next requests go; those that are left out get none. */
  targets: readonly string[];
  /** How many requests each target got. */
  readonly counts: ReadonlyMap<string, number>;
}

export interface Nodes {
  readonly urls: readonly [string, string];
  readonly servers: readonly SyncServer[];
  readonly store: DocumentStore;
  readonly hub: MemoryHub;
  readonly balancer: Balancer;
}

export interface NodesOptions extends Partial<Omit<ServerOptions, 'bus'>> {
  readonly makeBus?: (hub: MemoryHub) => Bus;
}

/** Servers of one cluster, in this process, behind a load balancer. The first request goes to the first. */
export async function startNodes(
  count: number,
  { makeBus = (hub) => new MemoryBus(hub), ...options }: NodesOptions = {},
): Promise<Nodes> {
  const hub = new MemoryHub();
  const store = options.store ?? new MemoryStore();
  cleanups.push(() => store.close());
  const servers: SyncServer[] = [];
  for (let i = 0; i < count; i++) {
    const bus = makeBus(hub);
    const server = await startServer({ host: '127.0.0.1', port: 0, ...options, store, bus });
    cleanups.push(() => server.close({ now: true }));
    servers.push(server);
  }
  const urls = servers.map(({ url }) => url) as unknown as Nodes['urls'];
  return { urls, servers, store, hub, balancer: await startBalancer(urls) };
}

async function startBalancer(targets: readonly string[]): Promise<Balancer> {
  const counts = new Map<string, number>();
  let turn = 0;
  const server = createServer((incoming, response) => {
    const target = balancer.targets[turn++ % balancer.targets.length] as string;
    counts.set(target, (counts.get(target) ?? 0) + 1);
    forward(target, incoming, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const balancer: Balancer = { url: `http://127.0.0.1:${port}`, targets, counts };
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return balancer;
}

function forward(target: string, incoming: IncomingMessage, response: ServerResponse): void {
  const { method, url, headers } = incoming;
  const onward = request(`${target}${url}`, { method, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  onward.on('error', () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
  response.on('close', () => onward.destroy());
  incoming.pipe(onward);
}
