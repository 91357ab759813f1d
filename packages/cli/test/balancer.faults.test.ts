import { createServer, get, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '@syncline/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Balancer } from './haproxy.ts';

/** What stands behind the balancer here: it tells what reaches it. */
class Node {
  readonly requests: { readonly path: string; readonly headers: IncomingHttpHeaders }[] = [];
  isReady = true;
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const { url: path = '', headers } = request;
      if (path === '/readyz') {
        response.writeHead(this.isReady ? 200 : 503).end();
        return;
      }
      this.requests.push({ path, headers });
      if (path === '/stream') response.write('first');
      else response.end();
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

describe.skipIf(!(await Balancer.isInstalled()))('deploy/haproxy.cfg', () => {
  let nodes: [Node, Node];
  let balancer: Balancer;

  beforeEach(async () => {
    nodes = [new Node(), new Node()];
    const [NODE_1, NODE_2] = await Promise.all(nodes.map((node) => node.listen()));
    balancer = await Balancer.start({ NODE_1: NODE_1 ?? '', NODE_2: NODE_2 ?? '' });
  });
  afterEach(async () => {
    await balancer.stop();
    for (const node of nodes) node.close();
  });

  const requestsOf = (path: string) =>
    nodes.map(({ requests }) => requests.filter((request) => request.path === path));

  it('says where a client comes from, after what the client says itself', async () => {
    const headers = { 'X-Forwarded-For': '203.0.113.7', 'X-Forwarded-Host': 'evil.example' };
    await fetch(`${balancer.url}/who`, { headers });
    const [seen] = requestsOf('/who').flat();
    expect(seen?.headers).toMatchObject({
      'x-forwarded-for': '203.0.113.7, 127.0.0.1',
      host: new URL(balancer.url).host,
    });
    expect(seen?.headers).not.toHaveProperty('x-forwarded-host');
  });

  it('gives requests to the nodes in turn, also those of one client', async () => {
    for (let count = 0; count < 4; count++) await fetch(`${balancer.url}/turn`);
    expect(requestsOf('/turn').map(({ length }) => length)).toEqual([2, 2]);
  });

  it('sends the pieces of a stream on as they come', async () => {
    let received = '';
    const request = get(`${balancer.url}/stream`, (response) => {
      response.on('error', () => {});
      response.on('data', (chunk: Buffer) => {
        received += chunk.toString();
      });
    });
    await until('the first piece is there, and the stream open', () => received === 'first');
    request.destroy();
  });

  it('leaves a node that is not ready its connections, and gives it no more', async () => {
    let ended = false;
    const streams = [0, 1].map(() =>
      get(`${balancer.url}/stream`, (response) => {
        response.resume();
        response.on('error', () => {});
        response.on('close', () => {
          ended = true;
        });
      }),
    );
    const opened = () => requestsOf('/stream').every(({ length }) => length === 1);
    await until('each node has a stream', opened);
    nodes[0].isReady = false;
    await until('it is known', () => balancer.log.includes('Server nodes/node1 is DOWN'));
    for (let count = 0; count < 4; count++) await fetch(`${balancer.url}/more`);
    expect(requestsOf('/more').map(({ length }) => length)).toEqual([0, 4]);
    expect(ended).toBe(false);
    nodes[0].isReady = true;
    await until('it is known', () => balancer.log.includes('Server nodes/node1 is UP'));
    for (const stream of streams) stream.destroy();
  });

  it('passes no path on that the server would take for one of the operators', async () => {
    const { port } = new URL(balancer.url);
    // As it is written: fetch would take the dots out.
    const ask = (path: string, headers = {}) =>
      new Promise((resolve, reject) => {
        get({ host: '127.0.0.1', port, path, headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).on('error', reject);
      });
    const ways = ['/x/../metrics', '/x/%2e%2E/metrics', '/./metrics', '/;/../v1/documents'];
    for (const path of [...ways, '/%6d%65trics', '/v1/sessions?a', '/v1%2freload']) {
      expect([path, await ask(path)]).toEqual([path, 404]);
    }
    // No WebSocket comes of this.
    expect(await ask('/metrics', { Upgrade: 'websocket', Connection: 'close' })).toBe(404);
    const seen = requestsOf('/healthz').flat().length;
    expect(nodes.flatMap(({ requests }) => requests)).toHaveLength(seen);
  });
});
