import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import {
  decodeHocuspocus,
  decodeYWebsocket,
  encodeHocuspocus,
  encodePermissionDenied,
  encodeSyncStep2,
} from '@syncline/protocol';
import { afterEach, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import * as Y from 'yjs';
import { HocuspocusClient, HocuspocusSocket, StockClient, until } from '../src/index.ts';

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanUp.splice(0).toReversed()) clean();
});

const doc = new Y.Doc();
doc.getText('text').insert(0, 'hello');
const state = Y.encodeStateAsUpdate(doc);

async function serve(onFrame: (frame: Uint8Array, socket: WebSocket, path: string) => void) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await once(server, 'listening');
  cleanUp.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  server.on('connection', (socket, request) => {
    socket.on('message', (data: Buffer) =>
      onFrame(new Uint8Array(data), socket, request.url ?? ''),
    );
  });
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

it.each([2, 3] as const)(
  'y-websocket %i syncs, and comes back when it was cut off',
  async (version) => {
    const paths: string[] = [];
    const { url } = await serve((frame, socket, path) => {
      if (decodeYWebsocket(frame).type !== 'sync-step-1') return;
      paths.push(path);
      socket.send(encodePermissionDenied('read-only'));
      socket.send(encodeSyncStep2(state));
    });
    const client = new StockClient(url, 'a/b', { version, params: { token: 't' } });
    cleanUp.push(() => client.destroy());
    await client.synced();
    await client.hasContent('hello');
    expect(client.denials).toEqual(['read-only']);
    client.cut();
    await until('it comes back', () => paths.length === 2);
    expect(paths[0]).toBe('/a%2Fb?token=t');
    expect(client.closeCodes).toEqual([1006]);
  },
);

/** Knows the token `good`. */
function serveHocuspocus() {
  return serve((bytes, socket) => {
    const frame = decodeHocuspocus(bytes);
    if (!('key' in frame)) return;
    const say = (message: Parameters<typeof encodeHocuspocus>[1]) =>
      socket.send(encodeHocuspocus(frame.key, message));
    if (frame.type === 'auth' && frame.token === 'good') {
      say({ type: 'authenticated', scope: 'read-write' });
    } else if (frame.type === 'auth') say({ type: 'permission-denied', reason: 'bad' });
    if (frame.type === 'sync-step-1') say({ type: 'sync-step-2', update: state });
    if (frame.type === 'update') say({ type: 'sync-status', applied: true });
    if (frame.type === 'stateless') {
      say({ type: 'stateless', payload: frame.payload });
      say({ type: 'close', reason: 'over' });
    }
  });
}

it.each([3, 4] as const)('Hocuspocus %i tells what happened to it', async (version) => {
  const { url } = await serveHocuspocus();
  const client = new HocuspocusClient(url, 'd', { version, token: async () => 'good' });
  cleanUp.push(() => client.destroy());
  await client.synced();
  await client.hasContent('hello');
  expect(client.authenticated).toEqual(['read-write']);
  client.text.insert(0, 'x');
  expect(client.unsyncedChanges).toBe(2);
  await until('the update is saved', () => client.unsyncedChanges === 1);
  client.provider.sendStateless('hi');
  await until('the document is closed', () => client.closes.length === 1);
  expect(client.stateless).toEqual(['hi']);
  expect(client.closes).toEqual([{ code: 1000, reason: 'over' }]);
});

it.each([3, 4] as const)('Hocuspocus %i has several documents on a socket', async (version) => {
  const { url, server } = await serveHocuspocus();
  const socket = new HocuspocusSocket(url, version);
  const clients = [
    new HocuspocusClient(socket, 'a', { token: 'good', sessionAwareness: version === 4 }),
    new HocuspocusClient(socket, version === 4 ? 'a' : 'b', {
      token: 'good',
      sessionAwareness: version === 4,
    }),
    new HocuspocusClient(socket, 'c', { token: 'wrong' }),
  ] as const;
  cleanUp.push(() => {
    for (const client of clients) client.destroy();
    socket.destroy();
  });
  await Promise.all(clients.map((client) => client.synced()));
  expect(server.clients.size).toBe(1);
  expect(clients.map((client) => client.authenticated.length)).toEqual([1, 1, 0]);
  expect(clients[2].authenticationFailed).toEqual(['bad']);
  socket.cut();
  await until('they come back', () => clients[0].authenticated.length === 2);
  expect(socket.closeCodes).toEqual([1006]);
});

it.each([3, 4] as const)(
  'Hocuspocus %i does not come back once it is destroyed',
  async (version) => {
    let connections = 0;
    const { url, server } = await serveHocuspocus();
    server.on('connection', () => connections++);
    const early = new HocuspocusClient(url, 'd', { version });
    early.destroy();
    const client = await new HocuspocusClient(url, 'd', { version, token: 'good' }).synced();
    const before = connections;
    client.socket.cut();
    await until('it notices', () => client.closes.length === 1);
    client.destroy();
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(connections).toBe(before);
  },
);
