import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  RedisServer,
  StockClient,
  SynclineClient,
  TemporaryDirectory,
  until,
} from '@syncline/testing';
import { PrivatePostgres, TestDatabase } from '@syncline/testing/services';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { syncline } from './command.ts';
import { type Compose, one, readCompose, readDockerfile, serviceOf } from './deployment.ts';
import { Balancer } from './haproxy.ts';
import { Running } from './running.ts';
import { Serving } from './serve.ts';

const SECRETS = {
  SYNCLINE_AUTH_SECRET: 'a secret that has more than 32 bytes',
  POSTGRES_PASSWORD: 'p@ss/word',
};
/** A drain takes 10 s, and a busy machine some more. */
const STOP_MS = 30_000;
const START_MS = 120_000;

const isInstalled = [
  await PrivatePostgres.isInstalled(),
  await RedisServer.isInstalled(),
  await Balancer.isInstalled(),
].every(Boolean);

describe.skipIf(!isInstalled)('what compose.yaml starts, without containers', () => {
  let compose: Compose;
  let postgres: PrivatePostgres;
  let redis: RedisServer;
  let folder: TemporaryDirectory;
  let nodes: { readonly node1: Serving; readonly node2: Serving };
  let worker: Running;
  let balancer: Balancer;
  let token: string;
  const stock: StockClient[] = [];

  /** The environment of a service, with addresses that are here. */
  const environmentOf = (name: string) => {
    const text = JSON.stringify(serviceOf(compose, name).environment ?? {})
      .replace('@postgres:5432', `@${new URL(postgres.url).host}`)
      .replace('redis:6379', new URL(redis.url).host)
      .replace('node1:1234', hostOf('node1'))
      .replace('node2:1234', hostOf('node2'));
    return JSON.parse(text) as Record<string, string>;
  };
  const urlOf = (name: 'node1' | 'node2') => nodes[name].url.replace('0.0.0.0', '127.0.0.1');
  const hostOf = (name: 'node1' | 'node2') =>
    nodes === undefined ? '' : new URL(urlOf(name)).host;

  /** PostgreSQL asks for the password of everybody but who sets it up. */
  const writeRules = async () => {
    const path = join(folder.path, 'pg_hba.conf');
    const lines = ['local all postgres trust', 'host all postgres 127.0.0.1/32 trust'];
    await writeFile(path, [...lines, 'host all all 127.0.0.1/32 scram-sha-256', ''].join('\n'));
    await chmod(folder.path, 0o755);
    return path;
  };

  beforeAll(async () => {
    compose = await readCompose(SECRETS);
    folder = await TemporaryDirectory.make();
    postgres = await PrivatePostgres.make();
    await postgres.stop('fast');
    const settings = serviceOf(compose, 'postgres').command?.filter((word) => word.includes('='));
    await postgres.start(...(settings ?? []), `hba_file=${await writeRules()}`);
    const { POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD } =
      serviceOf(compose, 'postgres').environment ?? {};
    const administration = await TestDatabase.make(postgres.url);
    await administration.run(`CREATE ROLE ${POSTGRES_USER} LOGIN PASSWORD '${POSTGRES_PASSWORD}'`);
    await administration.run(
      `CREATE DATABASE ${POSTGRES_DB} OWNER ${POSTGRES_USER} TEMPLATE template0 ENCODING 'UTF8'`,
    );
    redis = await RedisServer.make();
    await redis.start(...(serviceOf(compose, 'redis').command?.slice(1) ?? []));

    const [, image = []] = await readDockerfile();
    const [serve, ...args] = JSON.parse(one(image, 'CMD')) as string[];
    expect(serve).toBe('serve');
    const start = (name: string) => Serving.start(folder.path, args, environmentOf(name));
    const [node1, node2] = await Promise.all([start('node1'), start('node2')]);
    nodes = { node1, node2 };
    const command = serviceOf(compose, 'worker').command ?? [];
    worker = new Running(folder.path, command, environmentOf('worker'));
    balancer = await Balancer.start(environmentOf('balancer'));
    const minted = await syncline(['token', '--user', 'ada'], environmentOf('node1'));
    token = minted.stdout.trim();
  }, START_MS);
  afterEach(() => {
    for (const client of stock.splice(0)) client.destroy();
  });
  afterAll(async () => {
    await balancer?.stop();
    for (const process of [nodes?.node1, nodes?.node2, worker]) await process?.stop();
    await redis?.remove();
    await postgres?.remove();
    await folder?.remove();
  });

  const connectStock = async () => {
    const client = new StockClient(balancer.webSocketUrl, 'notes', { params: { token } });
    stock.push(client);
    return await client.synced();
  };
  const connectPolling = () =>
    SynclineClient.connect(balancer.url, { transport: 'http-poll', token });

  const lines = () => balancer.log.split('\n');

  /** How many clients a node has. */
  const connectionsOf = async (name: 'node1' | 'node2') => {
    const metrics = await (await fetch(`${urlOf(name)}/metrics`)).text();
    return Number(/^syncline_connections (\d+)/m.exec(metrics)?.[1]);
  };

  it('serves pages by the balancer, and keeps from the outside what is for operators', async () => {
    for (const path of ['/', '/editor/a', '/text/a', '/board/a', '/sw.js', '/readyz']) {
      const { status } = await fetch(balancer.url + path);
      expect([path, status]).toEqual([path, 200]);
    }
    const closed = ['/metrics', '/m%65trics', '/v1/documents', '/v1/%64ocuments/a', '/v1/sessions'];
    for (const path of [...closed, '/v1/reload']) {
      const { status } = await fetch(balancer.url + path);
      expect([path, status]).toEqual([path, 404]);
      // By the balancer itself, and not by a node.
      await until(`${path} is in its log`, () =>
        lines().some((line) => line.includes(` GET ${path} 404 `) && line.includes('<NOSRV>')),
      );
    }
    expect((await fetch(`${urlOf('node1')}/metrics`)).status).toBe(200);
  });

  it('has a document at a name that is a path of operators', async () => {
    const client = new StockClient(balancer.webSocketUrl, 'metrics', { params: { token } });
    stock.push(client);
    await client.synced();
  });

  it('lets clients on both nodes edit one document, and go on when one node stops', async () => {
    const polling = await connectPolling();
    const [busy, other] =
      (await connectionsOf('node1')) === 1
        ? (['node1', 'node2'] as const)
        : (['node2', 'node1'] as const);
    const session = await polling.attach('notes');
    await until('there are clients on the other node', async () => {
      await connectStock();
      return (await connectionsOf(other)) > 0;
    });
    const [ada] = stock;
    if (ada === undefined) throw new Error('nobody connected');
    session.doc.transact(() => session.text.insert(0, 'by polling, '));
    for (const client of stock) await client.hasContent('by polling, ');
    ada.text.insert(ada.text.length, 'by a socket');
    await until('it comes by polling', () => session.content === 'by polling, by a socket');
    // Nothing sticks, so the node that does not have this connection gets requests for it, and passes them on.
    const wasPolled = (name: string) =>
      lines().some((line) => line.includes(' GET /v1/sync/') && line.includes(` ${name} `));
    await until('both nodes were polled', async () => {
      ada.text.insert(ada.text.length, '.');
      await until('it comes by polling', () => session.content === ada.content);
      return wasPolled('node1') && wasPolled('node2');
    });

    const leaving = nodes[other];
    leaving.signal('SIGTERM');
    await until('the balancer knows', () => balancer.log.includes(`Server nodes/${other} is DOWN`));
    // It is in its drain: who is there still edits.
    ada.text.insert(0, 'While one leaves: ');
    await until('it comes by polling', () => session.content === ada.content);
    await connectPolling().then((client) => client.close());
    expect(await leaving.ended()).toBe(0);
    for (const client of stock) {
      await client.synced(STOP_MS);
      client.text.insert(client.text.length, '!');
      await until('it comes by polling', () => session.content === client.content);
    }
    for (const client of stock) await client.hasContent(session.content);
    expect(session.content).toMatch(/^While one leaves: by polling, by a socket\.+!+$/);
    expect(polling.ended).toBeUndefined();
    expect(await connectionsOf(busy)).toBe(stock.length + 1);
    await polling.close();
  });

  it('has merged the log by the worker, and no token in the log of the balancer', async () => {
    const client = await connectStock();
    // More than a tail that is left as it is.
    for (let count = 0; count < 3; count++) client.text.insert(0, 'long '.repeat(10_000));
    await until('the worker compacts', () => worker.log.includes('"compacted"'), STOP_MS);
    for (const { log } of Object.values(nodes)) expect(log).not.toContain('"compacted"');
    expect(balancer.log).toContain(' GET /notes 101 ');
    expect(balancer.log).not.toContain(token);
    worker.signal('SIGTERM');
    expect(await worker.ended()).toBe(0);
  });
});
