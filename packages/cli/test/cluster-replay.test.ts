import { loadTrace } from '@syncline/testing';
import { findPostgres, findRedis, randomPrefix, TestDatabase } from '@syncline/testing/services';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Cluster } from './cluster.ts';
import { replay } from './replay.ts';

const postgres = await findPostgres();
const redis = await findRedis();

describe.skipIf(postgres === undefined || redis === undefined)('nodes on one log', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await TestDatabase.make(postgres as string);
  });
  afterAll(() => database.drop());

  it.each([2, 3])(
    'lose nothing of a session when %i of them are killed in turn',
    async (count) => {
      const documentId = `session/ö ${count}`;
      const place = { store: database.url, bus: redis as string, prefix: randomPrefix() };
      const cluster = await Cluster.start(place, count);
      onTestFinished(() => cluster.stop());
      const random = (below: number) => Math.floor(Math.random() * below);
      const url = await cluster.balanced(random);
      const trace = loadTrace('sveltecomponent');
      let kills = 0;
      let restart: Promise<unknown> = Promise.resolve();
      const clients = await replay({ url }, trace, {
        documentId,
        clients: 4,
        turn: 600,
        onTurn: async (turn, typist) => {
          // Somebody moves to another node while it types.
          if (turn % 3 === 1) setImmediate(() => typist.cut());
          if (turn % 5 !== 2) return;
          kills++;
          // One at a time is away, so that there is always one to move to.
          await restart;
          const node = cluster.node(random(count));
          restart = node.kill('SIGKILL').then(() => node.start());
        },
      });
      expect(kills).toBeGreaterThanOrEqual(4);
      for (const client of clients) expect(client.content).toBe(trace.endContent);
      for (const client of clients) client.destroy();
      await restart;
      await cluster.mustHave(documentId, trace.endContent);

      // Nor is it there only because a node has it in memory.
      for (const node of cluster.nodes) await node.kill('SIGKILL');
      await Promise.all(cluster.nodes.map((node) => node.start()));
      await cluster.mustHave(documentId, trace.endContent);
    },
    90_000,
  );
});
