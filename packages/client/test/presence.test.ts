import { decodeAwareness } from '@syncline/protocol';
import { sleep, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import type { Broadcast } from '../src/index.ts';
import { EVERYTHING, serveGuarded, tokenOf } from './guarded.ts';
import { provide, serve, stockClient } from './harness.ts';
import { ScriptedServer } from './scripted-server.ts';

describe('awareness', () => {
  it('is shared with stock clients, and goes with its owner', async () => {
    const { url } = await serve();
    const ada = provide({ url, documentId: 'board' });
    const bob = await stockClient(url, 'board');
    ada.awareness.setLocalState({ name: 'Ada' });
    bob.provider.awareness.setLocalState({ name: 'Bob' });
    const adasId = ada.doc.clientID;
    const bobsId = bob.doc.clientID;
    await until('they see each other', () => {
      const seenByBob = bob.provider.awareness.getStates().get(adasId);
      const seenByAda = ada.awareness.getStates().get(bobsId);
      return seenByBob?.['name'] === 'Ada' && seenByAda?.['name'] === 'Bob';
    });
    ada.disconnect();
    expect(ada.awareness.getStates().has(bobsId)).toBe(false);
    await until('she is gone', () => !bob.provider.awareness.getStates().has(adasId));
    ada.connect();
    await until('she is back', () => bob.provider.awareness.getStates().has(adasId));
  });

  it('is sent at most each 33 ms, the last state always, and never echoed', async () => {
    const server = await ScriptedServer.start();
    const provider = provide({ url: server.url, documentId: 'board' });
    await provider.whenSynced;
    for (let i = 0; i < 100; i++) {
      provider.awareness.setLocalState({ i });
      await sleep(2);
    }
    const entries = () => server.all('awareness').flatMap(({ update }) => decodeAwareness(update));
    await until('the last one is there', () => entries().at(-1)?.state === '{"i":99}');
    expect(server.all('awareness').length).toBeLessThan(30);
    const before = entries().length;
    server.say({
      type: 'awareness',
      channel: 1,
      entries: [{ client: 7, clock: 1, state: '{"name":"Bob"}' }],
    });
    await until('Bob is seen', () => provider.awareness.getStates().has(7));
    await sleep(100);
    expect(entries()).toHaveLength(before);
  });

  it('is announced anew by who was taken for gone', async () => {
    const server = await ScriptedServer.start();
    const provider = provide({ url: server.url, documentId: 'board' });
    provider.awareness.setLocalState({ name: 'Ada' });
    await provider.whenSynced;
    await until('it is announced', () => server.all('awareness').length > 0);
    const client = provider.doc.clientID;
    server.say({ type: 'awareness', channel: 1, entries: [{ client, clock: 90, state: null }] });
    const last = () => {
      const message = server.all('awareness').at(-1);
      return message && decodeAwareness(message.update)[0];
    };
    await until('it is again', () => (last()?.clock ?? 0) > 90);
    expect(last()?.state).toBe('{"name":"Ada"}');
  });

  it('that is too large is not sent, and the session goes on', async () => {
    const { url } = await serve();
    const provider = provide({ url, documentId: 'board' });
    await provider.whenSynced;
    const warnings: string[] = [];
    provider.on('warning', ({ code }) => warnings.push(code));
    provider.awareness.setLocalState({ image: 'x'.repeat(1_000_000) });
    await until('it is said', () => warnings.length > 0);
    expect(warnings).toEqual(['awareness-too-large']);
    await sleep(100);
    expect(provider.synced).toBe(true);
  });
});

describe('broadcasts', () => {
  it('reach the others, with any payload, and oneself if that is wanted', async () => {
    const { url } = await serve();
    const [ada, bob] = [1, 2].map(() => provide({ url, documentId: 'board' }));
    if (ada === undefined || bob === undefined) throw new Error('there are two');
    const seen: Record<'ada' | 'bob', Broadcast[]> = { ada: [], bob: [] };
    ada.on('broadcast', (broadcast) => seen.ada.push(broadcast));
    bob.on('broadcast', (broadcast) => seen.bob.push(broadcast));
    expect(await ada.send('too early', 1)).toBe(false);
    await Promise.all([ada.whenSynced, bob.whenSynced]);
    const payloads = [{ emoji: '👍', __proto__: null }, 'text', 0, null, [1], Uint8Array.of(1, 2)];
    for (const payload of payloads) void ada.send('reaction', payload as never);
    expect(await ada.send('done', true, { ack: true, self: true })).toBe(true);
    await until('all are there', () => seen.bob.length === 7 && seen.ada.length === 1);
    expect(seen.bob.map(({ payload }) => payload)).toEqual([
      { emoji: '👍' },
      ...payloads.slice(1),
      true,
    ]);
    expect(seen.ada).toEqual([{ topic: 'done', payload: true, userId: '' }]);
    expect(() => ada.send('x', 'y'.repeat(1_000_000))).toThrow('the server takes');
  });

  it('are replayed to who comes later, once', async () => {
    const { url } = await serve();
    const ada = provide({ url, documentId: 'board' });
    await ada.whenSynced;
    for (let i = 0; i < 5; i++) await ada.send('n', i, { ack: true });
    const bob = provide({ url, documentId: 'board', replay: 3 });
    const seen: unknown[] = [];
    bob.on('broadcast', ({ payload }) => seen.push(payload));
    await bob.whenSynced;
    await until('they are there', () => seen.length === 3);
    bob.disconnect();
    bob.connect();
    await until('it is back', () => bob.synced);
    await ada.send('n', 'new', { ack: true });
    await until('it is there', () => seen.includes('new'));
    expect(seen).toEqual([2, 3, 4, 'new']);
  });

  it('are not sent without the right to it, and say who sent them', async () => {
    const { url } = await serveGuarded({ ...EVERYTHING, broadcast: "user.id == 'ada'" });
    const ada = provide({ url, documentId: 'board', token: await tokenOf('ada') });
    const bob = provide({ url, documentId: 'board', token: await tokenOf('bob') });
    await Promise.all([ada.whenSynced, bob.whenSynced]);
    const seen: Broadcast[] = [];
    bob.on('broadcast', (broadcast) => seen.push(broadcast));
    expect(await bob.send('x', 1, { ack: true })).toBe(false);
    expect(await ada.send('x', 1, { ack: true })).toBe(true);
    await until('it is there', () => seen.length > 0);
    expect(seen).toEqual([{ topic: 'x', payload: 1, userId: 'ada' }]);
  });

  it('that wait for an answer hear when the connection breaks off', async () => {
    const server = await ScriptedServer.start();
    const provider = provide({ url: server.url, documentId: 'board' });
    await provider.whenSynced;
    const sent = provider.send('x', 1, { ack: true });
    await until('it is sent', () => server.all('broadcast').length > 0);
    server.close();
    expect(await sent).toBe(false);
  });
});
