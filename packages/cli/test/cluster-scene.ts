import { RedisServer, sleep, until } from '@syncline/testing';
import { type PrivatePostgres, TestDatabase } from '@syncline/testing/services';
import { expect, type TestContext } from 'vitest';
import { Cluster } from './cluster.ts';
import { type Kind, Writers } from './writers.ts';

/** Before the fault, while all is well. */
const WELL_MS = 2_000;
/** After the fault: nodes look into the store once more when they hear again. */
const SETTLE_MS = 3_000;
/** For so long nodes are watched that should have nothing to ask the store. */
const WATCH_MS = 4_000;
/** All clients have the same content so soon after a fault. */
const CONVERGE_MS = 10_000;

export interface SceneOptions {
  readonly nodes?: number;
  readonly flags?: readonly string[];
  /** Without a Redis at the start. */
  readonly withoutRedis?: boolean;
}

/** Nodes, a Redis of their own, and people who write while something goes wrong. */
export class Scene {
  static #lastOpened: Promise<unknown> = Promise.resolve();
  readonly cluster: Cluster;
  readonly redis: RedisServer;
  readonly database: TestDatabase;
  /** For each node an address that leads there, and elsewhere when it is gone. */
  readonly homes: readonly string[];
  readonly #writers: Writers[] = [];

  private constructor(
    parts: Pick<Scene, 'cluster' | 'redis' | 'database'>,
    homes: readonly string[],
  ) {
    this.cluster = parts.cluster;
    this.redis = parts.redis;
    this.database = parts.database;
    this.homes = homes;
  }

  /** Set up, and taken down at the end of the test. */
  static async open(
    context: TestContext,
    postgres: PrivatePostgres,
    options: SceneOptions = {},
  ): Promise<Scene> {
    // One after the other: a start takes more of the machine than all that follows.
    const scene = Scene.#lastOpened.then(() => Scene.#open(context, postgres, options));
    Scene.#lastOpened = scene.catch(() => {});
    return await scene;
  }

  static async #open(
    { onTestFinished }: TestContext,
    postgres: PrivatePostgres,
    { nodes = 2, flags = [], withoutRedis = false }: SceneOptions,
  ): Promise<Scene> {
    const redis = await RedisServer.make();
    onTestFinished(() => redis.remove());
    if (!withoutRedis) await redis.start();
    const database = await TestDatabase.make(postgres.url);
    onTestFinished(() => database.drop());
    const place = { store: database.url, bus: redis.url, prefix: 'faults' };
    const cluster = await Cluster.start(place, nodes, ...flags);
    onTestFinished(() => cluster.stop());
    const homes = await Promise.all(cluster.nodes.map((_, index) => cluster.balanced(() => index)));
    const scene = new Scene({ cluster, redis, database }, homes);
    onTestFinished(() => scene.#writers.forEach((writers) => writers.leave()));
    return scene;
  }

  /** People who write from now on, each at the next one of some nodes. */
  writers(documentId: string, homes: readonly string[], kinds?: readonly Kind[]): Writers {
    const writers = Writers.at(documentId, homes, kinds).start();
    this.#writers.push(writers);
    return writers;
  }

  /** A while in which all is well. */
  async beWell(): Promise<void> {
    await until('all were promised something', () =>
      this.#writers.every(({ promised }) => promised.size > 0),
    );
    await sleep(WELL_MS);
  }

  /**
   * The fault is over. Nothing that was promised is lost; what was left by all its clients in the midst
   * of it is there as well; and nodes have no more to do than before.
   * @param left documents that all clients have left
   */
  async judge(stayed: readonly Writers[], left: readonly Writers[] = []): Promise<void> {
    const { cluster } = this;
    for (const { documentId, promised } of stayed) {
      const before = [...promised];
      const present = new Set((await cluster.stored(documentId)).split(' '));
      expect(before.filter((word) => !present.has(word))).toEqual([]);
    }
    const contents = await Promise.all(stayed.map((writers) => writers.converge(CONVERGE_MS)));
    await this.mustBeQuiet();
    for (const writers of left) {
      const content = await cluster.stored(writers.documentId);
      writers.mustBeIn(content);
      await cluster.mustHave(writers.documentId, content);
    }
    for (const [index, writers] of stayed.entries()) {
      writers.leave();
      await cluster.mustHave(writers.documentId, contents[index] as string);
    }
    await cluster.mustBeWell();
  }

  /** Nodes that hear each other do not ask the store for heads. */
  async mustBeQuiet(): Promise<void> {
    const { cluster } = this;
    await until('they hear each other', async () =>
      (await cluster.metric('bus_hearing')).every((isHearing) => isHearing === 1),
    );
    await sleep(SETTLE_MS);
    const before = await cluster.metric('heads_reads_total');
    await sleep(WATCH_MS);
    expect(await cluster.metric('heads_reads_total')).toEqual(before);
  }
}
