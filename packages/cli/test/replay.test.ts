import { type Backend, loadTrace, readFresh, ServerProcess, until } from '@syncline/testing';
import { makeBackend } from '@syncline/testing/services';
import { afterEach, beforeEach, expect, it } from 'vitest';
import * as Y from 'yjs';
import { replay } from './replay.ts';

let backend: Backend;
let server: ServerProcess;

beforeEach(async () => {
  backend = await makeBackend();
  server = new ServerProcess(backend);
  await server.start();
});
afterEach(async () => {
  await server.kill('SIGKILL');
  await backend.remove();
});

it('nothing is lost when three clients type a session through cuts and kills', async () => {
  const trace = loadTrace('sveltecomponent');
  let kills = 0;
  const cuts = new Map<unknown, number>();
  const clients = await replay(server, trace, {
    documentId: 'session/ö 1',
    clients: 3,
    turn: 300,
    onTurn: async (turn, typist) => {
      if (turn % 4 === 1) {
        // Cut while typing: the client types on without a server, and comes back.
        setImmediate(() => typist.cut());
        cuts.set(typist, (cuts.get(typist) ?? 0) + 1);
      }
      if (turn % 13 === 7) {
        kills++;
        const killed = server.kill('SIGKILL');
        if (turn % 2 === 0) await killed;
        void killed.then(() => server.start());
      }
    },
  });
  expect(kills).toBeGreaterThanOrEqual(3);
  expect(cuts.size).toBe(3);
  for (const count of cuts.values()) expect(count).toBeGreaterThanOrEqual(3);
  for (const client of clients) expect(client.content).toBe(trace.endContent);
  const encoding = Y.encodeStateAsUpdate((clients[0] as (typeof clients)[0]).doc).length;
  for (const client of clients) client.destroy();

  await server.kill('SIGKILL');
  await server.start();
  expect(await readFresh(server.url, 'session/ö 1')).toBe(trace.endContent);

  const bound = 3 * encoding + 100_000;
  await until(
    'what was deleted is gone from the store',
    async () => (await backend.size()) <= bound,
    15_000,
  );
  await server.kill('SIGTERM');
  await server.start();
  expect(await readFresh(server.url, 'session/ö 1')).toBe(trace.endContent);
}, 120_000);
