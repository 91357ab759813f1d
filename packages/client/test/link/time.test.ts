import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { HTTP_KINDS, KINDS, Peer, PING } from './peer.ts';
import { Proxy } from './proxy.ts';
import { startTestServer } from './server.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Waits without time, which stands still. */
async function turnsUntil(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error('it does not come about');
    await turns(1);
  }
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

it.each(KINDS)('%s: a server that never answers the open is given up after 10 s', async (kind) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}).resume());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const peer = new Peer(kind, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await turnsUntil(() => sockets.length === 1);
    await turns(50);
    vi.advanceTimersByTime(9_900);
    await turns(50);
    expect(peer.ends).toEqual([]);
    vi.advanceTimersByTime(200);
    await turnsUntil(() => peer.ends.length === 1);
    expect(peer.ends[0]?.message).toContain('10000 ms');
    await turnsUntil(() => sockets[0]?.destroyed ?? false);
  } finally {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
});

it('http-stream: a stream that a proxy holds back is given up after 5 s', async () => {
  const { url } = await startTestServer();
  const proxy = await Proxy.start(url);
  proxy.fateOf = ({ method }) => (method === 'GET' ? 'hold-body' : 'pass');
  const peer = new Peer('http-stream', proxy.url);
  // The answers to hello and to the ping, and the beginning of the stream.
  await turnsUntil(() => proxy.answers.length === 3);
  await turns(100);
  vi.advanceTimersByTime(4_900);
  await turns(50);
  expect(peer.ends).toEqual([]);
  vi.advanceTimersByTime(200);
  await turnsUntil(() => peer.ends.length === 1);
  expect(peer.ends).toEqual([{ message: 'a proxy holds the stream back' }]);
});

it('http-stream: a stream that dies in silence is found out, one that is only quiet lives', async () => {
  // The server's time stands still and jumps as well.
  const { url } = await startTestServer({ limits: { attachMs: 1_000_000 } });
  const proxy = await Proxy.start(url);
  const peer = new Peer('http-stream', proxy.url);
  for (let pongs = 1; pongs < 4; pongs++) {
    await turnsUntil(() => peer.all('pong').length === pongs);
    await turns(100);
    vi.advanceTimersByTime(25_100);
  }
  expect(peer.ends).toEqual([]);
  await turnsUntil(() => peer.all('pong').length === 4);
  expect(peer.link.isProven).toBe(true);
  proxy.freeze();
  vi.advanceTimersByTime(25_100);
  await turnsUntil(() => proxy.requests.length === 7);
  await turns(100);
  vi.advanceTimersByTime(5_100);
  await turnsUntil(() => peer.ends.length === 1);
  expect(peer.link.isProven).toBe(false);
  expect(peer.ends).toEqual([{ message: 'a proxy holds the stream back' }]);
});

it('http-poll: a poll that is never answered is made again after 40 s, with the same number', async () => {
  const { url } = await startTestServer();
  const proxy = await Proxy.start(url);
  let isHeld = true;
  proxy.fateOf = ({ method }) => (method === 'GET' && isHeld ? () => {} : 'pass');
  const peer = new Peer('http-poll', proxy.url);
  const polls = () => proxy.requests.filter((request) => request.startsWith('GET'));
  await turnsUntil(() => polls().length === 1);
  await turns(50);
  isHeld = false;
  vi.advanceTimersByTime(40_100);
  await turns(100);
  vi.advanceTimersByTime(300);
  await turnsUntil(() => polls().length === 2);
  expect(polls()[0]).toMatch(/after=0$/);
  expect(polls()[1]).toBe(polls()[0]);
  expect(peer.ends).toEqual([]);
});

it.each(HTTP_KINDS)(
  '%s: what does not get through is not waited for longer than 10 s after close',
  async (kind) => {
    const { url } = await startTestServer();
    const proxy = await Proxy.start(url);
    const peer = new Peer(kind, proxy.url);
    await turnsUntil(() => peer.all('welcome').length === 1);
    await turns(100);
    proxy.fateOf = ({ method }) => (method === 'POST' ? () => {} : 'pass');
    peer.link.send(PING);
    peer.link.close();
    const told = () => proxy.requests.some((request) => request.startsWith('DELETE'));
    await turns(100);
    vi.advanceTimersByTime(9_900);
    await turns(100);
    expect(told()).toBe(false);
    vi.advanceTimersByTime(200);
    await turnsUntil(told);
    expect(peer.ends).toEqual([]);
  },
);
