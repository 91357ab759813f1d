import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import * as Y from 'yjs';
import { Clients } from './client.ts';
import { checkComplete, checkReaders } from './completeness.ts';
import { Deliveries, untilComplete } from './deliveries.ts';
import { IncompleteError } from './incomplete.ts';
import { documentWith, prepareTyping } from './prepared.ts';
import { yWebsocketDialect } from './y-websocket.ts';

const UPDATES = 40;
const servers: WebSocketServer[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    for (const socket of server.clients) socket.terminate();
    server.close();
  }
});

/** A server that passes on what it gets, or not: as a function of the update's number says. */
async function relay(passes: (number: number, receiver: number) => boolean) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  servers.push(server);
  const log: Uint8Array[] = [];
  const sockets: WebSocket[] = [];
  server.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('message', (data: Buffer) => {
      const message = yWebsocketDialect.decode(new Uint8Array(data));
      if (message.type === 'sync-step-1') {
        for (const update of log) socket.send(yWebsocketDialect.update('', update));
      }
      if (message.type !== 'update') return;
      log.push(message.update);
      for (const [receiver, other] of sockets.entries()) {
        if (other !== socket && passes(log.length, receiver)) other.send(data);
      }
    });
  });
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return { address: `127.0.0.1:${port}`, kind: { dialect: yWebsocketDialect } };
}

async function exchange(endpoint: Awaited<ReturnType<typeof relay>>, limitMs = 5_000) {
  const { base, writers } = prepareTyping(2, UPDATES);
  const clients = new Clients(endpoint);
  const [first, second, third] = await clients.connect(['d', 'd', 'd'], undefined, 1);
  if (!first || !second || !third) throw new Error('three clients are open');
  first.sendUpdate(base);
  const seats = [
    { client: first, ...(writers[0] && { writer: writers[0] }) },
    { client: second, ...(writers[1] && { writer: writers[1] }) },
    { client: third },
  ];
  // The first one wrote what was there before.
  first.received.push(base);
  const document = new Deliveries(seats);
  for (let update = 0; update < UPDATES; update++) {
    for (const seat of seats.slice(0, 2)) document.send(seat);
  }
  await untilComplete([document], limitMs);
  await checkComplete(clients, base, [document]);
  return document;
}

test('a server that passes on everything is complete, and each arrival is counted once', async () => {
  const document = await exchange(await relay(() => true));
  expect(document.delivered).toBe(UPDATES * 2 * 2);
});

test('a server that keeps the last updates from one client is not complete', async () => {
  const endpoint = await relay((number, receiver) => receiver !== 2 || number < UPDATES);
  await expect(exchange(endpoint, 500)).rejects.toThrow(IncompleteError);
});

test('a server that loses one update in the middle is not complete, though clocks went on', async () => {
  const endpoint = await relay((number, receiver) => receiver !== 2 || number !== 20);
  await expect(exchange(endpoint)).rejects.toThrow('a client of d has not all of it');
});

test('a reader that has less than the one before it is found', async () => {
  const endpoint = await relay(() => true);
  const { base, writers } = prepareTyping(1, 1);
  const [update] = writers[0]?.updates ?? [];
  if (update === undefined) throw new Error('a writer writes');
  const clients = new Clients(endpoint);
  const readers = await clients.connect(['d', 'd', 'd']);
  for (const reader of readers) reader.received.push(base, update);
  const expected = Y.snapshot(documentWith([base, update]));
  expect(() => checkReaders(readers, expected)).not.toThrow();
  readers[1]?.received.pop();
  expect(() => checkReaders(readers, expected)).toThrow(IncompleteError);
  for (const reader of readers) reader.received.length = 0;
  expect(() => checkReaders(readers, expected)).toThrow(IncompleteError);
});
