import { parseDocumentId, SyncError } from '@syncline/protocol';
import type { DocumentStore, StoredDocument } from '@syncline/storage';
import { readFresh, sleep, until } from '@syncline/testing';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { Compactor } from '../src/index-operator.ts';
import { openStore } from './backend.ts';
import { ClaimedStore } from './claimed-store.ts';
import { startHarness } from './harness.ts';

const id = parseDocumentId('document');

/** Appends the edits of one client, as so many entries. */
async function appendWords(
  store: DocumentStore,
  count: number,
  documentId = id,
  word = 'word ',
): Promise<void> {
  const doc = new Y.Doc();
  const entries: { update: Uint8Array; author: string; time: number }[] = [];
  doc.on('update', (update: Uint8Array) => entries.push({ update, author: '', time: 0 }));
  for (let i = 0; i < count; i++) doc.getText('text').insert(0, word);
  await store.append([{ documentId, entries }]);
}

/** Waits until the store has a checkpoint that covers all entries. */
async function compacted(store: DocumentStore): Promise<StoredDocument> {
  const covered = async () => {
    const stored = await store.load(id);
    return stored?.checkpoint !== undefined && stored.tail.length === 0;
  };
  await until('the document is compacted', covered);
  return (await store.load(id)) as StoredDocument;
}

it('a document that is quiet gets a checkpoint, and clients go on with it', async () => {
  const store = await openStore();
  const { stock, url } = await startHarness({ store, quietMs: 200 });
  const [ada, bob] = [await stock('document'), await stock('document')];
  for (let i = 0; i < 1_500; i++) {
    ada.text.insert(0, 'word ');
    ada.text.delete(0, 4);
    if (i % 150 === 0) await sleep(2);
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
  const store = await openStore();
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
  const store = await openStore();
  const { stock, url } = await startHarness({ store, quietMs: 20 });
  const clients = [await stock('document'), await stock('document'), await stock('document')];
  let checkpoints = 0;
  let last = 0;
  for (let round = 0; round < 60; round++) {
    for (const [index, client] of clients.entries()) {
      client.text.insert(client.text.length, `${index}`.repeat(300));
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

it('a stuck thread is ended, delays no edit and loses nothing; the document is left alone for a while', async () => {
  const store = await openStore();
  const { stock, server, url } = await startHarness({
    store,
    quietMs: 60_000,
    compactionLimitMs: 1, // every merge takes too long
  });
  const [ada, bob] = [await stock('document'), await stock('document')];
  const delays: number[] = [];
  for (let i = 0; i < 60; i++) {
    ada.text.insert(0, 'x'.repeat(20_000));
    ada.text.delete(0, 19_990);
    const start = performance.now();
    await bob.hasContent(ada.content);
    delays.push(performance.now() - start);
  }
  await until('the failure is counted', async () => {
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    return /^syncline_compactions_failed_total 1$/m.test(metrics);
  });
  expect((await store.load(id))?.checkpoint).toBeUndefined();
  expect(delays.toSorted((a, b) => a - b)[30]).toBeLessThan(100);
  expect(await readFresh(url, 'document')).toBe(ada.content);
});

it('an entry that Yjs cannot read is set aside; the document stays readable and writable', async () => {
  const store = await openStore();
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  for (const word of ['one ', 'two ', 'three ']) doc.getText('text').insert(0, word);
  const poison = new Uint8Array([1, 1, 9, 0, 4, 1, 4, 116, 101, 120, 116, 2, 0xc3, 0x28, 0]);
  const entries = updates
    .toSpliced(1, 0, poison)
    .map((update) => ({ update, author: '', time: 0 }));
  await store.append([{ documentId: id, entries }]);
  const { stock, url } = await startHarness({ store });
  const ada = await stock('document');
  expect(ada.content).toBe('three two one ');
  ada.text.insert(0, 'four ');
  await until('it is set aside', async () => (await store.inspect(id))?.setAside === 1);
  expect(await readFresh(url, 'document')).toBe('four three two one ');
});

it('what stands on a lost entry is set aside, and the rest is served', async () => {
  const store = await openStore();
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  doc.getText('text').insert(0, 'one');
  doc.getText('text').insert(3, ' two');
  doc.getText('text').insert(7, ' three');
  const entries = updates.toSpliced(1, 1).map((update) => ({ update, author: '', time: 0 }));
  await store.append([{ documentId: id, entries }]);
  const { url } = await startHarness({ store });
  expect(await readFresh(url, 'document')).toBe('one');
  await until('it is set aside', async () => (await store.inspect(id))?.setAside === 1);
  expect(await readFresh(url, 'document')).toBe('one');
});

it('a document that nobody opens is compacted soon after the start', async () => {
  const store = await openStore();
  await appendWords(store, 50);
  await startHarness({ store });
  const { checkpoint } = await compacted(store);
  expect(checkpoint?.seq).toBe(50);
});

describe('compactors of nodes that share a store', () => {
  /** Gives so many of them, and closes them when the work is done. */
  async function withCompactors(
    limits: readonly (number | undefined)[],
    work: (store: ClaimedStore, compactors: Compactor[], claimed: string[]) => Promise<void>,
  ): Promise<void> {
    const store = new ClaimedStore();
    const claimed: string[] = [];
    const compactors = limits.map((limitMs, index) => {
      const compactor = new Compactor(store, pino({ level: 'silent' }), limitMs);
      compactor.events = { onPostponed: (documentId) => claimed.push(`${index} ${documentId}`) };
      return compactor;
    });
    try {
      await work(store, compactors, claimed);
    } finally {
      await Promise.all(compactors.map((compactor) => compactor.close()));
    }
  }

  it('merge a document once', async () => {
    await withCompactors([undefined, undefined], async (store, compactors, claimed) => {
      await appendWords(store, 20);
      const results = await Promise.all(compactors.map((compactor) => compactor.compact(id)));
      expect(results).toMatchObject([{ documentId: id, seq: 20 }, undefined]);
      expect(claimed).toEqual(['1 document']);
      expect(store.compactions).toBe(1);
      // The claim went with the checkpoint.
      await appendWords(store, 5);
      expect(await compactors[1]?.compact(id)).toMatchObject({ seq: 25 });
      expect(store.compactions).toBe(2);
      expect(claimed).toEqual(['1 document']);
    });
  });

  it('read no more logs at a time than are merged', async () => {
    await withCompactors([undefined], async (store, [compactor]) => {
      const names = Array.from({ length: 12 }, (_, index) => parseDocumentId(`crowd-${index}`));
      for (const name of names) await appendWords(store, 20, name);
      let [reading, most] = [0, 0];
      const load = store.load.bind(store);
      const compact = store.compact.bind(store);
      store.load = async (documentId) => {
        most = Math.max(most, ++reading);
        return await load(documentId);
      };
      store.compact = async (...given) => {
        reading--;
        return await compact(...given);
      };
      const results = await Promise.all(names.map((name) => compactor?.compact(name)));
      expect(results.map((result) => result?.seq)).toEqual(names.map(() => 20));
      expect(most).toBe(2);
    });
  });

  it('do not hold it against a document that the store is away', async () => {
    await withCompactors([undefined], async (store, [compactor], claimed) => {
      await appendWords(store, 20);
      const load = store.load.bind(store);
      store.load = async () => {
        throw new SyncError('load-failed', 'the store is away');
      };
      await expect(compactor?.compact(id)).rejects.toThrow('away');
      expect([compactor?.failing, claimed]).toEqual([0, ['0 document']]);
      store.load = load;
      store.now = 80_000; // it had the claim
      expect(await compactor?.compact(id)).toMatchObject({ seq: 20 });
    });
  });

  it('leave a document alone while one of them has failed at it', async () => {
    await withCompactors([1, undefined], async (store, compactors, claimed) => {
      const [hasty, patient] = compactors as [Compactor, Compactor];
      await appendWords(store, 20, id, 'x'.repeat(50_000)); // so much that a thread merges it
      await expect(hasty.compact(id)).rejects.toThrow('longer than 1 ms');
      expect(await patient.compact(id)).toBeUndefined();
      expect(await hasty.compact(id)).toBeUndefined();
      expect(claimed).toEqual(['1 document', '0 document']);
      expect(hasty.failing).toBe(1);
      expect(store.compactions).toBe(0);
      store.now = 11_000;
      expect(await patient.compact(id)).toMatchObject({ seq: 20 });
    });
  });
});
