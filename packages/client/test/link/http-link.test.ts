import type { ServerResponse } from 'node:http';
import { encodeBody, encodeServerMessage } from '@syncline/protocol';
import { readFresh, sleep, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { HTTP_KINDS, Peer, PING } from './peer.ts';
import { Proxy } from './proxy.ts';
import { startScript } from './scripted-server.ts';
import { startTestServer } from './server.ts';

const BINARY = { 'content-type': 'application/octet-stream' };
const PONG = encodeServerMessage({ type: 'pong' });

function refuse(status: number, code: string, retryAfter = '') {
  return (response: ServerResponse): void => {
    response.writeHead(status, { 'retry-after': retryAfter, 'content-type': 'application/json' });
    response.end(JSON.stringify({ code, message: 'refused' }));
  };
}

/** Sends one update for each letter, when the one before it is acknowledged. */
async function type(peer: Peer, text: string): Promise<void> {
  const doc = new Y.Doc();
  let number = 0;
  doc.on('update', (update: Uint8Array) =>
    peer.link.send({ type: 'update', channel: 1, number: ++number, update }),
  );
  for (const [at, letter] of text.split('').entries()) {
    doc.getText('text').insert(at, letter);
    await until('it is acknowledged', () => peer.all('ack').at(-1)?.through === number);
  }
}

describe.each(HTTP_KINDS)('%s', (kind) => {
  it.each([
    ['whose answer is lost', 'lose-answer'],
    ['that a proxy refuses', (response: ServerResponse) => response.writeHead(502).end('<html>')],
    ['that is refused as too many', refuse(429, 'rate-limited', '0')],
    [
      'that something else answers',
      (response: ServerResponse) => response.writeHead(200, BINARY).end(),
    ],
  ] as const)('P3 a request %s is made again, and counts once', async (_, fate) => {
    const { url } = await startTestServer();
    const proxy = await Proxy.start(url);
    const peer = await Peer.attached(kind, proxy.url, 'notes');
    const failed = new Set<string>();
    proxy.fateOf = ({ method, url = '' }) => {
      const isFirst = method === 'POST' && failed.size < 3 && !failed.has(url);
      if (isFirst) failed.add(url);
      return isFirst ? fate : 'pass';
    };
    await type(peer, 'abcdef');
    expect(failed.size).toBe(3);
    for (const path of failed) {
      expect(proxy.requests.filter((request) => request === `POST ${path}`)).toHaveLength(2);
    }
    const numbers = proxy.requests.flatMap((request) => /n=(\d+)/.exec(request)?.[1] ?? []);
    const distinct = [...new Set(numbers)].map(Number);
    expect(distinct).toEqual(distinct.map((_, at) => at + 1));
    expect(numbers).toHaveLength(distinct.length + 3);
    expect(await readFresh(url.replace('http', 'ws'), 'notes')).toBe('abcdef');
    expect(peer.ends).toEqual([]);
  });

  it('P3 one request is under way at a time', async () => {
    const { url } = await startTestServer();
    const proxy = await Proxy.start(url);
    const peer = await Peer.attached(kind, proxy.url, 'notes');
    const before = proxy.requests.length;
    let release: (() => void) | undefined;
    proxy.fateOf = ({ method }) => {
      if (method !== 'POST' || release !== undefined) return 'pass';
      return (response) => {
        release = () => response.writeHead(502).end();
      };
    };
    peer.link.send(PING);
    await until('it is under way', () => release !== undefined);
    for (let count = 0; count < 20; count++) peer.link.send(PING);
    await sleep(50);
    const posts = () =>
      proxy.requests.slice(before).filter((request) => request.startsWith('POST'));
    expect(posts()).toHaveLength(1);
    release?.();
    await until('all has gone', () => peer.link.bufferedBytes === 0);
    // The first one twice, and all others together.
    expect(posts()).toHaveLength(3);
  });

  it.each([
    [404, 'connection-unknown'],
    [413, 'body-too-large'],
    [503, 'server-stopping'],
  ])('P9 %i %s is told, and is no reason to try again', async (status, code) => {
    const { url } = await startTestServer();
    const proxy = await Proxy.start(url);
    const peer = await Peer.attached(kind, proxy.url, 'notes');
    const before = proxy.requests.length;
    proxy.fateOf = ({ method }) => (method === 'POST' ? refuse(status, code, '3') : 'pass');
    peer.link.send(PING);
    expect(await peer.ended()).toEqual({ message: 'refused', code, retryAfterMs: 3_000 });
    const posts = proxy.requests.slice(before).filter((request) => request.startsWith('POST'));
    expect(posts).toHaveLength(1);
  });

  it('P9 who is asked to wait for long comes back with another connection', async () => {
    const { url } = await startTestServer();
    const proxy = await Proxy.start(url);
    const peer = await Peer.attached(kind, proxy.url, 'notes');
    proxy.fateOf = ({ method }) => (method === 'POST' ? refuse(429, 'rate-limited', '60') : 'pass');
    peer.link.send(PING);
    const end = await peer.ended(3_000);
    expect(end).toEqual({ message: 'refused', code: 'rate-limited', retryAfterMs: 60_000 });
  });

  it('an open without an answer is not made again', async () => {
    const { url } = await startTestServer();
    const proxy = await Proxy.start(url);
    proxy.fateOf = () => 'lose-answer';
    const peer = new Peer(kind, proxy.url);
    await peer.ended();
    expect(proxy.requests).toEqual(['POST /v1/sync']);
  });

  it('a page that a portal answers with is no broken server', async () => {
    const { url } = await startTestServer();
    const proxy = await Proxy.start(url);
    proxy.fateOf = () => (response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Please sign in</h1>');
    const peer = new Peer(kind, proxy.url);
    expect(await peer.ended()).toEqual({ message: 'what answers is no Syncline server' });
  });

  it.each([
    ['an empty message', [0]],
    ['a message that is not whole', [1, 2, 5, 1]],
  ])('P1 a body with %s breaks it off', async (name, bytes) => {
    const isCut = name.includes('whole');
    const body = Uint8Array.from([...encodeBody([PONG]), ...bytes]);
    const proxy = await Proxy.start(await startScript({ body }));
    const peer = await Peer.welcomed(kind, proxy.url);
    if (isCut && kind === 'http-stream') {
      // The rest may come.
      await until('the first ones came', () => peer.all('pong').length === 2);
      expect(peer.ends).toEqual([]);
    } else {
      expect(await peer.ended()).toMatchObject({ code: 'malformed-frame' });
      await until('it is broken off', () => proxy.underWay === 0);
    }
  });

  it('L2 each piece of an answer is a sign of life', async () => {
    const { url } = await startTestServer();
    const proxy = await Proxy.start(url);
    let down: ServerResponse | undefined;
    proxy.fateOf = ({ method }) => {
      if (method !== 'GET') return 'pass';
      return (response) => {
        down = response.writeHead(200, { ...BINARY, 'syncline-next': '1' });
        down.flushHeaders();
      };
    };
    const peer = await Peer.welcomed(kind, proxy.url);
    await until('the answer begins', () => down !== undefined);
    await sleep(50); // for the answer to a ping
    const before = peer.signs;
    for (const [at, byte] of [200, 1, 3, 1, 5].entries()) {
      down?.write(Uint8Array.of(byte));
      await until('it is a sign', () => peer.signs > before + at);
    }
    expect(peer.messages.map(({ type }) => type)).toEqual(['welcome']);
    expect(peer.ends).toEqual([]);
  });

  it('P1 no body is larger than two fragments', async () => {
    const proxy = await Proxy.start(await startScript({}));
    const lengths: number[] = [];
    proxy.fateOf = ({ url = '', headers }) => {
      if (url.includes('?n=')) lengths.push(Number(headers['content-length']));
      return 'pass';
    };
    const peer = await Peer.welcomed(kind, proxy.url);
    const payload = new Uint8Array(10_000);
    peer.link.send({ type: 'broadcast', channel: 1, id: 0, toSelf: false, topic: '', payload });
    for (let count = 0; count < 5_000; count++) peer.link.send(PING);
    await until('all has gone', () => peer.link.bufferedBytes === 0);
    expect(lengths.reduce((sum, length) => sum + length)).toBeGreaterThan(20_000);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(2 * 1_024);
  });

  it('P7 close tells the server, after what was sent', async () => {
    const { url } = await startTestServer();
    const proxy = await Proxy.start(url);
    const peer = await Peer.attached(kind, proxy.url, 'notes');
    const before = proxy.requests.length;
    peer.link.send(PING);
    peer.link.close();
    await until('the server is told', () => proxy.requests.at(-1)?.startsWith('DELETE') ?? false);
    const methods = proxy.requests.slice(before).map((request) => request.split(' ')[0]);
    expect(methods.filter((method) => method !== 'GET')).toEqual(['POST', 'DELETE']);
    await until('nothing is under way', () => proxy.underWay === 0);
    expect(proxy.answers).toContain('DELETE 204');
  });

  it('closed while it opens it tells the server too', async () => {
    const { url } = await startTestServer();
    const proxy = await Proxy.start(url);
    proxy.fateOf = () => {
      peer.link.close();
      return 'pass';
    };
    const peer = new Peer(kind, proxy.url);
    await until('the server is told', () => proxy.requests.length > 1);
    expect(proxy.requests[1]).toMatch(/^DELETE /);
    expect([peer.messages, peer.ends]).toEqual([[], []]);
  });
});

describe('http-stream', () => {
  it('P3 without any answer, time after time, it ends', async () => {
    const { url } = await startTestServer();
    const proxy = await Proxy.start(url);
    const peer = await Peer.attached('http-stream', proxy.url, 'notes');
    proxy.fateOf = ({ method }) => (method === 'POST' ? 'lose-answer' : 'pass');
    peer.link.send(PING);
    await peer.ended();
    expect(peer.ends[0]?.code).toBeUndefined();
    expect(peer.ends).toHaveLength(1);
  });

  it('P4 the end of the stream is that of the connection', async () => {
    const { url } = await startTestServer();
    const proxy = await Proxy.start(url);
    proxy.fateOf = ({ method }) =>
      method === 'GET' ? (response) => response.writeHead(200, BINARY).end() : 'pass';
    const peer = await Peer.welcomed('http-stream', proxy.url);
    expect(await peer.ended()).toEqual({ message: 'the stream ended' });
  });
});

describe('http-poll', () => {
  it('P5 a poll whose answer is lost brings the same again, and nothing twice', async () => {
    const { url } = await startTestServer();
    const proxy = await Proxy.start(url);
    const lost = new Set<string>();
    proxy.fateOf = ({ method, url = '' }) => {
      const isFirst = method === 'GET' && lost.size < 3 && !lost.has(url);
      if (isFirst) lost.add(url);
      return isFirst ? 'lose-answer' : 'pass';
    };
    const peer = await Peer.attached('http-poll', proxy.url, 'notes');
    await type(peer, 'abcdef');
    expect(lost.size).toBe(3);
    for (const path of lost)
      expect(proxy.requests.filter((it) => it === `GET ${path}`)).toHaveLength(2);
    for (const name of ['welcome', 'attached', 'synced', 'epoch'] as const) {
      expect(peer.all(name)).toHaveLength(1);
    }
    const throughs = peer.all('ack').map(({ through }) => through);
    expect(throughs).toEqual([...new Set(throughs)].toSorted((a, b) => a - b));
  });

  it('what a poll brought without its number is not guessed', async () => {
    const { url } = await startTestServer();
    const proxy = await Proxy.start(url);
    proxy.fateOf = ({ method }) =>
      method === 'GET' ? (response) => response.writeHead(200, BINARY).end() : 'pass';
    const peer = await Peer.welcomed('http-poll', proxy.url);
    expect((await peer.ended()).message).toContain('syncline-next');
  });
});
