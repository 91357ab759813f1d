import { fileURLToPath } from 'node:url';
import { ServerProcess, TemporaryDirectory, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { type Reset, SynclineProvider } from '../src/index.ts';
import { openOfflineStore } from '../src/offline/node.ts';
import { atEnd, hasText, provide, serve, stockClient, textOf } from './harness.ts';
import { ScriptedServer } from './scripted-server.ts';

/** Where no server is. */
const NOWHERE = 'http://127.0.0.1:9';

async function store() {
  const folder = await TemporaryDirectory.make();
  atEnd(() => folder.remove());
  const offline = openOfflineStore({ folder: folder.path });
  atEnd(() => offline.close());
  return offline;
}

describe('a provider with an offline store', () => {
  it('shows the copy without a server, and brings what was typed when there is one', async () => {
    const offline = await store();
    const alone = new SynclineProvider({ url: NOWHERE, documentId: 'notes', offline });
    await alone.whenLoaded;
    textOf(alone.doc).insert(0, 'typed offline');
    await alone.close();
    const { url } = await serve();
    const back = provide({ url, documentId: 'notes', offline });
    await back.whenLoaded;
    expect(textOf(back.doc).toString()).toBe('typed offline');
    expect(back.saveState.unsavedBytes).toBeGreaterThan(0);
    await back.saved();
    const reader = await stockClient(url, 'notes');
    expect(reader.content).toBe('typed offline');
    await back.close();
    expect(await offline.list()).toMatchObject([{ documentId: 'notes', unsavedBytes: 0 }]);
  });

  it('brings deletions that were made offline', async () => {
    const offline = await store();
    const { url } = await serve();
    const first = new SynclineProvider({ url, documentId: 'notes', offline });
    await first.whenSynced;
    textOf(first.doc).insert(0, 'one two');
    await first.saved();
    await first.close();
    const alone = new SynclineProvider({ url: NOWHERE, documentId: 'notes', offline });
    await alone.whenLoaded;
    textOf(alone.doc).delete(0, 4);
    await alone.close();
    const back = provide({ url, documentId: 'notes', offline });
    await back.saved();
    const reader = await stockClient(url, 'notes');
    expect(reader.content).toBe('two');
  });

  it('asks the server only for what is missing', async () => {
    const offline = await store();
    const server = await ScriptedServer.start({
      update: ({ channel, number }) => [
        { type: 'epoch', channel, epoch: 'e1' },
        { type: 'ack', channel, through: number, seq: 7 },
      ],
    });
    const options = { url: server.url, documentId: 'notes', offline } as const;
    const first = new SynclineProvider({ ...options, transports: ['web-socket'] });
    await first.whenSynced;
    textOf(first.doc).insert(0, 'x');
    await first.saved();
    await first.close();
    const again = new SynclineProvider({ ...options, transports: ['web-socket'] });
    await until('it attaches', () => server.all('attach').length === 2);
    await again.close();
    const [, second] = server.all('attach');
    expect(second).toMatchObject({ epoch: 'e1', since: 7 });
    expect(second?.stateVector.length).toBeGreaterThan(1);
  });

  it('sends nothing again that the server has, and says "saved" throughout', async () => {
    const offline = await store();
    const { url, store: log } = await serve();
    const first = new SynclineProvider({ url, documentId: 'notes', offline });
    await first.whenSynced;
    textOf(first.doc).insert(0, 'one two three');
    textOf(first.doc).delete(0, 4);
    await first.saved();
    await first.close();
    const head = async () => (await log.inspect('notes' as never))?.head;
    const before = await head();
    for (let i = 0; i < 5; i++) {
      const again = new SynclineProvider({ url, documentId: 'notes', offline });
      const states: string[] = [];
      again.on('saveState', ({ state }) => states.push(state));
      await again.whenSynced;
      await again.saved();
      expect(states).toEqual([]);
      await again.close();
    }
    expect(await head()).toBe(before);
  });

  it('keeps what it is given in a Y.Doc, and what is typed before the store is open', async () => {
    const offline = await store();
    const doc = new Y.Doc();
    textOf(doc).insert(0, 'given, ');
    const alone = new SynclineProvider({ url: NOWHERE, documentId: 'notes', doc, offline });
    textOf(doc).insert(7, 'typed early');
    await alone.whenLoaded;
    await alone.close();
    const again = provide({ url: NOWHERE, documentId: 'notes', offline });
    await again.whenLoaded;
    expect(textOf(again.doc).toString()).toBe('given, typed early');
  });

  it('puts a copy away that was reset meanwhile, and keeps what was unsaved apart', async () => {
    const offline = await store();
    const { url } = await serve();
    const first = new SynclineProvider({ url, documentId: 'notes', offline });
    await first.whenSynced;
    textOf(first.doc).insert(0, 'old');
    await first.saved();
    await first.close();
    const alone = new SynclineProvider({ url: NOWHERE, documentId: 'notes', offline });
    await alone.whenLoaded;
    textOf(alone.doc).insert(3, ' and unsaved');
    await alone.close();
    const fresh = new Y.Doc();
    textOf(fresh).insert(0, 'new');
    await fetch(`${url}/v1/documents/notes?replace`, {
      method: 'PUT',
      body: new Uint8Array(Y.encodeStateAsUpdate(fresh)),
    });
    const back = provide({ url, documentId: 'notes', offline });
    const codes: string[] = [];
    back.on('reset', ({ code }) => codes.push(code));
    await hasText(back, 'new');
    expect(codes).toEqual(['document-reset']);
    textOf(back.doc).insert(3, 'er');
    await back.saved();
    const [aside, ...more] = await offline.setAside();
    expect(more).toEqual([]);
    expect(aside).toMatchObject({ documentId: 'notes', reason: 'document-reset' });
    const copy = new Y.Doc();
    Y.applyUpdate(copy, aside?.unsaved ?? new Uint8Array());
    expect(copy.store.pendingStructs).not.toBeNull();
    await back.close();
    const again = provide({ url: NOWHERE, documentId: 'notes', offline });
    await again.whenLoaded;
    expect(textOf(again.doc).toString()).toBe('newer');
  });

  it('drops the copy of a document that was deleted', async () => {
    const offline = await store();
    const { url } = await serve();
    const provider = provide({ url, documentId: 'notes', offline });
    await provider.whenSynced;
    textOf(provider.doc).insert(0, 'old');
    await provider.saved();
    await fetch(`${url}/v1/documents/notes`, { method: 'DELETE' });
    await until('it is refused', () => provider.state.status === 'refused');
    await provider.close();
    const again = provide({ url: NOWHERE, documentId: 'notes', offline });
    await again.whenLoaded;
    expect(textOf(again.doc).toString()).toBe('');
  });

  it('goes on without the store when that does not work, and says so', async () => {
    // A file is no folder.
    const offline = openOfflineStore({ folder: fileURLToPath(import.meta.url) });
    atEnd(() => offline.close());
    const { url } = await serve();
    const provider = provide({ url, documentId: 'notes', offline });
    const warnings: string[] = [];
    provider.on('warning', ({ message }) => warnings.push(message));
    await provider.whenSynced;
    textOf(provider.doc).insert(0, 'x');
    await provider.saved();
    expect(warnings[0]).toContain('the offline store');
  });

  it('keeps all of a copy apart whose document is no more', async () => {
    const offline = await store();
    const data = await TemporaryDirectory.make();
    atEnd(() => data.remove());
    const server = new ServerProcess(data);
    await server.start();
    atEnd(() => server.kill('SIGKILL'));
    const first = new SynclineProvider({ url: server.httpUrl, documentId: 'notes', offline });
    await first.whenSynced;
    textOf(first.doc).insert(0, 'kept');
    await first.saved();
    await first.close();
    // Somebody starts the server with an empty folder: the copy is the last one.
    await server.kill('SIGTERM');
    await data.remove();
    await server.start();
    const back = provide({ url: server.httpUrl, documentId: 'notes', offline });
    const resets: Reset[] = [];
    back.on('reset', (reset) => resets.push(reset));
    await back.whenSynced;
    expect(textOf(back.doc).toString()).toBe('');
    const [aside] = await offline.setAside();
    for (const update of [resets[0]?.unsaved, aside?.unsaved]) {
      const copy = new Y.Doc();
      Y.applyUpdate(copy, update ?? Uint8Array.of(0, 0));
      expect(textOf(copy).toString()).toBe('kept');
    }
  });
});
