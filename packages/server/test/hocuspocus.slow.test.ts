import { sleep } from '@syncline/testing';
import { expect, it } from 'vitest';
import { startServerFor } from './clients.ts';

/** Stock clients drop a socket after 30 s without a message. */
const SILENCE_MS = 80_000;

it('clients of all dialects stay connected through silence', async () => {
  const { hocuspocus, yWebsocket, syncline } = await startServerFor();
  const ada = hocuspocus('a', { version: 3 });
  const bob = hocuspocus('b', { version: 4 });
  const stock = [yWebsocket('c', { version: 2 }), yWebsocket('d', { version: 3 })];
  for (const { provider } of [ada, bob, ...stock]) {
    // Its renewals each 15 s would be messages.
    provider.awareness?.setLocalState(null);
  }
  const clients = [];
  for (const transport of ['websocket', 'http-stream', 'http-poll'] as const) {
    const client = await syncline({ transport });
    await client.attach(transport);
    clients.push(client);
  }
  await Promise.all([ada, bob, ...stock].map((client) => client.synced()));
  await sleep(SILENCE_MS);
  expect([ada, bob].map(({ socket }) => socket.closeCodes)).toEqual([[], []]);
  expect(stock.map(({ closeCodes }) => closeCodes)).toEqual([[], []]);
  expect(clients.map(({ ended }) => ended)).toEqual([undefined, undefined, undefined]);
  for (const client of [ada, bob]) {
    client.text.insert(0, 'hello');
    await client.saved();
  }
});
