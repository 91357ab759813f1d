import { type DocumentId, parseDocumentId, SyncError } from '@syncline/protocol';
import { MemoryStore } from '@syncline/storage';
import { readFresh, sleep, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { startHarness } from './harness.ts';
import { HeldStore } from './held-store.ts';

const id = parseDocumentId('document');

describe('a room', () => {
  it('brings what one client types to the others and to a fresh reader', async () => {
    const { stock, url } = await startHarness();
    const [ada, bob] = [await stock('document'), await stock('document')];
    ada.text.insert(0, 'hello');
    await bob.hasContent('hello');
    bob.text.insert(5, ' world');
    await ada.hasContent('hello world');
    expect(await readFresh(url, 'document')).toBe('hello world');
  });

  it('keeps documents apart', async () => {
    const { stock } = await startHarness();
    const [ada, bob] = [await stock('a'), await stock('a/b')];
    ada.text.insert(0, 'a');
    bob.text.insert(0, 'b');
    const [eve, joe] = [await stock('a'), await stock('a/b')];
    await eve.hasContent('a');
    await joe.hasContent('b');
  });

  it('shows nobody an update before it is committed', async () => {
    const store = new HeldStore();
    const { stock } = await startHarness({ store });
    const [ada, bob] = [await stock('document'), await stock('document')];
    store.hold();
    ada.text.insert(0, 'hello');
    await until('the commit has begun', () => store.isHolding);
    const eve = await stock('document');
    await sleep(50);
    expect(bob.content).toBe('');
    expect(eve.content).toBe('');
    store.release();
    await bob.hasContent('hello');
    await eve.hasContent('hello');
  });

  it('commits what many type at once in few batches', async () => {
    const store = new HeldStore();
    const { stock } = await startHarness({ store });
    const names = ['a', 'b', 'c', 'd', 'e'];
    const clients = await Promise.all(names.map((name) => stock(name)));
    const readers = await Promise.all(names.map((name) => stock(name)));
    store.hold();
    clients[0]?.text.insert(0, 'x');
    await until('the commit has begun', () => store.isHolding);
    for (const client of clients) {
      for (let i = 0; i < 20; i++) client.text.insert(0, 'y');
    }
    await sleep(100);
    store.release();
    for (const [index, reader] of readers.entries()) {
      await reader.hasContent((clients[index] as (typeof clients)[0]).content);
    }
    expect(store.commits).toBeLessThanOrEqual(4);
  });

  it('does not send a single writer its own update, and sends the others one frame', async () => {
    const { raw } = await startHarness();
    const [writer, reader] = [await raw('document'), await raw('document')];
    for (const client of [writer, reader]) {
      await client.frame(0, 1);
      client.frames.length = 0;
    }
    const doc = new Y.Doc();
    doc.getText('text').insert(0, 'hello');
    const frame = [0, 2, ...sized(Y.encodeStateAsUpdate(doc))];
    writer.send(frame);
    expect([...(await reader.frame(0, 2))]).toEqual(frame);
    await sleep(50);
    expect(reader.frames).toHaveLength(1);
    expect(writer.frames).toHaveLength(0);
  });

  it('appends nothing when a client reconnects that has nothing new', async () => {
    const { stock, store } = await startHarness();
    const ada = await stock('document');
    ada.text.insert(0, 'hello world');
    ada.text.delete(0, 6);
    await until('it is stored', async () => (await store.load(id)) !== undefined);
    await sleep(50);
    const before = await store.load(id);
    for (let i = 0; i < 3; i++) {
      ada.cut();
      await until('it is offline', () => !ada.provider.wsconnected);
      await ada.synced();
    }
    await sleep(50);
    expect(await store.load(id)).toEqual(before);
  });

  it('sends a client that comes back only what it lacks', async () => {
    const { stock, raw } = await startHarness();
    const ada = await stock('document');
    ada.text.insert(0, 'x'.repeat(10_000));
    const reader = await raw('document');
    // Presence comes when it comes.
    const received = () =>
      reader.frames.reduce((sum, frame) => (frame[0] === 0 ? sum + frame.length : sum), 0);
    const step1 = (doc: Y.Doc) => [0, 0, ...sized(Y.encodeStateVector(doc))];
    await until('it is stored', async () => {
      reader.frames.length = 0;
      reader.send(step1(new Y.Doc()));
      await reader.frame(0, 1);
      return received() > 10_000;
    });
    reader.frames.length = 0;
    reader.send(step1(ada.doc));
    await reader.frame(0, 1);
    expect(received()).toBeLessThan(10);
  });

  it('asks for what is missing behind a gap, and then has all of it', async () => {
    const { raw, url } = await startHarness();
    const doc = new Y.Doc();
    const updates: Uint8Array[] = [];
    doc.on('update', (update: Uint8Array) => updates.push(update));
    for (const word of ['one', 'two', 'three']) doc.getText('text').insert(0, word);
    const client = await raw('document');
    await client.frame(0, 0);
    client.frames.length = 0;
    client.send([0, 2, ...sized(updates[2] as Uint8Array)]);
    const request = await client.frame(0, 0);
    expect([...request]).toEqual([0, 0, 1, 0]);
    expect(await readFresh(url, 'document')).toBe('');
    client.send([0, 2, ...sized(updates[0] as Uint8Array)]);
    client.send([0, 2, ...sized(updates[1] as Uint8Array)]);
    await until('all is there', async () => (await readFresh(url, 'document')) === 'threetwoone');
  });

  it('is unloaded when nobody is there, and loses nothing by it', async () => {
    const store = new HeldStore();
    const { stock } = await startHarness({ store, quietMs: 60_000, unloadMs: 100 });
    let content = '';
    for (let round = 0; round < 5; round++) {
      const client = await stock('document');
      await client.hasContent(content);
      client.text.insert(0, String(round));
      content = client.content;
      await until('it is stored', async () => (await storedText(store)) === content);
      client.destroy();
      const loads = store.loads;
      // Sometimes somebody comes back at once, and the room is still there.
      await sleep(round % 2 === 0 ? 1_000 : 0);
      const reader = await stock('document');
      await reader.hasContent(content);
      reader.destroy();
      expect(store.loads - loads).toBe(round % 2 === 0 ? 1 : 0);
    }
    expect(content).toBe('43210');
  });

  it('makes way for others when rooms take too much memory, the longest unused first', async () => {
    const options = { quietMs: 60_000, unloadMs: 60_000, memoryBytes: 250_000 };
    const { server, stock } = await startHarness(options);
    const rooms = async () => {
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      return Number(/^syncline_rooms (\d+)$/m.exec(metrics)?.[1]);
    };
    const busy = await stock('busy');
    busy.text.insert(0, 'x'.repeat(100_000));
    for (const name of ['a', 'b', 'c', 'd']) {
      const [writer, reader] = [await stock(name), await stock(name)];
      writer.text.insert(0, name.repeat(100_000));
      await reader.hasContent(writer.content);
      writer.destroy();
      reader.destroy();
    }
    await until('two rooms are left', async () => (await rooms()) === 2);
    // The one that is in use goes on, and those that made way come back from the store.
    expect((await stock('a')).content).toBe('a'.repeat(100_000));
    const reader = await stock('busy');
    busy.text.insert(0, '!');
    await reader.hasContent(busy.content);
    expect(busy.closeCodes).toEqual([]);
  });

  it('refuses to serve a document that could not be loaded, and serves it later', async () => {
    const store = new HeldStore();
    const { stock, raw } = await startHarness({ store });
    const doc = new Y.Doc();
    doc.getText('text').insert(0, 'hello');
    const update = Y.encodeStateAsUpdate(doc);
    await store.append([{ documentId: id, entries: [{ update, author: '', time: 0 }] }]);
    store.failLoads = true;
    const early = await raw('document');
    expect(await early.closeCode()).toBe(1013);
    expect(early.frames).toEqual([]);
    store.failLoads = false;
    expect((await stock('document')).content).toBe('hello');
  });

  it('does not serve a damaged document, and counts it', async () => {
    const { server, raw, stock } = await startHarness({
      store: new (class extends MemoryStore {
        override async load(documentId: DocumentId) {
          if (documentId === id) throw new SyncError('store-damaged', 'a record is damaged');
          return await super.load(documentId);
        }
      })(),
    });
    const client = await raw('document');
    expect(await client.closeCode()).toBe(1013);
    expect(client.closed?.reason).toMatch(/^store-damaged: /);
    expect(client.frames).toEqual([]);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    expect(metrics).toMatch(/^syncline_documents_quarantined 1$/m);
    const [ada, bob] = [await stock('other'), await stock('other')];
    ada.text.insert(0, 'hello');
    await bob.hasContent('hello');
  });

  it('ends its sessions when a commit fails; they send again what was not stored', async () => {
    const store = new HeldStore();
    const { stock, url } = await startHarness({ store });
    const [ada, bob] = [await stock('document'), await stock('document')];
    store.failAppends = true;
    ada.text.insert(0, 'hello');
    await until('the sessions are ended', () => ada.closeCodes.length + bob.closeCodes.length >= 2);
    expect(ada.closeCodes[0]).toBe(1013);
    expect(bob.content).toBe('');
    store.failAppends = false;
    await bob.hasContent('hello');
    expect(await readFresh(url, 'document')).toBe('hello');
  });
});

describe('a commit that takes long', () => {
  it('keeps sockets from being read before memory fills, and loses nothing by it', async () => {
    const store = new HeldStore();
    const { server, raw, url } = await startHarness({ store });
    const bytesIn = async () => {
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      return Number(/^syncline_bytes_in_total (\d+)$/m.exec(metrics)?.[1]);
    };
    const writer = await raw('document');
    const doc = new Y.Doc();
    const updates: Uint8Array[] = [];
    doc.on('update', (update: Uint8Array) => updates.push(update));
    for (let i = 0; i < 40; i++) doc.getText('text').insert(0, `${i % 10}`.repeat(1_000_000));
    store.hold();
    for (const update of updates) writer.send([0, 2, ...sized(update)]);
    await until('much has come', async () => (await bytesIn()) > 15_000_000);
    await sleep(500);
    expect(await bytesIn()).toBeLessThan(22_000_000);
    store.release();
    const content = doc.getText('text').toString();
    await until('all is there', async () => (await readFresh(url, 'document')) === content);
    expect(writer.closed).toBeUndefined();
  });
});

describe('a slow reader', () => {
  it('is left behind, and catches up in one piece', async () => {
    const { stock, raw } = await startHarness({ budgetBytes: 100_000 });
    const slow = await raw('document');
    slow.send([0, 0, 1, 0]);
    await slow.frame(0, 1);
    slow.frames.length = 0;
    slow.socket.pause();
    const ada = await stock('document');
    const bob = await stock('document');
    const map = ada.doc.getMap<string>('map');
    const value = 'x'.repeat(60_000);
    for (let i = 0; i < 300; i++) {
      map.set('key', value + i);
      await until('the others have it', () => bob.doc.getMap('map').get('key') === value + i);
    }
    slow.socket.resume();
    const reader = new Y.Doc();
    let applied = 0;
    await until('it has caught up', () => {
      for (; applied < slow.frames.length; applied++) {
        const frame = slow.frames[applied] as Uint8Array;
        if (frame[0] === 0 && frame[1] === 2) Y.applyUpdate(reader, readSized(frame.subarray(2)));
      }
      return reader.getMap('map').get('key') === `${value}299`;
    });
    expect(applied).toBeLessThan(250);
  });
});

async function storedText(store: MemoryStore): Promise<string> {
  // Not by way of the store under test, which counts.
  const document = await MemoryStore.prototype.load.call(store, id);
  const doc = new Y.Doc();
  if (document?.checkpoint) Y.applyUpdate(doc, document.checkpoint.update);
  for (const { update } of document?.tail ?? []) Y.applyUpdate(doc, update);
  return doc.getText('text').toString();
}

function sized(bytes: Uint8Array): number[] {
  const length: number[] = [];
  let rest = bytes.length;
  for (; rest > 127; rest = Math.floor(rest / 128)) length.push((rest & 127) | 128);
  return [...length, rest, ...bytes];
}

function readSized(bytes: Uint8Array): Uint8Array {
  let at = 0;
  while ((bytes[at] as number) > 127) at++;
  return bytes.subarray(at + 1);
}
