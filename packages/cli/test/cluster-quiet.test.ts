import { StockClient, SynclineClient, sleep, until } from '@syncline/testing';
import { findPostgres, findRedis, randomPrefix, TestDatabase } from '@syncline/testing/services';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Cluster } from './cluster.ts';
import { LoadBalancer } from './load-balancer.ts';

/** Several beats of the bus, and longer than a room waits for quiet. */
const WINDOW_MS = 10_000;
/** Until what belongs to the start and to a compaction has an end. */
const SETTLE_MS = 5_000;
const EDITS = 30;
/** Less than a room waits for quiet, and more than a tick. */
const EDIT_MS = 100;

const ID = 'notes/ö 1';

const postgres = await findPostgres();
const redis = await findRedis();

describe.skipIf(postgres === undefined || redis === undefined)('nodes on one database', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await TestDatabase.make(postgres as string);
  });
  afterAll(() => database.drop());

  /** A node whose way to PostgreSQL is watched. */
  async function start(prefix: string) {
    const { hostname, port } = new URL(database.url);
    const way = await LoadBalancer.start([{ url: `tcp://${hostname}:${port || 5432}` }], () => 0);
    const store = new URL(database.url);
    store.host = new URL(way.url).host;
    const cluster = await Cluster.start({ store: store.href, bus: redis as string, prefix }, 1);
    onTestFinished(async () => {
      await cluster.stop();
      way.close();
    });
    return {
      url: cluster.node(0).url,
      bytes: () => way.bytes,
      metric: async (name: string) => (await cluster.metric(name))[0] as number,
    };
  }

  it('send it nothing but the edits of their own clients', async () => {
    const prefix = randomPrefix();
    const nodes = [await start(prefix), await start(prefix), await start(prefix)] as const;
    const [writing, reading] = nodes;
    const writer = new StockClient(writing.url, ID);
    const reader = new StockClient(reading.url, ID);
    const client = await SynclineClient.connect(reading.url);
    onTestFinished(() => {
      writer.destroy();
      reader.destroy();
      client.destroy();
    });
    await Promise.all([writer.synced(), reader.synced()]);
    const session = await (await client.attach(ID)).synced();
    writer.text.insert(0, 'hello');
    await Promise.all([reader.hasContent('hello'), session.hasContent('hello')]);

    const sent = async (task: () => Promise<unknown>) => {
      const before = nodes.map(({ bytes }) => bytes());
      await task();
      return nodes.map(({ bytes }, index) => bytes() - (before[index] as number));
    };
    const headsReads = () => Promise.all(nodes.map(({ metric }) => metric('heads_reads_total')));
    await sleep(SETTLE_MS);
    const readsBefore = await headsReads();
    expect(await sent(() => sleep(WINDOW_MS))).toEqual([0, 0, 0]);

    const ticks = await writing.metric('ticks_total');
    const edit = async () => {
      for (let count = 0; count < EDITS; count++) {
        writer.text.insert(writer.text.length, 'x');
        await sleep(EDIT_MS);
      }
      await Promise.all([reader.hasContent(writer.content), session.hasContent(writer.content)]);
    };
    const [byWriter, byReader, byIdle] = await sent(edit);
    expect([byReader, byIdle]).toEqual([0, 0]);
    expect(byWriter).toBeGreaterThan(EDITS);
    const commits = (await writing.metric('ticks_total')) - ticks;
    expect(commits).toBeGreaterThan(0);
    expect(commits).toBeLessThanOrEqual(EDITS);
    expect(await headsReads()).toEqual(readsBefore);

    // Who is there is told by the bus alone, and so is who leaves.
    reader.provider.awareness.setLocalStateField('name', 'ada');
    const states = () => writer.provider.awareness.getStates();
    expect(
      await sent(() => until('she is seen', () => states().has(reader.doc.clientID))),
    ).toMatchObject({ 1: 0, 2: 0 });
  });
});
