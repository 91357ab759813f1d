import { encodeFragment, encodeServerMessage, fragmentsOf } from '@syncline/protocol';
import { readFresh, sleep, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { KINDS, Peer, PING } from './peer.ts';
import { Proxy } from './proxy.ts';
import { startScript } from './scripted-server.ts';
import { startTestServer } from './server.ts';

/** One update each for the letters of a text. */
function updatesOf(text: string): Uint8Array[] {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  for (const [at, letter] of text.split('').entries()) doc.getText('text').insert(at, letter);
  return updates;
}

function updateOf(text: string): Uint8Array {
  const doc = new Y.Doc();
  doc.getText('text').insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

const LARGE = 'a line of a document, '.repeat(140_000);

describe.each(KINDS)('%s', (kind) => {
  it('brings hello up and welcome down', async () => {
    const { url } = await startTestServer();
    const peer = await Peer.welcomed(kind, url);
    expect(peer.link.kind).toBe(kind);
    expect(peer.opened).toBe(1);
    expect(peer.signs).toBeGreaterThan(0);
    expect((await peer.message('welcome')).version).toBe(1);
  });

  it('opens below the base of the URL', async () => {
    const { url } = await startTestServer({ basePath: '/some/base' });
    expect(url).toMatch(/\d\/some\/base$/);
    await Peer.welcomed(kind, url);
  });

  it('a session is answered in order', async () => {
    const { url } = await startTestServer();
    const peer = await Peer.attached(kind, url, 'notes');
    peer.link.send({ type: 'update', channel: 1, number: 1, update: updateOf('hi') });
    expect(await peer.message('ack')).toMatchObject({ through: 1, seq: 1 });
    const types = peer.messages.map(({ type }) => type).filter((type) => type !== 'pong');
    expect(types.slice(0, 3)).toEqual(['welcome', 'attached', 'synced']);
    expect(types).toContain('epoch');
    await until('all has gone', () => peer.link.bufferedBytes === 0);
  });

  it('F1 3 MB go up and down in fragments', async () => {
    const { url } = await startTestServer();
    const [writer, reader] = [
      await Peer.attached(kind, url, 'notes'),
      await Peer.attached(kind, url, 'notes'),
    ];
    const update = updateOf(LARGE);
    expect(update.length).toBeGreaterThan(3_000_000);
    writer.link.send({ type: 'update', channel: 1, number: 1, update });
    writer.link.send(PING);
    await until('it was brought', () => reader.all('entries').length > 0);
    const copy = new Y.Doc();
    for (const entries of reader.all('entries')) Y.applyUpdate(copy, entries.update);
    expect(copy.getText('text').toString()).toBe(LARGE);
    await writer.message('ack');
    await writer.message('pong');
    // Each fragment is a sign of life, though only the last makes a message.
    expect(reader.signs).toBeGreaterThan(3);
  });

  it('F2 other messages come between fragments', async () => {
    const broadcast = {
      type: 'broadcast',
      channel: 1,
      number: 1,
      userId: '',
      topic: 'large',
      payload: new Uint8Array(3_000).fill(7),
    } as const;
    const [first, ...rest] = fragmentsOf(encodeServerMessage(broadcast), 1_024);
    const between = encodeServerMessage({ type: 'token-expiring', inMs: 1 });
    const frames = [first as Uint8Array, between, ...rest];
    const peer = await Peer.welcomed(kind, await startScript({ frames }));
    expect(await peer.message('broadcast')).toEqual(broadcast);
    expect(peer.messages.map(({ type }) => type)).toEqual([
      'welcome',
      'token-expiring',
      'broadcast',
    ]);
  });

  it('500 updates arrive in their order, and are acknowledged in it', async () => {
    const { url } = await startTestServer();
    const peer = await Peer.attached(kind, url, 'notes');
    const text = Array.from({ length: 500 }, (_, at) => String(at % 10)).join('');
    for (const [at, update] of updatesOf(text).entries()) {
      peer.link.send({ type: 'update', channel: 1, number: at + 1, update });
      // In several turns, so that some wait while others are under way.
      if (at % 50 === 0) await sleep(1);
    }
    await until('all are acknowledged', () => peer.all('ack').at(-1)?.through === 500);
    const throughs = peer.all('ack').map(({ through }) => through);
    expect(throughs).toEqual(throughs.toSorted((a, b) => a - b));
    expect(await readFresh(url.replace('http', 'ws'), 'notes')).toBe(text);
  });

  it('X2 the goodbye of a server that stops comes, and then one end', async () => {
    const server = await startTestServer();
    const peer = await Peer.attached(kind, server.url, 'notes');
    await sleep(100); // a server that stops does not wait for the next poll
    await server.close();
    await peer.ended();
    expect(peer.messages.at(-1)).toMatchObject({ type: 'goodbye', code: 'server-stopping' });
    await sleep(50);
    expect(peer.ends.length).toBe(1);
  });

  it('X2 a goodbye is the end, and what follows is ignored', async () => {
    const goodbye = {
      type: 'goodbye',
      code: 'internal',
      message: 'a fault',
      retry: true,
      retryAfterMs: 7,
    } as const;
    const frames = [encodeServerMessage(goodbye), encodeServerMessage({ type: 'pong' })];
    const peer = await Peer.welcomed(kind, await startScript({ frames }));
    expect(await peer.ended()).toEqual({ message: 'the server ended it: a fault' });
    expect(peer.messages.slice(1)).toEqual([goodbye]);
  });

  it('a refusal by goodbye comes as a message', async () => {
    const { url } = await startTestServer({ schema: { min: 2, max: 3 } });
    const peer = new Peer(kind, url);
    await peer.ended();
    expect(peer.messages).toMatchObject([{ type: 'goodbye', code: 'schema-unsupported' }]);
    expect(peer.ends).toHaveLength(1);
  });

  it('a network that breaks off is one end', async () => {
    const { url } = await startTestServer();
    const proxy = await Proxy.start(url);
    const peer = await Peer.attached(kind, proxy.url, 'notes');
    proxy.cut();
    expect(await peer.ended()).toMatchObject({ message: expect.any(String) });
    peer.link.send(PING); // dropped
    await sleep(50);
    expect(peer.ends).toHaveLength(1);
    expect(peer.ends[0]?.code).toBeUndefined();
  });

  it('where nobody listens it ends', async () => {
    const peer = new Peer(kind, 'http://127.0.0.1:1');
    await peer.ended();
    await sleep(20);
    expect([peer.opened <= 1, peer.ends.length]).toEqual([true, 1]);
  });

  it('after close the listener hears nothing, and what was sent arrives', async () => {
    const { url } = await startTestServer();
    const peer = await Peer.attached(kind, url, 'notes');
    peer.link.send({ type: 'update', channel: 1, number: 1, update: updateOf(LARGE) });
    const heard = [peer.messages.length, peer.signs];
    peer.link.close();
    peer.link.close();
    peer.link.send(PING); // dropped
    await until('it is there', async () => {
      return (await readFresh(url.replace('http', 'ws'), 'notes')) === LARGE;
    });
    expect([peer.messages.length, peer.signs]).toEqual(heard);
    expect(peer.ends).toEqual([]);
  });

  it('after close the server knows at once that the client is gone', async () => {
    const { url } = await startTestServer({ limits: { connectionsPerAddress: 1 } });
    const peer = await Peer.welcomed(kind, url);
    peer.link.close();
    await until(
      'there is room again',
      async () => {
        const other = new Peer(kind, url);
        await until('an answer', () => other.messages.length + other.ends.length > 0);
        return other.messages.length > 0;
      },
      3_000,
    );
  });

  it('closed before it was open it says nothing', async () => {
    const { url } = await startTestServer();
    const peer = new Peer(kind, url);
    peer.link.close();
    await sleep(100);
    expect([peer.opened, peer.signs, peer.messages, peer.ends]).toEqual([0, 0, [], []]);
  });

  it.each([
    ['of an unknown type', [99]],
    ['of a client', [17, 0]],
    ['too short', [64, 1]],
    ['with bytes behind its end', [2, 0]],
    ['an empty fragment', [3, 1, 0]],
    ['a fragment of fragments', encodeFragment({ last: true, part: Uint8Array.of(3, 1, 1, 2) })],
  ])('X1 a message %s breaks it off', async (_, bytes) => {
    const pong = encodeServerMessage({ type: 'pong' });
    const url = await startScript({ frames: [pong, Uint8Array.from(bytes), pong] });
    const peer = await Peer.welcomed(kind, url);
    expect(await peer.ended()).toMatchObject({ code: 'malformed-frame' });
    // What came before it was taken, and nothing after it.
    expect(peer.messages.map(({ type }) => type)).toEqual(['welcome', 'pong']);
    await sleep(20);
    expect(peer.ends).toHaveLength(1);
  });

  it('a page of a foreign origin is refused with the code', async () => {
    const { url } = await startTestServer();
    const proxy = await Proxy.start(url, { origin: 'https://evil.example' });
    const peer = new Peer(kind, proxy.url);
    expect(await peer.ended()).toMatchObject({ code: 'origin-refused' });
    expect(peer.ends[0]?.message).toContain('evil.example');
  });

  it('too many connections are refused with the code', async () => {
    const { url } = await startTestServer({ limits: { connectionsPerAddress: 1 } });
    await Peer.welcomed(kind, url);
    const refused = new Peer(kind, url);
    const end = await refused.ended();
    expect(end.code).toBe('too-many-connections');
    expect(end.retryAfterMs).toBe(kind === 'web-socket' ? 0 : 1_000);
  });
});
