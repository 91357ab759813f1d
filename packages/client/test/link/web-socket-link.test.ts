import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '@syncline/testing';
import { expect, it } from 'vitest';
import { Peer } from './peer.ts';
import { startScript } from './scripted-server.ts';

it('H1 a server that does not confirm the subprotocol does not speak it', async () => {
  const peer = new Peer('web-socket', await startScript({ speaks: false }));
  expect((await peer.ended()).message).toContain('subprotocol');
  expect(peer.opened).toBe(0);
});

it('X1 a text frame breaks it off', async () => {
  const url = await startScript({ onWebSocket: (socket) => socket.send('hello') });
  const peer = await Peer.welcomed('web-socket', url);
  expect(await peer.ended()).toEqual({ code: 'malformed-frame', message: 'a text frame came' });
});

it('the code and the reason of a close are told', async () => {
  const url = await startScript({ onWebSocket: (socket) => socket.close(4429, 'too many') });
  const peer = await Peer.welcomed('web-socket', url);
  expect(await peer.ended()).toEqual({ message: 'the WebSocket was closed: 4429 too many' });
});

it('a socket that breaks off without a word is told', async () => {
  const url = await startScript({ onWebSocket: (socket) => socket.terminate() });
  const peer = await Peer.welcomed('web-socket', url);
  expect((await peer.ended()).message).toContain('1006');
});

it('what the network does not take yet is counted', async () => {
  const url = await startScript({ onWebSocket: (socket) => socket.pause() });
  const peer = await Peer.welcomed('web-socket', url);
  const payload = new Uint8Array(16 * 1024 * 1024);
  peer.link.setFragmentBytes(1024 * 1024);
  peer.link.send({ type: 'broadcast', channel: 1, id: 1, toSelf: false, topic: '', payload });
  peer.link.send({ type: 'broadcast', channel: 1, id: 2, toSelf: false, topic: '', payload });
  expect(peer.link.bufferedBytes).toBeGreaterThan(1024 * 1024);
});

it.each([
  ['as JSON', '{"code":"server-stopping","message":"later"}', 'server-stopping', 'later'],
  ['in a line', 'server-stopping: later\n', 'server-stopping', 'later'],
  ['of a proxy', '<h1>Service Unavailable</h1>', undefined, 'HTTP status 503'],
  ['without end', 'x'.repeat(100_000), undefined, 'HTTP status 503'],
])('a refusal %s is told', async (_, body, code, message) => {
  const server = createServer((_request, response) => {
    response.writeHead(503, { 'retry-after': '7' }).write(body);
    if (body.length < 10_000) response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = new Peer('web-socket', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  try {
    expect(await peer.ended()).toEqual({ ...(code && { code }), message, retryAfterMs: 7_000 });
    await until('it lets go', async () => {
      return (
        (await new Promise((resolve) => server.getConnections((_e, count) => resolve(count)))) === 0
      );
    });
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
