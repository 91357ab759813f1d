import { type DocumentId, parseDocumentId } from '@syncline/protocol';
import { decodeStateVector, encodeStateVector } from '@syncline/update';
import * as Y from 'yjs';
import { START } from '../../src/local-copy.ts';
import type { Backend, KeyRange } from '../../src/offline/backend.ts';
import { checkpointKey, logKey, logRange, metaKey, recordBytes } from '../../src/offline/key.ts';
import { decodeMeta } from '../../src/offline/meta.ts';
import { OfflineCopies } from '../../src/offline/offline-copies.ts';
import { equal, eventually, isTrue, pause, present } from './expect.ts';
import { Tab, updateWith } from './tab.ts';

/** Where records are. */
export interface Place {
  /** Another one on the same records; one at a time. */
  connect(): Backend;
}

const ID = parseDocumentId('shelf/notes 📝');
const EVERYTHING: KeyRange = ['', '\x7f'];

/** What a copy takes, counted record by record. */
export async function bytesOf(backend: Backend, documentId: DocumentId): Promise<number> {
  const records = await backend.transact('read', (transaction) => transaction.range(EVERYTHING));
  const [from, below] = logRange(documentId);
  return records
    .filter(
      ([key]) =>
        key === metaKey(documentId) ||
        key === checkpointKey(documentId) ||
        (key >= from && key < below),
    )
    .reduce((sum, [key, value]) => sum + recordBytes(key, value), 0);
}

async function metaOf(backend: Backend, documentId: DocumentId = ID) {
  const bytes = await backend.transact('read', (transaction) =>
    transaction.get(metaKey(documentId)),
  );
  return bytes === undefined ? undefined : decodeMeta(documentId, bytes);
}

/** What one sees who opens it now. */
async function freshContent(store: OfflineCopies, documentId: string = ID): Promise<string> {
  const tab = await Tab.open(store, documentId);
  const { content } = tab;
  await tab.copy.close();
  return content;
}

/** Types and deletes as told: [position, deleted, inserted]. */
export async function typeAll(
  backend: Backend,
  edits: Iterable<readonly [number, number, string]>,
): Promise<{ stored: number; encoded: number; content: string; listed: number }> {
  const store = new OfflineCopies(backend);
  const tab = await Tab.open(store, ID);
  let n = 0;
  for (const [position, deleted, inserted] of edits) {
    if (deleted > 0) tab.text.delete(position, deleted);
    if (inserted !== '') tab.text.insert(position, inserted);
    if (++n % 5 === 0) await tab.copy.flush();
  }
  await tab.copy.flush();
  const stored = await bytesOf(backend, ID);
  const listed = present((await store.list())[0]).bytes;
  const encoded = Y.encodeStateAsUpdate(tab.doc).length;
  equal(await freshContent(store), tab.content, 'the content');
  return { stored, encoded, content: tab.content, listed };
}

export function* typing(length: number, withDeletes: boolean) {
  let size = 0;
  for (let i = 0; i < length; i++) {
    if (withDeletes && i % 3 === 2) yield [(i * 7) % size--, 1, ''] as const;
    else
      yield [
        withDeletes ? (i * 13) % (size + 1) : size,
        0,
        String.fromCharCode(97 + (i % 26)),
      ] as const;
    if (!(withDeletes && i % 3 === 2)) size++;
  }
}

type Case = (place: Place) => Promise<void>;

/** What holds for an offline store over any backend. */
export const CASES: Readonly<Record<string, Case>> = {
  async 'a transaction is stored as a whole or not at all'(place) {
    const backend = place.connect();
    const failed = await backend
      .transact('write', async (transaction) => {
        transaction.put('a', Uint8Array.of(1));
        throw new Error('no');
      })
      .catch((error: unknown) => error);
    isTrue(failed instanceof Error, 'the body’s error comes out');
    const all = await backend.transact('read', (transaction) => transaction.range(EVERYTHING));
    equal(all.length, 0, 'records');
    await backend.transact('write', async (transaction) => {
      for (const key of ['b\0x', 'b\0😀', 'b\0\uffff', 'c', 'a'])
        transaction.put(key, Uint8Array.of(1));
    });
    const range = ['b\0', 'b\x01'] as const;
    const some = await backend.transact('read', (transaction) => transaction.range(range));
    equal(some.map(([key]) => key).sort(), ['b\0x', 'b\0😀', 'b\0\uffff'].sort(), 'a range');
    await backend.transact('write', async (transaction) => {
      transaction.deleteRange(range);
      transaction.put('b\0y', Uint8Array.of(2));
    });
    const rest = await backend.transact('read', (transaction) => transaction.range(EVERYTHING));
    equal(
      rest.map(([key]) => key),
      ['a', 'b\0y', 'c'],
      'the rest',
    );
    await backend.close();
    await backend.close();
  },

  async 'increments of two writers are not lost'(place) {
    const backend = place.connect();
    const add = () =>
      backend.transact('write', async (transaction) => {
        const count = (await transaction.get('count'))?.[0] ?? 0;
        await transaction.get('other');
        transaction.put('count', Uint8Array.of(count + 1));
      });
    await Promise.all(Array.from({ length: 50 }, add));
    const count = await backend.transact('read', (transaction) => transaction.get('count'));
    equal(present(count)[0], 50, 'the count');
    await backend.close();
  },

  async 'what was written is there when it is opened again, with its position'(place) {
    const store = new OfflineCopies(place.connect());
    const tab = await Tab.open(store, ID);
    equal(tab.copy.updates.length, 0, 'updates of a new copy');
    equal(tab.copy.position, START, 'the position of a new copy');
    tab.type('one ');
    tab.receive(updateWith('two'), 'e1', 7);
    const { content, position } = tab;
    await store.close();
    await store.close();
    const again = new OfflineCopies(place.connect());
    const reader = await Tab.open(again, ID);
    equal(reader.content, content, 'the content');
    equal(reader.copy.position, position, 'the position');
    isTrue(reader.copy.position.unsavedBytes > 0, 'something is unsaved');
    await again.close();
  },

  async 'a hundred openings add nothing'(place) {
    const backend = place.connect();
    const store = new OfflineCopies(backend);
    const tab = await Tab.open(store, ID);
    tab.type('some text');
    tab.claim();
    await tab.copy.close();
    const before = await bytesOf(backend, ID);
    for (let i = 0; i < 100; i++) {
      const other = await Tab.open(store, ID);
      other.claim();
      await other.copy.close();
      await (await Tab.open(store, `${ID}${i}`)).copy.close();
    }
    equal(await bytesOf(backend, ID), before, 'bytes');
    equal((await store.list()).length, 1, 'documents');
    await store.close();
  },

  async 'ten thousand characters take less than three times their encoding'(place) {
    const backend = place.connect();
    const { stored, encoded, listed } = await typeAll(backend, typing(10_000, false));
    isTrue(stored < 3 * encoded, `${stored} bytes are less than 3 × ${encoded}`);
    equal(listed, stored, 'what is listed');
    await backend.close();
  },

  async 'ten thousand edits with deletions take less than three times their encoding'(place) {
    const backend = place.connect();
    const { stored, encoded, listed } = await typeAll(backend, typing(10_000, true));
    isTrue(stored < 3 * encoded, `${stored} bytes are less than 3 × ${encoded}`);
    equal(listed, stored, 'what is listed');
    await backend.close();
  },

  async 'closing merges the tail'(place) {
    const backend = place.connect();
    const store = new OfflineCopies(backend);
    const tab = await Tab.open(store, ID);
    for (let i = 0; i < 20; i++) {
      tab.type('x');
      await tab.copy.flush();
    }
    equal((await metaOf(backend))?.head, 20, 'entries');
    await tab.copy.close();
    equal((await metaOf(backend))?.tailBytes, 0, 'the tail');
    equal(await freshContent(store), 'x'.repeat(20), 'the content');
    await store.close();
  },

  async 'two who have a document open follow each other'(place) {
    const store = new OfflineCopies(place.connect());
    const one = await Tab.open(store, ID);
    const two = await Tab.open(store, ID);
    const other = await Tab.open(store, 'another');
    for (let i = 0; i < 50; i++) {
      one.type(`a${i}`);
      two.type(`b${i}`);
      if (i % 7 === 0) await one.copy.flush();
    }
    await Promise.all([one.copy.flush(), two.copy.flush()]);
    await eventually('the contents are the same', () => one.content === two.content);
    equal(one.text.length, 2 * (10 * 2 + 40 * 3), 'the length');
    isTrue(
      one.heard.every(({ own }) => own),
      'what comes from another is its own',
    );
    equal(other.heard.length, 0, 'what another document heard');
    equal(await freshContent(store), one.content, 'what is stored');
    equal([...one.errors, ...two.errors], [], 'errors');
    await store.close();
  },

  async 'a claim counts when all own changes were seen, and others are told'(place) {
    const backend = place.connect();
    const store = new OfflineCopies(backend);
    const one = await Tab.open(store, ID);
    const two = await Tab.open(store, ID);
    one.type('a');
    const bytes = one.position.unsavedBytes;
    await one.copy.flush();
    await eventually('the other hears it', () => two.content === 'a');
    equal((await metaOf(backend))?.unsavedBytes, bytes, 'unsaved');
    one.claim();
    await one.copy.flush();
    await eventually('the other is told', () => two.timesSaved === 1);
    equal((await metaOf(backend))?.unsavedBytes, 0, 'unsaved after the claim');
    equal((await metaOf(backend))?.savedVector.length, 1, 'the saved vector says nothing');
    equal(one.timesSaved, 0, 'what one is told of its own claim');
    await store.close();
  },

  async 'a claim that was made before another tab’s change came does not cover it'(place) {
    const backend = place.connect();
    const store = new OfflineCopies(backend);
    const one = await Tab.open(store, ID);
    const two = await Tab.open(store, ID);
    one.type('a');
    await one.copy.flush();
    two.type('b');
    one.claim(); // before it can have heard of b
    await Promise.all([one.copy.flush(), two.copy.flush()]);
    await eventually('they are the same', () => one.content === two.content);
    isTrue(((await metaOf(backend))?.unsavedBytes ?? 0) > 0, 'something is unsaved');
    equal(two.timesSaved, 0, 'what two is told');
    one.claim();
    await one.copy.flush();
    equal((await metaOf(backend))?.unsavedBytes, 0, 'unsaved after another claim');
    await eventually('two is told', () => two.timesSaved === 1);
    await store.close();
  },

  async 'a claim does not cover what is written after it in the same transaction'(place) {
    const backend = place.connect();
    const store = new OfflineCopies(backend);
    const one = await Tab.open(store, ID);
    const two = await Tab.open(store, ID);
    one.type('a'); // is under way, so that the next two go together
    one.claim();
    one.type('b');
    const bytes = one.position.unsavedBytes;
    await one.copy.flush();
    await eventually('two hears it', () => two.content === 'ab');
    equal((await metaOf(backend))?.unsavedBytes, bytes, 'unsaved');
    equal(two.timesSaved, 0, 'what two is told');
    await store.close();
  },

  async 'the vector of what is saved is the lowest of all who have something unsaved'(place) {
    const backend = place.connect();
    const store = new OfflineCopies(backend);
    const [one, two, three] = [
      await Tab.open(store, ID),
      await Tab.open(store, ID),
      await Tab.open(store, ID),
    ];
    const vector = (clocks: [number, number][]) => encodeStateVector(new Map(clocks));
    const expectVector = async (clocks: [number, number][], what: string) => {
      const meta = present(await metaOf(backend));
      equal([...decodeStateVector(meta.savedVector)], clocks, what);
    };
    one.position = {
      ...one.position,
      savedVector: vector([
        [3, 9],
        [2, 5],
      ]),
    };
    one.type('a');
    await one.copy.flush();
    await expectVector(
      [
        [3, 9],
        [2, 5],
      ],
      'after the first',
    );
    await eventually('two hears it', () => two.content === 'a');
    two.position = {
      ...two.position,
      savedVector: vector([
        [3, 4],
        [2, 6],
        [1, 1],
      ]),
    };
    two.type('b');
    await two.copy.flush();
    await expectVector(
      [
        [3, 4],
        [2, 5],
      ],
      'after the second',
    );
    await eventually('three hears it', () => three.content === two.content);
    three.receive(updateWith('server'), 'e', 2);
    await three.copy.flush();
    await expectVector(
      [
        [3, 4],
        [2, 5],
      ],
      'after one who has nothing unsaved',
    );
    const four = await Tab.open(store, ID);
    equal(four.position.savedVector, present(await metaOf(backend)).savedVector, 'what one reads');
    await store.close();
  },

  async 'a position alone that is not new writes nothing'(place) {
    const backend = place.connect();
    const store = new OfflineCopies(backend);
    const tab = await Tab.open(store, ID);
    tab.copy.write([], START);
    await tab.copy.flush();
    equal(await metaOf(backend), undefined, 'the copy');
    tab.receive(updateWith('x'), 'e', 4);
    await tab.copy.flush();
    const before = await metaOf(backend);
    await pause(3);
    tab.copy.write([], { ...tab.position, cursor: 3 });
    await tab.copy.flush();
    equal(await metaOf(backend), before, 'the copy');
    await store.close();
  },

  async 'what several tabs get from the server is stored once'(place) {
    const backend = place.connect();
    const store = new OfflineCopies(backend);
    const one = await Tab.open(store, ID);
    const two = await Tab.open(store, ID);
    const update = updateWith('from the server');
    one.receive(update, 'e', 5);
    await one.copy.flush();
    two.receive(update, 'e', 5);
    await two.copy.flush();
    equal((await metaOf(backend))?.head, 1, 'entries');
    two.receive(updateWith('newer'), 'e', 6);
    await two.copy.flush();
    equal((await metaOf(backend))?.cursor, 6, 'the cursor');
    await eventually('one hears it', () => one.content === two.content);
    await store.close();
  },

  async 'a copy that was deleted under an open document is written anew, whole'(place) {
    const backend = place.connect();
    const store = new OfflineCopies(backend);
    const one = await Tab.open(store, ID);
    const two = await Tab.open(store, ID);
    one.type('long ago ');
    one.receive(updateWith('server'), 'e', 3);
    await one.copy.flush();
    await eventually('two hears it', () => two.content === one.content);
    two.position = one.position;
    await store.delete(ID);
    one.type('now');
    await one.copy.flush();
    equal(await freshContent(store), one.content, 'the content');
    await eventually('two hears it', () => two.content === one.content);
    await two.copy.flush();
    two.type('!');
    await two.copy.flush();
    equal(await freshContent(store), two.content, 'the content after the other wrote');
    const meta = present(await metaOf(backend));
    equal([meta.epoch, meta.cursor], ['e', 3], 'the place');
    isTrue(meta.unsavedBytes > 0, 'something is unsaved');
    await store.close();
  },

  async 'an own epoch is taken, one of another document is not written to'(place) {
    const backend = place.connect();
    const store = new OfflineCopies(backend);
    const one = await Tab.open(store, ID);
    const two = await Tab.open(store, ID);
    one.receive(updateWith('one'), 'e1', 1);
    await one.copy.flush();
    two.receive(updateWith('TWO'), 'e2', 9);
    two.type('more');
    await two.copy.flush();
    const meta = present(await metaOf(backend));
    equal([meta.epoch, meta.cursor, meta.unsavedBytes], ['e1', 1, 0], 'the place');
    equal(await freshContent(store), 'one', 'the content');
    await store.close();
  },

  async 'a copy that the server carried on takes the new epoch'(place) {
    const backend = place.connect();
    const store = new OfflineCopies(backend);
    const one = await Tab.open(store, ID);
    one.receive(updateWith('one'), 'e1', 9);
    await one.copy.flush();
    const two = await Tab.open(store, ID);
    one.receive(updateWith('two'), 'e2', 2);
    await one.copy.flush();
    equal((await metaOf(backend))?.epoch, 'e2', 'the epoch');
    equal((await metaOf(backend))?.cursor, 2, 'the cursor');
    two.type('mine'); // still of e1, which is the same document
    await two.copy.flush();
    equal((await metaOf(backend))?.epoch, 'e2', 'the epoch');
    equal((await metaOf(backend))?.cursor, 2, 'the cursor');
    equal(await freshContent(store), one.content, 'the content');
    isTrue(one.content.includes('mine'), 'it is there');
    await store.close();
  },

  async 'what a tab has from others alone stays out of a copy of another epoch'(place) {
    const backend = place.connect();
    const store = new OfflineCopies(backend);
    const one = await Tab.open(store, ID);
    const two = await Tab.open(store, ID);
    one.receive(updateWith('old'), 'e1', 4);
    await one.copy.flush();
    await eventually('two hears it', () => two.content === 'old');
    await one.copy.close();
    await store.delete(ID);
    two.type('er'); // The server never told it an epoch.
    await two.copy.flush();
    const meta = present(await metaOf(backend));
    equal([meta.epoch, meta.cursor], ['e1', 0], 'the place of what two wrote');
    equal(await freshContent(store), 'older', 'the content');

    await store.delete(ID);
    const three = await Tab.open(store, ID);
    three.receive(updateWith('new'), 'e2', 1);
    await three.copy.flush();
    two.type('!');
    await two.copy.flush();
    equal(await freshContent(store), 'new', 'the content of the new epoch');
    equal((await metaOf(backend))?.epoch, 'e2', 'the new epoch');
    await store.close();
  },

  async 'a copy is put away once, and who still has it writes nothing into the next one'(place) {
    const backend = place.connect();
    const store = new OfflineCopies(backend);
    const one = await Tab.open(store, ID);
    const two = await Tab.open(store, ID);
    one.receive(updateWith('old'), 'e1', 3);
    one.type('unsaved');
    await one.copy.flush();
    await eventually('two hears it', () => two.content === one.content);
    two.position = { ...two.position, epoch: 'e1', cursor: 3 };
    const unsaved = updateWith('unsaved');
    await one.copy.putAway('document-reset', unsaved);
    equal(await freshContent(store), '', 'the new copy');
    const [record] = await store.setAside(ID);
    equal(record?.reason, 'document-reset', 'the reason');
    equal(record?.documentId, ID, 'the document');
    equal([...(record?.unsaved ?? [])], [...unsaved], 'what was unsaved');

    // The Y.Doc of the next copy.
    one.copy.write([{ update: updateWith('new'), own: false, to: 1 }], {
      ...START,
      epoch: 'e2',
      cursor: 1,
    });
    await one.copy.flush();
    two.type('old things');
    await two.copy.flush();
    equal(await freshContent(store), 'new', 'the new copy');
    equal(one.heard.length, 0, 'what one heard');

    await two.copy.putAway('document-reset', unsaved);
    equal((await store.setAside()).length, 1, 'records');
    equal(await freshContent(store), 'new', 'the new copy after two put its away');
    two.heard.length = 0;
    two.copy.write([], { ...START, epoch: 'e2' });
    await two.copy.flush();
    equal(two.heard.length, 1, 'what two hears of the new copy');
    await store.discard(present(record).id);
    equal((await store.setAside()).length, 0, 'records after discarding');
    await store.close();
  },

  async 'least recently used copies go, never one that is open or has something unsaved'(place) {
    const backend = place.connect();
    const store = new OfflineCopies(backend, { maxBytes: 10_000 });
    const ids = ['unsaved', 'a', 'b', 'c', 'd', 'e'];
    const open = await Tab.open(store, 'open');
    open.receive(updateWith('o'.repeat(2_000)), 'e', 1);
    await open.copy.flush();
    for (const id of ids) {
      const tab = await Tab.open(store, id);
      if (id === 'unsaved') tab.type('u'.repeat(2_000));
      else tab.receive(updateWith('s'.repeat(2_000)), 'e', 1);
      await tab.copy.flush();
      if (id === 'b') await tab.copy.putAway('document-reset', updateWith('kept'));
      await tab.copy.close();
      await pause(3);
    }
    await Tab.open(store, 'a'); // if it is there still
    await store.close();
    const later = new OfflineCopies(place.connect());
    const list = await later.list();
    const left = list.map(({ documentId }) => documentId);
    isTrue(left.includes('unsaved') && left.includes('open'), `they stay: ${left.join()}`);
    isTrue(left.includes('e'), 'the newest stays');
    isTrue(!left.includes('a'), `the oldest went: ${left.join()}`);
    const sum = list.reduce((sum, { bytes }) => sum + bytes, 0);
    isTrue(sum <= 10_000, `${sum} bytes are left`);
    equal((await later.setAside('b')).length, 1, 'what was set aside');
    equal(
      list.find(({ documentId }) => documentId === 'a'),
      undefined,
      'a',
    );
    await later.close();
  },

  async 'a damaged copy is set aside, and begun anew'(place) {
    const damages: ((backend: Backend) => Promise<void>)[] = [
      (backend) =>
        backend.transact('write', async (t) => t.put(logKey(ID, 2), Uint8Array.of(0, 1, 255))),
      (backend) => backend.transact('write', async (t) => t.put(metaKey(ID), Uint8Array.of(9, 9))),
      (backend) => backend.transact('write', async (t) => t.delete(logKey(ID, 2))),
      (backend) => backend.transact('write', async (t) => t.delete(logKey(ID, 3))),
    ];
    let records = 0;
    for (const damage of damages) {
      const backend = place.connect();
      const store = new OfflineCopies(backend);
      const tab = await Tab.open(store, ID);
      for (const text of ['one', 'two', 'three']) {
        tab.type(text);
        await tab.copy.flush();
      }
      await damage(backend);
      await backend.close(); // The page is killed.
      const again = new OfflineCopies(place.connect());
      const reader = await Tab.open(again, ID);
      equal(reader.copy.updates.length, 0, 'updates');
      equal(reader.copy.position, START, 'the position');
      await eventually('it is reported', () => reader.errors.length === 1);
      const aside = await again.setAside(ID);
      isTrue(aside.length > records, 'something was set aside');
      equal(aside.at(-1)?.reason, 'damaged', 'the reason');
      records = aside.length;
      reader.type('fresh');
      await reader.copy.flush();
      equal(await freshContent(again), 'fresh', 'the next copy');
      await again.delete(ID);
      await again.close();
    }
  },

  async 'a copy that is damaged while it is open is written anew, whole'(place) {
    const backend = place.connect();
    const store = new OfflineCopies(backend);
    const tab = await Tab.open(store, ID);
    tab.type('one');
    await tab.copy.flush();
    await backend.transact('write', async (t) => t.put(metaKey(ID), Uint8Array.of(200)));
    tab.type('two');
    await tab.copy.flush();
    equal(await freshContent(store), 'onetwo', 'the content');
    equal(tab.errors.length, 1, 'errors');
    await store.close();
  },

  async 'what waits for something that is missing survives merging'(place) {
    const backend = place.connect();
    const store = new OfflineCopies(backend);
    const source = new Y.Doc();
    const updates: Uint8Array[] = [];
    source.on('update', (update: Uint8Array) => updates.push(update));
    for (const text of ['a', 'b', 'c']) source.getText('text').insert(0, text);
    source.getText('text').delete(0, 1);
    const tab = await Tab.open(store, ID);
    for (const i of [0, 2, 3]) {
      const change = { update: present(updates[i]), own: false, to: 0 };
      tab.copy.write([change], START);
      await tab.copy.flush();
    }
    await tab.copy.close();
    const meta = present(await metaOf(backend));
    equal([meta.head, meta.checkpointHead], [3, 3], 'entries');
    isTrue(meta.tailBytes > 0, 'what waits stays in the log');
    const late = await Tab.open(store, ID);
    equal(late.content, 'a', 'the content with a hole');
    late.copy.write([{ update: present(updates[1]), own: false, to: 0 }], START);
    await late.copy.close();
    equal(await freshContent(store), 'ba', 'the content');
    equal((await metaOf(backend))?.tailBytes, 0, 'the tail');
    await store.close();
  },

  async 'a name that is none of a document is refused'(place) {
    const store = new OfflineCopies(place.connect());
    const error = await Tab.open(store, 'a\0b').catch((error: unknown) => error);
    equal((error as { code?: string }).code, 'document-id-invalid', 'the code');
    await store.close();
    isTrue((await Tab.open(store, 'a').catch((e: unknown) => e)) instanceof Error, 'it is closed');
  },
};
