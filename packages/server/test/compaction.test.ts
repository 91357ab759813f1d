import { parseDocumentId } from '@syncline/protocol';
import { MemoryStore, type StoredDocument } from '@syncline/storage';
import { readFresh, sleep, until } from '@syncline/testing';
import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { startHarness } from './harness.ts';

const id = parseDocumentId('document');

/** Waits until the store has a checkpoint that covers all entries. */
async function compacted(store: MemoryStore): Promise<StoredDocument> {
  const covered = async () => {
    const stored = await store.load(id);
    return stored?.checkpoint !== undefined && stored.tail.length === 0;
  };
  await until('the document is compacted', covered);
  return (await store.load(id)) as StoredDocument;
}

it('a document that is quiet gets a checkpoint, and clients go on with it', async () => {
  const store = new MemoryStore();
  const { stock, url } = await startHarness({ store, quietMs: 200 });
  const [ada, bob] = [await stock('document'), await stock('document')];
  for (let i = 0; i < 200; i++) {
    ada.text.insert(0, 'word ');
    ada.text.delete(0, 4);
    if (i % 20 === 0) await sleep(2);
  }
  await bob.hasContent(ada.content);
  const { head, checkpoint } = await compacted(store);
  expect(checkpoint?.seq).toBe(head);
  expect(checkpoint?.update.length).toBeLessThanOrEqual(Y.encodeStateAsUpdate(ada.doc).length + 50);
  bob.text.insert(0, 'on ');
  await ada.hasContent(bob.content);
  expect(await readFresh(url, 'document')).toBe(bob.content);
  expect((await store.load(id))?.epoch).toBeDefined();
});

it('a tail that outgrows its checkpoint is compacted while people type', async () => {
  const store = new MemoryStore();
  const { stock, url } = await startHarness({ store, quietMs: 60_000 });
  const ada = await stock('document');
  let checkpoint: unknown;
  for (let i = 0; i < 5_000 && checkpoint === undefined; i++) {
    ada.text.insert(0, 'x'.repeat(2_000));
    ada.text.delete(0, 1_990);
    await sleep(2);
    ({ checkpoint } = (await store.load(id)) ?? {});
  }
  expect(checkpoint).toBeDefined();
  await until('all is there', async () => (await readFresh(url, 'document')) === ada.content);
});

it('a room that is compacted while it is edited loses nothing', async () => {
  const store = new MemoryStore();
  const { stock, url } = await startHarness({ store, quietMs: 20 });
  const clients = [await stock('document'), await stock('document'), await stock('document')];
  let checkpoints = 0;
  let last = 0;
  for (let round = 0; round < 60; round++) {
    for (const [index, client] of clients.entries()) {
      client.text.insert(client.text.length, `${index}`);
      if (client.text.length > 30) client.text.delete(3, 10);
    }
    await sleep(round % 10 === 0 ? 700 : 5);
    const seq = (await store.load(id))?.checkpoint?.seq ?? 0;
    if (seq > last) checkpoints++;
    last = seq;
  }
  expect(checkpoints).toBeGreaterThanOrEqual(3);
  for (const client of clients) {
    await until('all agree', () => client.content === clients[0]?.content);
  }
  expect(await readFresh(url, 'document')).toBe(clients[0]?.content);
});

it('a log that Yjs cannot merge stays as it is, and is served', async () => {
  const store = new MemoryStore();
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  doc.getText('text').insert(0, 'one');
  doc.getText('text').insert(3, ' two');
  const entries = updates.map((update) => ({ update, author: '', time: 0 }));
  await store.append([{ documentId: id, entries }]);
  // The first entry is lost: the second has nothing to stand on.
  const { epoch } = (await store.load(id)) as StoredDocument;
  const broken = new (class extends MemoryStore {
    override async load(): Promise<StoredDocument> {
      const { head, tail } = (await store.load(id)) as StoredDocument;
      return { epoch, head, checkpoint: undefined, tail: tail.slice(1) };
    }
    override async compact(): Promise<boolean> {
      throw new Error('must not be reached');
    }
  })();
  const { raw } = await startHarness({ store: broken, quietMs: 10 });
  const client = await raw('document');
  await client.frame(0, 0);
  await sleep(1_200);
  expect(client.closed).toBeUndefined();
});
