import {
  type HocuspocusClient,
  RedisServer,
  StockClient,
  SynclineClient,
  sleep,
  until,
} from '@syncline/testing';
import { PrivatePostgres } from '@syncline/testing/services';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';
import * as Y from 'yjs';
import { Scene, type SceneOptions } from './cluster-scene.ts';
import { People } from './people.ts';
import { mustGoOn, SOME_KINDS, Troop } from './troop.ts';
import { type ReturningClient, Writers } from './writers.ts';

const isInstalled = (await PrivatePostgres.isInstalled()) && (await RedisServer.isInstalled());
/** Does this again and again for a while. */
async function repeat(ms: number, everyMs: number, task: () => Promise<unknown>): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; ) {
    await task();
    await sleep(everyMs);
  }
}

describe.skipIf(!isInstalled)('nodes lose nothing, and are of one mind afterwards,', () => {
  let postgres: PrivatePostgres;

  beforeAll(async () => {
    postgres = await PrivatePostgres.make();
  });
  afterAll(() => postgres.remove());

  const open = async (context: TestContext, options: SceneOptions = {}) =>
    await Scene.open(context, postgres, options);

  describe('when Redis is silent or away', () => {
    it.concurrent.for([10, 20])('Redis stands still for %i s', async (seconds, context) => {
      const scene = await open(context);
      const troop = new Troop(scene);
      await scene.beWell();
      scene.redis.pause();
      await troop.mustGoOn(() => Promise.all([troop.midst(seconds * 1_000), troop.openAnew()]));
      scene.redis.resume();
      await troop.judge();
    });

    it.concurrent('Redis is killed, and back after a while', async (context) => {
      const scene = await open(context);
      const troop = new Troop(scene);
      const people = new People(context, scene.homes);
      await people.see(1);
      await scene.beWell();
      await scene.redis.kill();
      people.move(2);
      await troop.mustGoOn(() => Promise.all([troop.midst(5_000), troop.openAnew()]));
      // Without Redis clients on different nodes are slower, and no less of one mind.
      await troop.stay.converge();
      troop.stay.start();
      await scene.redis.start();
      // What is in no store is said again.
      await people.see(2);
      await troop.judge();
    });
  });

  describe('when there is no way to Redis', () => {
    it.concurrent.for(['pubsub', 'normal'])(
      'Redis ends connections of the type %s again and again',
      async (type, context) => {
        const scene = await open(context);
        const troop = new Troop(scene);
        await scene.beWell();
        let ended = 0;
        const kill = async () => {
          const answer = await scene.redis.command('CLIENT', 'KILL', 'TYPE', type);
          ended += Number(answer.slice(1));
        };
        await troop.mustGoOn(() => Promise.all([repeat(8_000, 500, kill), troop.midst(8_000)]));
        expect(ended).toBeGreaterThan(8);
        await troop.judge();
      },
    );

    it.concurrent('Redis is not there when they start', async (context) => {
      const scene = await open(context, { withoutRedis: true });
      const troop = new Troop(scene);
      await scene.beWell();
      await troop.mustGoOn(() => troop.midst(4_000));
      await troop.stay.converge();
      troop.stay.start();
      await scene.redis.start();
      await sleep(1_000);
      await troop.judge();
    });
  });

  describe('when PostgreSQL fails', () => {
    it.concurrent('PostgreSQL is killed, and started again', async (context) => {
      const own = await PrivatePostgres.make();
      context.onTestFinished(() => own.remove());
      const scene = await Scene.open(context, own);
      const troop = new Troop(scene);
      await scene.beWell();
      await own.stop('immediate');
      await sleep(200);
      const promised = troop.stay.promised.size;
      await troop.midst(4_000);
      // Nobody is told that something is durable, or shown it, that is in no database.
      expect(troop.stay.promised.size).toBe(promised);
      await own.start();
      await troop.judge();
    });

    it.concurrent('PostgreSQL ends all connections again and again', async (context) => {
      const scene = await open(context);
      const troop = new Troop(scene);
      await scene.beWell();
      let ended = 0;
      const kill = async () => {
        const rows = await scene.database.run(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid()`,
        );
        ended += rows.length;
      };
      await Promise.all([repeat(8_000, 300, kill), troop.midst(8_000)]);
      expect(ended).toBeGreaterThan(16);
      await troop.judge();
    });

    it.concurrent('connections of all nodes freeze in mid-commit, and thaw later', async (context) => {
      const own = await PrivatePostgres.make();
      context.onTestFinished(() => own.remove());
      const scene = await Scene.open(context, own, { nodes: 3 });
      const troop = new Troop(scene);
      await scene.beWell();
      for (let round = 0; round < 3; round++) {
        await troop.midst(1_000);
        const thaw = await own.freeze('syncline');
        context.onTestFinished(thaw);
        await troop.midst(8_000);
        // Statements that nobody waits for any more go through, or are ended.
        thaw();
        await troop.midst(1_000);
      }
      await troop.judge();
    });

    it.concurrent('somebody else locks the row of a document for 20 s', async (context) => {
      const scene = await open(context);
      const troop = new Troop(scene);
      await scene.beWell();
      const [url] = scene.homes as [string];
      const client = await SynclineClient.connect(url);
      context.onTestFinished(() => client.destroy());
      const session = await client.attach('another');
      const delays: number[] = [];
      const write = async () => {
        const start = performance.now();
        session.text.insert(0, 'x');
        await session.saved();
        delays.push(performance.now() - start);
      };
      const lock = scene.database.run(
        `SELECT id FROM syncline_documents WHERE id IN ('${troop.stay.documentId}', '${troop.left.documentId}')
           FOR UPDATE;
         SELECT pg_sleep(20)`,
      );
      await sleep(500);
      const promised = troop.stay.promised.size;
      await troop.mustGoOn(() => Promise.all([repeat(19_000, 100, write), troop.midst(19_000)]));
      expect(troop.stay.promised.size).toBe(promised);
      await lock;
      delays.sort((a, b) => a - b);
      expect(delays.length).toBeGreaterThan(60);
      expect(delays[delays.length >> 1]).toBeLessThan(200);
      await troop.judge();
    });
  });

  describe('when a node fails', () => {
    it.concurrent('a node is killed, and its clients move to another', async (context) => {
      const scene = await open(context, { nodes: 3 });
      const troop = new Troop(scene);
      await scene.beWell();
      const killed = scene.cluster.node(0).kill('SIGKILL');
      troop.left.leave();
      await killed;
      await sleep(3_000);
      await troop.stay.converge();
      troop.stay.start();
      await scene.cluster.restart(0);
      await sleep(1_000);
      await troop.judge();
    });

    it.concurrent('a node stands still for 30 s while it compacts', async (context) => {
      const scene = await open(context, { flags: ['--compaction', 'off'] });
      const { cluster, database, homes } = scene;
      const [first, second] = homes as [string, string];
      const troop = new Troop(scene);
      const large = scene.writers('large', homes, SOME_KINDS);
      const elsewhere = scene.writers('elsewhere', [second], SOME_KINDS);
      const client = await SynclineClient.connect(first);
      context.onTestFinished(() => client.destroy());
      const session = await client.attach('large', { doc: scattered(60_000) });
      await session.saved();
      const people = new People(context, homes);
      await people.see(1);
      await scene.beWell();

      const row = async () => {
        const rows = await database.run(
          `SELECT checkpoint, claimed_until IS NOT NULL AS claimed FROM syncline_documents
           WHERE id = 'large'`,
        );
        const { checkpoint, claimed } = rows[0] as { checkpoint: string; claimed: boolean };
        return { checkpoint: Number(checkpoint), claimed };
      };
      const compact = async (index: number) => {
        const url = `${cluster.node(index).httpUrl}/v1/documents/large/compact`;
        return (await (await fetch(url, { method: 'POST' })).json()) as { compacted: boolean };
      };
      const late = compact(0);
      await until('it has claimed the document', async () => (await row()).claimed);
      cluster.node(0).pause();
      const pausedAt = performance.now();
      await sleep(500);
      // It has not written yet: it stands still in the midst of it.
      expect(await row()).toEqual({ checkpoint: 0, claimed: true });
      // As if the claim had run out.
      await database.run(`UPDATE syncline_documents SET claimed_until = now() WHERE id = 'large'`);
      expect(await compact(1)).toMatchObject({ compacted: true });
      const { checkpoint } = await row();
      expect(checkpoint).toBeGreaterThan(0);

      await mustGoOn(elsewhere, async () => {
        await until('one is out of sight', () => !people.isFirstSeen, 25_000);
        expect(performance.now() - pausedAt).toBeGreaterThan(10_000);
        troop.left.leave();
        await sleep(30_000 - (performance.now() - pausedAt));
      });
      cluster.node(0).resume();
      expect(await late).toMatchObject({ compacted: false });
      expect(await row()).toEqual({ checkpoint, claimed: false });
      await people.see(1);
      await troop.judge(large, elsewhere);
    });

    it.concurrent('a document is deleted on one while they do not hear each other', async (context) => {
      const scene = await open(context);
      const { cluster, homes } = scene;
      const troop = new Troop(scene);
      const [, second] = homes as [string, string];
      const doomed = new Writers('doomed');
      context.onTestFinished(() => doomed.leave());
      const clients = homes.map((url) => ({
        syncline: doomed.add('syncline', url) as ReturningClient,
        yWebsocket: doomed.add('y-websocket 3', url) as StockClient,
        hocuspocus: doomed.add('hocuspocus 4', url) as HocuspocusClient,
      }));
      doomed.start();
      await scene.beWell();
      await doomed.converge();
      // Somebody who only reads is not met by the next commit.
      const other = scene.writers('doomed too', [second], ['syncline']);
      await sleep(1_000);
      await other.converge();
      const reader = await new StockClient(second, 'doomed too').synced();
      context.onTestFinished(() => reader.destroy());
      other.leave();

      await scene.redis.kill();
      doomed.start();
      for (const id of ['doomed', 'doomed%20too']) {
        const url = `${cluster.node(0).httpUrl}/v1/documents/${id}`;
        expect((await fetch(url, { method: 'DELETE' })).status).toBe(204);
      }
      await repeat(5_000, 300, async () => expect(await cluster.stored('doomed')).toBe(''));
      const areTold = () =>
        clients.every(
          ({ syncline, yWebsocket, hocuspocus }) =>
            syncline.ends.includes('document-deleted') &&
            yWebsocket.closeCodes.includes(4410) &&
            hocuspocus.authenticationFailed.length > 0,
        ) && reader.closeCodes.includes(4410);
      await scene.redis.start();
      await until('all are told', areTold);
      doomed.leave();
      for (const id of ['doomed', 'doomed too']) await cluster.mustHave(id, '');
      troop.left.leave();
      await troop.judge();
    });
  });
});

/** A document of which the text was typed here and there, so that Yjs has much to do. */
function scattered(characters: number): Y.Doc {
  const doc = new Y.Doc();
  const text = doc.getText('ballast');
  doc.transact(() => {
    for (let count = 0; count < characters; count++) {
      text.insert(Math.floor(Math.random() * (count + 1)), 'x');
    }
  });
  return doc;
}
