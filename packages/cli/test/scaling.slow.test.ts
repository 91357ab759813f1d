import { RedisServer, readFresh, sleep, TemporaryDirectory } from '@syncline/testing';
import { PrivatePostgres } from '@syncline/testing/services';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { CountingClient, cpuOfFamily, cpuSeconds } from './measuring.ts';
import { Serving } from './serve.ts';

/**
 * Before they are measured, each node gets as many updates as one node alone, at a higher rate: until then
 * it compiles what it runs often, and each node pays for that.
 */
const WARM_UP_SECONDS_A_NODE = 15;
const WARM_UP_TIMES = 4;
const SETTLE_SECONDS = 3;
const SECONDS = 15;
const ROUNDS = 7;
const TIMEOUT_MS = 1_200_000;

/** How documents, clients and updates are spread, each evenly over the nodes. docs/scaling.md says what it costs. */
interface Load {
  readonly documents: number;
  /** Of each document. The first of them write. */
  readonly clients: number;
  readonly writers: number;
  /** Of all documents, a second. */
  readonly updates: number;
}

const LOADS: Readonly<Record<string, Load>> = {
  'a document of 300 clients': { documents: 1, clients: 300, writers: 6, updates: 120 },
  'a hundred documents of 6 clients': { documents: 100, clients: 6, writers: 2, updates: 600 },
};

/** A node more must cost less than this part of what all cost together before. */
const MOST = 0.25;

/** What was used for one delivery of an update to a client, in microseconds of CPU time. */
interface Cost {
  readonly nodes: number;
  readonly postgres: number;
  readonly redis: number;
}

interface Services {
  readonly folder: TemporaryDirectory;
  readonly postgres: PrivatePostgres;
  readonly redis: RedisServer;
}

interface Written {
  readonly name: string;
  readonly clients: readonly CountingClient[];
  readonly writers: readonly Y.Doc[];
}

/** Nodes with clients, of which some type. While they do not, they cost next to nothing. */
class MeasuredCluster {
  readonly #services: Services;
  readonly #load: Load;
  readonly #nodes: readonly Serving[];
  readonly #documents: readonly Written[];

  private constructor(
    services: Services,
    load: Load,
    nodes: readonly Serving[],
    documents: readonly Written[],
  ) {
    this.#services = services;
    this.#load = load;
    this.#nodes = nodes;
    this.#documents = documents;
  }

  static async start(services: Services, load: Load, nodeCount: number): Promise<MeasuredCluster> {
    // Nodes of one cluster do not hear of the others: how often they commit depends on how many they are.
    const place = {
      SYNCLINE_STORE: services.postgres.url,
      SYNCLINE_BUS: services.redis.url,
      SYNCLINE_BUS_PREFIX: `of-${nodeCount}`,
    };
    const nodes: Serving[] = [];
    for (let node = 0; node < nodeCount; node++) {
      nodes.push(await Serving.start(services.folder.path, [], place));
    }
    const run = Math.random().toString(36).slice(2);
    const documents = await Promise.all(
      Array.from({ length: load.documents }, async (_, index) => {
        const name = `${run}-${index}`;
        const clients = await Promise.all(
          Array.from({ length: load.clients }, (_, client) => {
            const { webSocketUrl } = nodes[(client + index) % nodeCount] as Serving;
            return CountingClient.join(webSocketUrl, name);
          }),
        );
        const writers = clients.slice(0, load.writers).map((client) => {
          const doc = new Y.Doc();
          doc.on('update', (update: Uint8Array) => client.send(update));
          return doc;
        });
        return { name, clients, writers };
      }),
    );
    return new MeasuredCluster(services, load, nodes, documents);
  }

  async warmUp(): Promise<void> {
    const { updates } = this.#load;
    await this.#type(WARM_UP_SECONDS_A_NODE * this.#nodes.length, updates * WARM_UP_TIMES);
  }

  async measure(): Promise<Cost> {
    const { updates, clients } = this.#load;
    await this.#type(SETTLE_SECONDS, updates);
    const before = await this.#used();
    const sent = await this.#type(SECONDS, updates);
    const after = await this.#used();
    const cost = (of: keyof Cost) => ((after[of] - before[of]) / (sent * (clients - 1))) * 1e6;
    return { nodes: cost('nodes'), postgres: cost('postgres'), redis: cost('redis') };
  }

  /** Sees to it that all of it arrived, at each node. */
  async check(): Promise<void> {
    for (const { name, writers } of this.#documents) {
      const length = writers.reduce((total, doc) => total + doc.getText('text').length, 0);
      for (const { webSocketUrl } of this.#nodes) {
        expect((await readFresh(webSocketUrl, name)).length).toBe(length);
      }
    }
  }

  async stop(): Promise<void> {
    for (const { clients } of this.#documents) {
      for (const client of clients) client.close();
    }
    for (const node of this.#nodes) await node.stop();
  }

  /** Types at so many updates a second, and returns how many it were. */
  async #type(seconds: number, rate: number): Promise<number> {
    const start = performance.now();
    let sent = 0;
    while (performance.now() - start < seconds * 1_000) {
      const due = Math.floor(((performance.now() - start) / 1_000) * rate);
      for (; sent < due; sent++) {
        const { writers } = this.#documents[sent % this.#documents.length] as Written;
        const turn = Math.floor(sent / this.#documents.length);
        const text = (writers[turn % writers.length] as Y.Doc).getText('text');
        text.insert(text.length, 'x');
      }
      await sleep(2);
    }
    await sleep(500);
    return sent;
  }

  /** In seconds of CPU time, since each process began. */
  async #used(): Promise<Cost> {
    const { postgres, redis } = this.#services;
    return {
      nodes: sum(await Promise.all(this.#nodes.map(({ pid }) => cpuSeconds(pid)))),
      postgres: await cpuOfFamily(await postgres.pid()),
      redis: await cpuSeconds(redis.pid),
    };
  }
}

describe('what a node more costs', () => {
  let services: Services;
  const clusters: MeasuredCluster[] = [];

  beforeAll(async () => {
    const folder = await TemporaryDirectory.make();
    services = { folder, postgres: await PrivatePostgres.make(), redis: await RedisServer.make() };
    await services.redis.start();
  });
  afterEach(async () => {
    for (const cluster of clusters.splice(0)) await cluster.stop();
  });
  afterAll(async () => {
    await services.redis.remove();
    await services.postgres.remove();
    await services.folder.remove();
  });

  it.each(Object.entries(LOADS))('on %s', { timeout: TIMEOUT_MS }, async (name, load) => {
    for (const nodeCount of [1, 2, 3]) {
      const cluster = await MeasuredCluster.start(services, load, nodeCount);
      clusters.push(cluster);
      await cluster.warmUp();
    }
    const costs = clusters.map((): Cost[] => []);
    // In turns: what else the machine does falls on all of them.
    for (let round = 0; round < ROUNDS; round++) {
      for (const [index, cluster] of clusters.entries()) {
        costs[index]?.push(await cluster.measure());
      }
    }
    for (const cluster of clusters) await cluster.check();
    const totals = costs.map((measured) => measured.map((cost) => sum(Object.values(cost))));
    for (const [index, measured] of costs.entries()) {
      const figures = (['nodes', 'postgres', 'redis'] as const).map((of) =>
        median(measured.map((cost) => cost[of])),
      );
      const rounds = totals[index] ?? [];
      console.log(
        `${name}, ${index + 1} nodes: µs a delivery of nodes, PostgreSQL, Redis: ${inMicroseconds(figures)}; together: ${inMicroseconds([median(rounds)])} (rounds: ${inMicroseconds(rounds)})`,
      );
    }
    const [one, two, three] = totals.map(median) as [number, number, number];
    expect(two / one - 1).toBeLessThan(MOST);
    expect(three / two - 1).toBeLessThan(MOST);
  });
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
