import { readFresh, sleep, until } from '@syncline/testing';
import { describe, expect, it, vi } from 'vitest';
import * as Y from 'yjs';
import { type SaveState, SynclineConnection } from '../src/index.ts';
import { atEnd, HeldStore, hasText, provide, serve, stockClient, textOf } from './harness.ts';

describe('a provider', () => {
  it('brings a document and its changes to others, and theirs here', async () => {
    const { url } = await serve();
    const ada = provide({ url, documentId: 'notes' });
    const bob = provide({ url, documentId: 'notes' });
    textOf(ada.doc).insert(0, 'before it is connected');
    await Promise.all([ada.whenSynced, bob.whenSynced]);
    await hasText(bob, 'before it is connected');
    textOf(bob.doc).delete(0, 7);
    await hasText(ada, 'it is connected');
    const stock = await stockClient(url, 'notes');
    await stock.hasContent('it is connected');
    expect([ada.state.status, ada.synced]).toEqual(['live', true]);
  });

  it.each(['web-socket', 'http-stream', 'http-poll'] as const)('works over %s', async (kind) => {
    const { url } = await serve();
    const provider = provide({ url, documentId: 'notes', transports: [kind] });
    await provider.whenSynced;
    textOf(provider.doc).insert(0, kind);
    await provider.saved();
    expect(await readFresh(url.replace('http', 'ws'), 'notes')).toBe(kind);
    expect(provider.connection.transport).toBe(kind);
  });

  it('says "saved" after the commit, and "saving" before', async () => {
    const store = new HeldStore();
    const { url } = await serve({ store });
    const provider = provide({ url, documentId: 'notes' });
    await provider.whenSynced;
    const states: SaveState[] = [];
    provider.on('saveState', (state) => states.push(state));
    expect(provider.saveState).toEqual({ state: 'saved', unsavedBytes: 0 });
    store.hold();
    textOf(provider.doc).insert(0, 'x');
    let isSaved = false;
    const saved = (async () => {
      await provider.saved();
      isSaved = true;
    })();
    await sleep(300);
    expect(isSaved).toBe(false);
    expect(provider.saveState.state).toBe('saving');
    expect(provider.saveState.unsavedBytes).toBeGreaterThan(0);
    store.release();
    await saved;
    await until('the event', () => states.at(-1)?.state === 'saved');
    expect(states.map(({ state }) => state)).toEqual(['saving', 'saved']);
  });

  it('shares a connection', async () => {
    const { url } = await serve();
    const connection = new SynclineConnection({ url });
    atEnd(() => connection.close());
    const providers = Array.from({ length: 5 }, (_, i) =>
      provide({ connection, documentId: `document ${i % 3}`, doc: new Y.Doc() }),
    );
    await Promise.all(providers.map((provider) => provider.whenSynced));
    for (const [i, { doc }] of providers.entries()) textOf(doc).insert(0, `${i}`);
    await Promise.all(providers.map((provider) => provider.saved()));
    for (const i of [0, 1]) {
      const [one, other] = [providers[i]!, providers[i + 3]!];
      const [mine, theirs] = [textOf(one.doc), textOf(other.doc)];
      await until('both are in both', () => mine.length === 2 && theirs.length === 2);
      expect(mine.toString()).toBe(theirs.toString());
    }
    expect(connection.state.status).toBe('live');
  });

  it('goes on when an observer of the application throws', async () => {
    const { url } = await serve();
    const [ada, bob] = [1, 2].map(() => provide({ url, documentId: 'notes' }));
    if (ada === undefined || bob === undefined) throw new Error('there are two');
    await Promise.all([ada.whenSynced, bob.whenSynced]);
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    atEnd(() => logged.mockRestore());
    const states: string[] = [];
    bob.on('state', ({ status }) => states.push(status));
    textOf(bob.doc).observe(() => {
      throw new Error('a fault of the application');
    });
    textOf(ada.doc).insert(0, 'one ');
    await hasText(bob, 'one ');
    textOf(ada.doc).insert(4, 'two');
    await hasText(bob, 'one two');
    expect(states).toEqual([]);
    expect(logged).toHaveBeenCalledTimes(2);
  });

  it('gathers what is changed in one turn into one update', async () => {
    const { url, store } = await serve();
    const provider = provide({ url, documentId: 'notes' });
    await provider.whenSynced;
    for (let i = 0; i < 1_000; i++) textOf(provider.doc).insert(i, `${i % 10}`);
    await provider.saved();
    expect((await store.inspect('notes' as never))?.head).toBe(1);
  });
});
