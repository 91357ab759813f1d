import { RedisServer, readFresh, sleep, TemporaryDirectory } from '@syncline/testing';
import { PrivatePostgres } from '@syncline/testing/services';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { CountingClient, cpuOfFamily, cpuSeconds } from './measuring.ts';
import { Serving } from './serve.ts';

/**
 * Before it is measured, each node gets as many updates as one node alone, at a higher rate: until then
 * it compiles what it runs often, and each node pays for that.
 */
const WARM_UP_SECONDS_A_NODE = 15;
const WARM_UP_TIMES = 4;
const SETTLE_SECONDS = 3;
const SECONDS = 20;
const ROUNDS = 3;
const TIMEOUT_MS = 1_200_000;

/** How documents, clients and updates are spread, each evenly over the nodes. docs/scaling.md says what it costs. */
interface Load {
  readonly documents: number;
  /** Of each document. The first of them write. */
  readonly clients: number;
  readonly writers: number;
  /** Of all documents, a second. */
  readonly updates: number;
  /** A node more must cost less than this part of what all cost together before; the aim is a quarter. */
  readonly most: number;
}

const LOADS: Readonly<Record<string, Load>> = {
  'a document of 300 clients': { documents: 1, clients: 300, writers: 6, updates: 120, most: 0.25 },
  'a hundred documents of 6 clients': {
    documents: 100,
    clients: 6,
    writers: 2,
    updates: 600,
    most: 0.3,
  },
};

/** What was used for one delivery of an update to a client, in microseconds of CPU time. */
interface Cost {
  readonly nodes: number;
  readonly postgres: number;
  readonly redis: number;
}

describe('what a node more costs', () => {
  let folder: TemporaryDirectory;
  let postgres: PrivatePostgres;
  let redis: RedisServer;

  beforeAll(async () => {
    folder = await TemporaryDirectory.make();
    postgres = await PrivatePostgres.make();
    redis = await RedisServer.make();
    await redis.start();
  });
  afterAll(async () => {
    await redis.remove();
    await postgres.remove();
    await folder.remove();
  });

  /** Types for some seconds on so many nodes, and sees to it that all of it arrives. */
  async function measure(nodeCount: number, load: Load): Promise<Cost> {
    const place = { SYNCLINE_STORE: postgres.url, SYNCLINE_BUS: redis.url };
    const nodes: Serving[] = [];
    for (let node = 0; node < nodeCount; node++) {
      nodes.push(await Serving.start(folder.path, [], place));
    }
    const run = Math.random().toString(36).slice(2);
    const documents = await Promise.all(
      Array.from({ length: load.documents }, async (_, index) => {
        const name = `${run}-${index}`;
        const clients = await Promise.all(
          Array.from({ length: load.clients }, (_, client) =>
            CountingClient.join(
              (nodes[(client + index) % nodeCount] as Serving).webSocketUrl,
              name,
            ),
          ),
        );
        const writers = clients.slice(0, load.writers).map((client) => {
          const doc = new Y.Doc();
          doc.on('update', (update: Uint8Array) => client.send(update));
          return doc;
        });
        return { name, clients, writers };
      }),
    );
    const used = async () => ({
      nodes: (await Promise.all(nodes.map(({ pid }) => cpuSeconds(pid)))).reduce((a, b) => a + b),
      postgres: await cpuOfFamily(await postgres.pid()),
      redis: await cpuSeconds(redis.pid),
    });
    const type = async (seconds: number, rate: number) => {
      const start = performance.now();
      let sent = 0;
      while (performance.now() - start < seconds * 1_000) {
        const due = Math.floor(((performance.now() - start) / 1_000) * rate);
        for (; sent < due; sent++) {
          const { writers } = documents[sent % load.documents] as (typeof documents)[0];
          const turn = Math.floor(sent / load.documents);
          const text = (writers[turn % load.writers] as Y.Doc).getText('text');
          text.insert(text.length, 'x');
        }
        await sleep(2);
      }
      await sleep(500);
      return sent;
    };
    await type(WARM_UP_SECONDS_A_NODE * nodeCount, load.updates * WARM_UP_TIMES);
    await type(SETTLE_SECONDS, load.updates);
    const before = await used();
    const sent = await type(SECONDS, load.updates);
    const after = await used();
    for (const { name, clients, writers } of documents) {
      const length = writers.reduce((sum, doc) => sum + doc.getText('text').length, 0);
      for (const { webSocketUrl } of nodes) {
        expect((await readFresh(webSocketUrl, name)).length).toBe(length);
      }
      for (const client of clients) client.close();
    }
    for (const node of nodes) await node.stop();
    const deliveries = sent * (load.clients - 1);
    const cost = (of: keyof Cost) => ((after[of] - before[of]) / deliveries) * 1e6;
    return { nodes: cost('nodes'), postgres: cost('postgres'), redis: cost('redis') };
  }

  for (const [name, load] of Object.entries(LOADS)) {
    it(`on ${name}`, { timeout: TIMEOUT_MS }, async () => {
      const costs: Record<number, Cost[]> = { 1: [], 2: [], 3: [] };
      // In turns: what else the machine does falls on all of them.
      for (let round = 0; round < ROUNDS; round++) {
        for (const [count, measured] of Object.entries(costs)) {
          measured.push(await measure(Number(count), load));
        }
      }
      const totals: number[] = [];
      for (const [count, measured] of Object.entries(costs)) {
        const figures = (['nodes', 'postgres', 'redis'] as const).map((of) =>
          median(measured.map((cost) => cost[of])),
        );
        totals.push(sum(figures));
        const rounds = inMicroseconds(measured.map((cost) => sum(Object.values(cost))));
        console.log(
          `${name}, ${count} nodes: µs a delivery of nodes, PostgreSQL, Redis: ${inMicroseconds(figures)} (rounds, together: ${rounds})`,
        );
      }
      const [one, two, three] = totals as [number, number, number];
      expect(two / one - 1).toBeLessThan(load.most);
      expect(three / two - 1).toBeLessThan(load.most);
    });
  }
});

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function inMicroseconds(numbers: readonly number[]): string {
  return numbers.map((number) => number.toFixed(1)).join(', ');
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;
}
