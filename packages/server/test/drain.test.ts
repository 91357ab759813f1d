import { once } from 'node:events';
import { StockClient, SynclineClient, sleep, until } from '@syncline/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startServerFor } from './clients.ts';
import { isStored } from './dialect-client.ts';
import { HeldStore } from './held-store.ts';

const SLOWLY = { drainMs: 60_000 };

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanUp of cleanups.splice(0)) cleanUp();
});

/** So many clients, one after the other, and when each of them was told to go. */
async function crowd(url: string, count: number) {
  const closedAt: number[] = [];
  for (let i = 0; i < count; i++) {
    const client = new StockClient(url, 'crowd');
    cleanups.push(() => client.destroy());
    client.provider.on('connection-close', (event) => {
      if (event?.code === 1001) closedAt.push(performance.now());
    });
    await client.synced();
  }
  return closedAt;
}

describe('a server that drains', () => {
  it('is not ready at once, lives on, and takes no more connections', async () => {
    const { server, url, syncline } = await startServerFor(SLOWLY);
    const client = await syncline();
    const closing = server.close();
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    const refused = new WebSocket(`${url}/document`);
    refused.on('error', () => {});
    const [, response] = await once(refused, 'unexpected-response');
    expect(response.statusCode).toBe(503);
    await expect(SynclineClient.connect(url, { transport: 'http-poll' })).rejects.toThrow(
      'server-stopping',
    );
    expect(client.ended).toBeUndefined();
    await server.close({ now: true });
    await closing;
    expect(client.goodbye).toMatchObject({ code: 'server-stopping', retry: true });
  });

  it('sends its clients away one after the other', async () => {
    const { server, url } = await startServerFor({ drainMs: 2_000 });
    const closedAt = await crowd(url, 20);
    const start = performance.now();
    await server.close();
    await until('all were told', () => closedAt.length === 20);
    const times = closedAt.map((at) => at - start).toSorted((a, b) => a - b);
    // A slow machine comes late, never early.
    for (const [index, time] of times.entries()) expect(time).toBeGreaterThan(index * 100 - 20);
  });

  it('serves those as usual whose turn has not come', async () => {
    const clients = await startServerFor({ drainMs: 4_000 });
    const closedAt = await crowd(clients.url, 20);
    const ada = await (await clients.syncline()).attach('document');
    const polling = await clients.syncline({ transport: 'http-poll' });
    const bob = await polling.attach('document');
    await bob.synced();
    const closing = clients.server.close();
    await until('the first are gone', () => closedAt.length >= 3);
    ada.text.insert(0, 'during ');
    await until('the other has it', () => bob.content === 'during ');
    bob.text.insert(7, 'the drain');
    await until('so it is the other way', () => ada.content === 'during the drain');
    expect(closedAt.length).toBeLessThan(20);
    await isStored(clients.store, 'document', 'during the drain');
    await closing;
    await until('the last is told', () => polling.goodbye !== undefined);
    expect(polling.goodbye).toMatchObject({ code: 'server-stopping', retry: true });
  });

  it.each(['websocket', 'http-poll', 'http-stream'] as const)(
    'acknowledges by %s what was sent, before it says goodbye',
    async (transport) => {
      const store = new HeldStore();
      const { server, syncline } = await startServerFor({ store, drainMs: 100 });
      const client = await syncline({ transport });
      const session = await client.attach('document');
      await session.synced();
      store.hold();
      session.text.insert(0, 'sent');
      await until('the commit runs', () => store.isHolding);
      const closing = server.close();
      await sleep(300);
      expect(client.goodbye).toBeUndefined();
      store.release();
      await closing;
      await until('it was told', () => client.goodbye !== undefined);
      expect(session.unsaved).toBe(0);
    },
  );

  it('stops at once when it is told to, or when nobody is there', async () => {
    const { server, syncline } = await startServerFor(SLOWLY);
    const client = await syncline();
    const closing = server.close();
    await sleep(100);
    expect(client.ended).toBeUndefined();
    await server.close({ now: true });
    await closing;
    const lonely = await startServerFor(SLOWLY);
    await lonely.server.close();
  });
});

describe('a server that sends all away at once', () => {
  it('X3 tells them to come back at different times', async () => {
    const { server, syncline } = await startServerFor();
    const clients = await Promise.all(Array.from({ length: 60 }, () => syncline()));
    await server.close();
    await until('all were told', () => clients.every(({ goodbye }) => goodbye !== undefined));
    const times = clients.map(({ goodbye }) => goodbye?.retryAfterMs ?? -1);
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...times)).toBeLessThanOrEqual(600);
    expect(Math.max(...times)).toBeGreaterThan(60);
    expect(new Set(times).size).toBeGreaterThan(10);
  });

  it('X3 does not keep a single one waiting', async () => {
    const { server, syncline } = await startServerFor();
    const client = await syncline();
    await server.close();
    await until('it was told', () => client.goodbye !== undefined);
    expect(client.goodbye?.retryAfterMs).toBeLessThanOrEqual(10);
  });
});
