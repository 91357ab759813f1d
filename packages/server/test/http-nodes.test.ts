import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { MemoryBus, type MemoryHub } from '@syncline/bus';
import { SyncError, type SynclineClientMessage } from '@syncline/protocol';
import { StockClient, SynclineClient, sleep, until } from '@syncline/testing';
import { afterEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { startNodes } from './balanced-nodes.ts';
import { FaultyBus } from './cluster.ts';
import { ATTACH, bodyOf, codeOf, HELLO, MessageReader } from './http-by-hand.ts';

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanUp of cleanups.splice(0).toReversed()) cleanUp();
});

async function connect(url: string, transport: 'http-stream' | 'http-poll') {
  const client = await SynclineClient.connect(url, { transport });
  cleanups.push(() => client.destroy());
  return client;
}

async function stock(url: string, documentId: string) {
  const client = new StockClient(url.replace('http', 'ws'), documentId);
  cleanups.push(() => client.destroy());
  return await client.synced();
}

/** A connection by hand, and requests for it. */
async function openByHand(url: string, ...first: SynclineClientMessage[]) {
  const response = await fetch(`${url}/v1/sync`, { method: 'POST', body: bodyOf(HELLO, ...first) });
  const id = response.headers.get('syncline-connection') ?? '';
  const reader = new MessageReader();
  await reader.pushBody(response);
  return {
    id,
    post: (at: string, n: number, ...messages: SynclineClientMessage[]) =>
      fetch(`${at}/v1/sync/${id}?n=${n}`, { method: 'POST', body: bodyOf(...messages) }),
    poll: async (at: string, after: number) => {
      const answer = await fetch(`${at}/v1/sync/${id}?after=${after}`);
      const messages = answer.ok ? await reader.pushBody(answer) : [];
      return { status: answer.status, next: answer.headers.get('syncline-next'), messages };
    },
  };
}

async function metric(url: string, name: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
}

describe.each(['http-poll', 'http-stream'] as const)('a client by %s of any node', (transport) => {
  it('P3 P4 P5 has one connection, whichever node gets a request', async () => {
    const { urls, balancer } = await startNodes(2);
    const client = await connect(balancer.url, transport); // the first node has it
    const session = await client.attach('document');
    await session.synced();
    const other = await stock(urls[0], 'document');
    for (let i = 0; i < 20; i++) {
      session.text.insert(0, 'a');
      other.text.insert(0, 'b');
      await until('both have both', () => session.content === other.content);
    }
    await until('all is there', () => other.content.length === 40);
    expect(client.ended).toBeUndefined();
    for (const url of urls) expect(balancer.counts.get(url)).toBeGreaterThan(5);
    await client.close();
    expect(await metric(urls[0], 'syncline_sessions')).toBe(1);
  });

  it('P3 P5 carries large documents up and down', async () => {
    const { balancer } = await startNodes(2);
    const doc = new Y.Doc();
    const random = new Uint8Array(12_000_000).map((_, i) => (i * 7919) >> (i % 13));
    doc.getMap('map').set('large', random);
    const writer = await (await connect(balancer.url, transport)).attach('document', { doc });
    await until('it is saved', () => writer.unsaved === 0, 30_000);
    const reader = await (await connect(balancer.url, transport)).attach('document');
    await until('it has all', () => reader.doc.getMap('map').has('large'), 30_000);
    const large = reader.doc.getMap('map').get('large') as Uint8Array;
    expect(Buffer.compare(large, random)).toBe(0);
  });

  it('P3 P5 loses nothing when answers on the bus are lost', async () => {
    let asked = 0;
    /** Each only once: a node that gives no answer twice is gone. */
    const lost = new Set<string>();
    class LossyBus extends MemoryBus {
      override async ask(...args: Parameters<MemoryBus['ask']>) {
        const answer = await super.ask(...args);
        const request = Buffer.from(args[1]).toString('hex');
        if (++asked % 3 !== 0 || lost.has(request)) return answer;
        lost.add(request);
        throw new SyncError('node-unreachable', 'the answer was lost');
      }
    }
    const { urls, balancer } = await startNodes(2, { makeBus: (hub) => new LossyBus(hub) });
    const session = await (await connect(balancer.url, transport)).attach('document');
    await session.synced();
    const other = await stock(urls[0], 'document');
    for (let i = 0; i < 20; i++) {
      session.text.insert(0, 'a');
      other.text.insert(0, 'b');
      await until('both have both', () => session.content === other.content);
    }
    await until('all is there', () => other.content.length === 40);
    expect(lost.size).toBeGreaterThan(1);
    expect(session.received.filter(({ type }) => type === 'synced')).toHaveLength(1);
  });
});

describe('a request for a connection of another node', () => {
  it('P3 P5 P7 is answered as by its own', async () => {
    const { urls } = await startNodes(2);
    const { post, poll, id } = await openByHand(urls[0]);
    expect(id.split('.')[0]).not.toBe((await openByHand(urls[1])).id.split('.')[0]);
    for (const at of urls) expect((await post(at, 1, { type: 'ping' })).status).toBe(204);
    expect((await post(urls[1], 2, { type: 'ping' })).status).toBe(204);
    const lost = await poll(urls[1], 0);
    expect(await poll(urls[0], 0)).toEqual(lost);
    expect(lost).toEqual({
      status: 200,
      next: '2',
      messages: [{ type: 'pong' }, { type: 'pong' }],
    });
    const broken = await fetch(`${urls[1]}/v1/sync/${id}?n=3`, {
      method: 'POST',
      body: Uint8Array.of(9, 1),
    });
    expect(await codeOf(broken)).toBe('400 malformed-frame');
    const gone = await fetch(`${urls[1]}/v1/sync/${id}`, { method: 'DELETE' });
    expect(gone.status).toBe(204);
    expect(await codeOf(await post(urls[1], 3, { type: 'ping' }))).toBe('404 connection-unknown');
    expect(await metric(urls[0], 'syncline_connections')).toBe(0);
  });

  it('P5 a newer poll, at any node, ends an older one', async () => {
    const { urls } = await startNodes(2);
    const { poll, post } = await openByHand(urls[0]);
    const none = { status: 200, next: '0', messages: [] };
    const remote = poll(urls[1], 0);
    await sleep(100);
    const local = poll(urls[0], 0);
    expect(await remote).toEqual(none);
    await sleep(100);
    const newest = poll(urls[1], 0);
    expect(await local).toEqual(none);
    await post(urls[0], 1, { type: 'ping' });
    expect((await newest).messages).toEqual([{ type: 'pong' }]);
  });

  it('P3 waits for as long as the connection is not read', async () => {
    const { urls } = await startNodes(2, { limits: { bytesPerSecond: 10_000 } });
    const { post, poll } = await openByHand(urls[0], ATTACH);
    const before = await poll(urls[1], 0);
    const token: SynclineClientMessage = { type: 'token', token: 'x'.repeat(60_000) };
    expect((await post(urls[1], 1, token, token)).status).toBe(204);
    const start = performance.now();
    expect((await post(urls[1], 2, { type: 'ping' })).status).toBe(204);
    // Longer than a node takes to answer another: it was asked again.
    expect(performance.now() - start).toBeGreaterThan(5_000);
    const { messages } = await poll(urls[1], Number(before.next));
    expect(messages.at(-1)).toEqual({ type: 'pong' });
  });

  it('P9 is refused when no node has it, before much is sent on the bus', async () => {
    let largest = 0;
    class CountingBus extends MemoryBus {
      override async ask(...args: Parameters<MemoryBus['ask']>) {
        largest = Math.max(largest, args[1].length);
        return await super.ask(...args);
      }
    }
    const { urls } = await startNodes(2, { makeBus: (hub) => new CountingBus(hub) });
    const { id } = await openByHand(urls[0]);
    const [node, secret = ''] = id.split('.');
    const [first = ''] = secret;
    const other = first === 'A' ? 'B' : 'A';
    const ids = [
      `${node}.${other}${secret.slice(1)}`,
      `0000000000000000.${secret}`,
      `${node}.`,
      node,
    ];
    for (const wrong of ids) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const body = method === 'POST' ? new Uint8Array(200_000).fill(1) : null;
        const response = await fetch(`${urls[1]}/v1/sync/${wrong}?n=1`, { method, body });
        expect(await codeOf(response)).toBe('404 connection-unknown');
      }
    }
    expect(largest).toBeGreaterThan(0);
    expect(largest).toBeLessThan(1_000);
  });

  it('P9 is to be made again while nobody knows which nodes there are', async () => {
    const makeBus = (hub: MemoryHub) =>
      Object.assign(new FaultyBus(new MemoryBus(hub)), { hears: false });
    const { urls } = await startNodes(1, { makeBus });
    const id = `0000000000000000.${'A'.repeat(22)}`;
    const response = await fetch(`${urls[0]}/v1/sync/${id}?after=0`);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await codeOf(response)).toBe('503 node-unreachable');
  });

  it('P4 ends when its connection does, and ends it when its reader goes', async () => {
    const { urls, servers } = await startNodes(2);
    const [left, stopped] = [await openByHand(urls[0], ATTACH), await openByHand(urls[0], ATTACH)];
    const abort = new AbortController();
    await fetch(`${urls[1]}/v1/sync/${left.id}?mode=stream`, { signal: abort.signal });
    expect(await metric(urls[0], 'syncline_connections')).toBe(2);
    abort.abort();
    await until('it is gone', async () => (await metric(urls[0], 'syncline_connections')) === 1);
    const stream = await fetch(`${urls[1]}/v1/sync/${stopped.id}?mode=stream`);
    await sleep(100);
    await servers[0]?.close();
    expect((await new MessageReader().pushBody(stream)).at(-1)).toMatchObject({
      type: 'goodbye',
      code: 'server-stopping',
    });
    expect((await stopped.poll(urls[1], 0)).status).toBe(404);
  });

  it('P4 whose reader is slow is left behind, and catches up in one piece', async () => {
    const { urls } = await startNodes(2, { budgetBytes: 200_000 });
    const { id } = await openByHand(urls[0], ATTACH);
    const request = httpRequest(`${urls[1]}/v1/sync/${id}?mode=stream`);
    request.on('error', () => {});
    request.end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    await sleep(100);
    response.pause();
    const [ada, bob] = [await stock(urls[0], 'document'), await stock(urls[0], 'document')];
    const value = 'x'.repeat(60_000);
    for (let i = 0; i < 200; i++) {
      ada.doc.getMap('map').set('key', value + i);
      await until('the other has it', () => bob.doc.getMap('map').get('key') === value + i);
    }
    const doc = new Y.Doc();
    const reader = new MessageReader();
    let bytes = 0;
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      for (const message of reader.push(chunk)) {
        if (message.type === 'entries') Y.applyUpdate(doc, message.update);
      }
    });
    response.resume();
    await until('it has caught up', () => doc.getMap('map').get('key') === `${value}199`);
    // Some of it was in the buffers of the two sockets before the reader was found to be slow.
    expect(bytes).toBeLessThan(11_000_000);
    expect(await metric(urls[0], 'syncline_sessions_left_behind_total')).toBeGreaterThan(0);
    request.destroy();
  });
});
