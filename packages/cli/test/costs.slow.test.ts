import { encodeAwarenessMessage } from '@syncline/protocol';
import {
  anonymousMemory,
  RedisServer,
  StockClient,
  sleep,
  TemporaryDirectory,
} from '@syncline/testing';
import { PrivatePostgres } from '@syncline/testing/services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { CountingClient, cpuOfFamily, cpuSeconds } from './measuring.ts';
import { Serving } from './serve.ts';

const KIB = 1024;

/** Measures what docs/scaling.md says of one node with PostgreSQL and Redis. */
describe('what things cost on a node', () => {
  let folder: TemporaryDirectory;
  let postgres: PrivatePostgres;
  let redis: RedisServer;
  let node: Serving;
  let name = 0;

  beforeAll(async () => {
    folder = await TemporaryDirectory.make();
    postgres = await PrivatePostgres.make();
    redis = await RedisServer.make();
    await redis.start();
    node = await startNode();
    // What runs often is compiled.
    await typed({ documents: 50, seconds: 8, rate: 200 });
  }, 60_000);
  afterAll(async () => {
    await node.stop();
    await redis.remove();
    await postgres.remove();
    await folder.remove();
  });

  const startNode = () =>
    Serving.start(folder.path, ['--compaction', 'off'], {
      SYNCLINE_STORE: postgres.url,
      SYNCLINE_BUS: redis.url,
    });
  const nextName = () => `document-${name++}`;
  const join = (documentId = nextName()) => CountingClient.join(node.webSocketUrl, documentId);
  const joinAll = async (count: number, documentId?: string) => {
    const clients: CountingClient[] = [];
    for (let i = 0; i < count; i++) clients.push(await join(documentId));
    return clients;
  };
  const cpu = async () => ({
    node: await cpuSeconds(node.pid),
    postgres: await cpuOfFamily(await postgres.pid()),
    redis: await cpuSeconds(redis.pid),
  });
  /** CPU time that a task takes, in microseconds for each of so many. */
  async function costOf(count: number, task: () => Promise<unknown>): Promise<string> {
    const before = await cpu();
    await task();
    const after = await cpu();
    const each = (of: keyof typeof after) => ((after[of] - before[of]) / count) * 1e6;
    return `node ${each('node').toFixed(0)} µs, PostgreSQL ${each('postgres').toFixed(0)} µs, Redis ${each('redis').toFixed(0)} µs`;
  }
  const report = (what: string, figure: string) => console.log(`${what}: ${figure}`);
  const memory = async () => {
    await sleep(3_000); // the collector has its turn
    return await anonymousMemory(node.pid);
  };

  /** Each document is typed into by one client and read by another. */
  async function typed(load: { documents: number; seconds: number; rate: number }) {
    const writers = await Promise.all(
      Array.from({ length: load.documents }, async () => {
        const documentId = nextName();
        const [writer, reader] = [await join(documentId), await join(documentId)];
        const doc = new Y.Doc();
        doc.on('update', (update: Uint8Array) => writer.send(update));
        return { doc, clients: [writer, reader] };
      }),
    );
    let sent = 0;
    const cost = async () => {
      const start = performance.now();
      while (performance.now() - start < load.seconds * 1_000) {
        const due = Math.floor(((performance.now() - start) / 1_000) * load.rate);
        for (; sent < due; sent++) {
          const { doc } = writers[sent % load.documents] as (typeof writers)[0];
          const text = doc.getText('text');
          text.insert(text.length, 'x');
        }
        await sleep(2);
      }
      await sleep(300);
    };
    const figure = await costOf(load.seconds * load.rate, cost);
    for (const { clients } of writers) for (const client of clients) client.close();
    expect(sent).toBeGreaterThan(load.seconds * load.rate * 0.9);
    return figure;
  }

  it('an update', async () => {
    for (const load of [
      { documents: 1, seconds: 10, rate: 20 },
      { documents: 100, seconds: 10, rate: 200 },
      { documents: 300, seconds: 10, rate: 1_000 },
    ]) {
      const what = `an update and its delivery to one client, ${load.rate}/s over ${load.documents} documents`;
      report(what, await typed(load));
    }
  }, 120_000);

  it('a delivery', async () => {
    const documentId = nextName();
    const clients = await joinAll(200, documentId);
    const [writer] = clients as [CountingClient];
    const doc = new Y.Doc();
    doc.on('update', (update: Uint8Array) => writer.send(update));
    const updates = 200;
    const figure = await costOf(updates * (clients.length - 1), async () => {
      for (let i = 0; i < updates; i++) {
        doc.getText('text').insert(i, 'x');
        await sleep(40);
      }
      await sleep(300);
    });
    expect(clients.at(-1)?.frames).toBeGreaterThan(updates * 0.9);
    report('a delivery, of 199 for each update', figure);
    for (const client of clients) client.close();
  }, 60_000);

  it('a connection, and a document', async () => {
    // A node that has done nothing yet has nothing that the collector has left.
    await node.stop();
    node = await startNode();
    report('a node without clients, a second', await costOf(20, () => sleep(20_000)));
    const before = await memory();
    const clients = await joinAll(2_000, nextName());
    const connected = await memory();
    report('a connection', `${((connected - before) / 2_000 / KIB).toFixed(1)} KiB`);
    const seconds = 40;
    report(
      'an idle connection, a minute',
      await costOf((2_000 * seconds) / 60, () => sleep(seconds * 1_000)),
    );
    for (const client of clients) client.close();
    await node.stop();
    node = await startNode();
    const empty = await memory();
    const readers = await joinAll(2_000);
    const each = ((await memory()) - empty) / 2_000 / KIB;
    report('an open empty document, with its connection', `${each.toFixed(1)} KiB`);
    for (const reader of readers) reader.close();
  }, 180_000);

  it('a join', async () => {
    const empty = nextName();
    const [first] = await joinAll(1, empty);
    const small = await costOf(1_000, async () => {
      for (const client of await joinAll(1_000, empty)) client.close();
    });
    report('a join and a leave, of a document that is open and empty', small);
    const cold = await costOf(500, async () => {
      for (const client of await joinAll(500)) client.close();
    });
    report('a join of a document that is not open, and empty', cold);
    for (const kib of [100, 1_000]) {
      const documentId = nextName();
      const author = new StockClient(node.webSocketUrl, documentId);
      await author.synced();
      for (let i = 0; i < kib; i++) author.text.insert(0, 'x'.repeat(KIB));
      await sleep(1_000);
      const joins = await costOf(100, async () => {
        for (const client of await joinAll(100, documentId)) client.close();
      });
      report(`a join of a document of ${kib} KiB that is open`, joins);
      author.destroy();
    }
    first?.close();
  }, 120_000);

  it('a move', async () => {
    const documentId = nextName();
    const clients = await joinAll(50, documentId);
    const state = JSON.stringify({
      user: { name: 'Ada', color: '#1d4ed8' },
      cursor: { x: 1, y: 2 },
    });
    let clock = 0;
    const rounds = 150;
    const figure = await costOf(rounds * clients.length, async () => {
      for (let round = 0; round < rounds; round++) {
        clock++;
        for (const [client, socket] of clients.entries()) {
          socket.sendFrame(encodeAwarenessMessage([{ client, clock, state }]));
        }
        await sleep(100);
      }
    });
    report('a move of one of 50 people who see each other, 500 moves/s', figure);
    for (const client of clients) client.close();
  }, 60_000);
});
