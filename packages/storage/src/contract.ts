import { inflateRawSync } from 'node:zlib';
import { type DocumentId, parseDocumentId } from '@syncline/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Append, DocumentStore, Epoch, NewEntry, Seq } from './document-store.ts';
import { nextEpoch } from './epoch.ts';

/** How the suite gets a store to test, and what is special about it. */
export interface StoreUnderTest {
  /** Opens an empty store. Called before each test. */
  open(): Promise<DocumentStore>;
  /** Closes the store, if it is open, and opens what it has stored; left out when nothing lasts. */
  reopen?(store: DocumentStore): Promise<DocumentStore>;
  /** Takes away what {@link open} made. */
  cleanUp?(): Promise<void>;
}

const id = parseDocumentId('document');
const bytes = (...values: number[]) => new Uint8Array(values);
const entry = (value: number, author = 'ada'): NewEntry => ({
  update: bytes(value, value),
  author,
  time: 1_700_000_000_000 + value,
});
const append = (documentId: DocumentId, ...values: number[]): Append => ({
  documentId,
  entries: values.map((value) => entry(value)),
});
const seq = (value: number) => value as Seq;

/** The tests that every {@link DocumentStore} passes. Call it at the top level of a test file. */
export function testDocumentStore(name: string, underTest: StoreUnderTest): void {
  describe(`${name} keeps the contract of a DocumentStore`, () => {
    let store: DocumentStore;

    beforeEach(async () => {
      store = await underTest.open();
    });
    afterEach(async () => {
      await store.close();
      await underTest.cleanUp?.();
    });

    const listed = async () => {
      const documents: string[] = [];
      for await (const documentId of store.list()) documents.push(documentId);
      return documents.sort();
    };
    const listedAsChanged = async () => {
      const documents: string[] = [];
      for await (const documentId of store.changed()) documents.push(documentId);
      return documents.sort();
    };
    const loaded = async (documentId = id) => {
      const document = await store.load(documentId);
      if (document === undefined) throw new Error(`${documentId} is missing`);
      return document;
    };
    /** Appends also while another write of the same store holds the document. */
    const appendInTheEnd = async (value: number) => {
      while ((await store.append([append(id, value)]))[0] === undefined);
    };
    const appendedEpoch = async (...values: number[]) => {
      const [appended] = await store.append([append(id, ...values)]);
      if (appended === undefined) throw new Error('append gave no answer');
      return appended.epoch;
    };

    it('has no document before an append', async () => {
      expect(await store.load(id)).toBeUndefined();
      expect(await listed()).toEqual([]);
      expect(await listedAsChanged()).toEqual([]);
      expect(await store.inspect(id)).toBeUndefined();
      expect(await store.delete(id, bytes(1))).toBe(false);
      expect(await store.tombstone(id)).toBeUndefined();
    });

    it('is ready when it is open', () => {
      expect(store.state).toBe('ready');
    });

    it('gives back what was appended, with seqs from 1 and without a hole', async () => {
      const [first] = await store.append([append(id, 1, 2)]);
      const [second] = await store.append([append(id, 3)]);
      expect(first?.head).toBe(2);
      expect(second).toEqual({ epoch: first?.epoch, head: 3 });
      expect(await store.load(id)).toEqual({
        epoch: first?.epoch,
        head: 3,
        checkpoint: undefined,
        tail: [1, 2, 3].map((value) => ({ ...entry(value), seq: value })),
      });
    });

    it('appends to many documents at once, and counts each by itself', async () => {
      const other = parseDocumentId('other');
      await store.append([append(id, 1, 2)]);
      const answers = await store.append([append(other, 9), append(id, 3)]);
      expect(answers.map((answer) => answer?.head)).toEqual([1, 3]);
      expect(answers[0]?.epoch).not.toBe(answers[1]?.epoch);
      expect((await loaded(other)).tail.map(({ update }) => [...update])).toEqual([[9, 9]]);
    });

    it('keeps the bytes, however the caller uses its buffer afterwards', async () => {
      const update = bytes(1, 2, 3);
      await store.append([{ documentId: id, entries: [{ update, author: '', time: 0 }] }]);
      update.fill(0);
      expect([...((await loaded()).tail[0]?.update ?? [])]).toEqual([1, 2, 3]);
    });

    it('keeps empty and large updates, and authors of any script', async () => {
      const large = new Uint8Array(3_000_000).map((_, index) => index % 251);
      await store.append([
        {
          documentId: id,
          entries: [
            { update: bytes(), author: '', time: 0 },
            { update: large, author: 'Ünï 😀', time: 2 ** 41 },
          ],
        },
      ]);
      const { tail } = await loaded();
      expect(tail[0]).toEqual({ seq: 1, update: bytes(), author: '', time: 0 });
      expect(tail[1]?.author).toBe('Ünï 😀');
      expect(tail[1]?.time).toBe(2 ** 41);
      expect(Buffer.compare(tail[1]?.update ?? bytes(), large)).toBe(0);
    });

    it('reads what comes after a seq', async () => {
      const epoch = await appendedEpoch(1, 2, 3);
      const seqs = async (after: number) =>
        (await store.read(id, epoch, seq(after)))?.map((found) => found.seq);
      expect(await seqs(0)).toEqual([1, 2, 3]);
      expect(await seqs(2)).toEqual([3]);
      expect(await seqs(3)).toEqual([]);
    });

    it('reads nothing for another epoch or a missing document', async () => {
      const epoch = await appendedEpoch(1);
      expect(await store.read(parseDocumentId('other'), epoch, seq(0))).toBeUndefined();
      await store.delete(id, bytes());
      await appendedEpoch(1);
      expect(await store.read(id, epoch, seq(0))).toBeUndefined();
    });

    it('puts a checkpoint in the place of the entries that it covers', async () => {
      const epoch = await appendedEpoch(1, 2, 3);
      expect(await store.compact(id, epoch, { seq: seq(2), update: bytes(12) })).toBe(true);
      expect(await store.load(id)).toEqual({
        epoch,
        head: 3,
        checkpoint: { seq: 2, update: bytes(12) },
        tail: [{ ...entry(3), seq: 3 }],
      });
      expect(await store.read(id, epoch, seq(1))).toBeUndefined();
      expect((await store.read(id, epoch, seq(2)))?.map((found) => found.seq)).toEqual([3]);
    });

    it('counts on after a checkpoint of everything', async () => {
      const epoch = await appendedEpoch(1, 2);
      await store.compact(id, epoch, { seq: seq(2), update: bytes(12) });
      expect((await loaded()).head).toBe(2);
      const [appended] = await store.append([append(id, 3)]);
      expect(appended).toEqual({ epoch, head: 3 });
      expect(await store.compact(id, epoch, { seq: seq(3), update: bytes(123) })).toBe(true);
      expect(await loaded()).toEqual({
        epoch,
        head: 3,
        checkpoint: { seq: 3, update: bytes(123) },
        tail: [],
      });
    });

    it('refuses a checkpoint that is old, ahead of the log, or of another epoch', async () => {
      const epoch = await appendedEpoch(1, 2, 3);
      await store.compact(id, epoch, { seq: seq(2), update: bytes(12) });
      const before = await loaded();
      for (const value of [1, 2, 4]) {
        expect(await store.compact(id, epoch, { seq: seq(value), update: bytes(0) })).toBe(false);
      }
      await store.append([append(parseDocumentId('other'), 1, 2, 3)]);
      const other = await loaded(parseDocumentId('other'));
      expect(await store.compact(id, other.epoch, { seq: seq(3), update: bytes(0) })).toBe(false);
      expect(await loaded()).toEqual(before);
    });

    it('loses no entry that is appended while a checkpoint is written', async () => {
      const epoch = await appendedEpoch(1, 2, 3);
      await Promise.all([
        appendInTheEnd(4),
        store.compact(id, epoch, { seq: seq(3), update: bytes(123) }),
        appendInTheEnd(5),
      ]);
      const { head, tail } = await loaded();
      expect(head).toBe(5);
      expect(tail.map((found) => found.seq)).toEqual([4, 5]);
    });

    it('gives seqs in order to appends that run at the same time', async () => {
      const answers = await Promise.all(
        [1, 2, 3, 4].map((value) => store.append([append(id, value)])),
      );
      expect(answers.flat().map((answer) => answer?.head)).toEqual([1, 2, 3, 4]);
      expect(new Set(answers.flat().map((answer) => answer?.epoch)).size).toBe(1);
    });

    it('deletes a document whole, and makes it again with a new epoch', async () => {
      const epoch = await appendedEpoch(1, 2);
      await store.compact(id, epoch, { seq: seq(1), update: bytes(1) });
      expect(await store.delete(id, bytes(1))).toBe(true);
      expect(await store.load(id)).toBeUndefined();
      expect(await listed()).toEqual([]);
      const again = await appendedEpoch(7);
      expect(again).not.toBe(epoch);
      expect((await loaded()).tail.map((found) => [...found.update])).toEqual([[7, 7]]);
    });

    it('leaves a tombstone, and nothing else, of a deleted document', async () => {
      await appendedEpoch(1, 2);
      const tombstone = bytes(1, 2, 3);
      expect(await store.delete(id, tombstone)).toBe(true);
      tombstone.fill(0);
      expect(await store.tombstone(id)).toEqual(bytes(1, 2, 3));
      expect(await store.load(id)).toBeUndefined();
      expect(await store.inspect(id)).toBeUndefined();
      expect(await listed()).toEqual([]);
      expect(await listedAsChanged()).toEqual([]);
    });

    it('keeps an empty tombstone', async () => {
      await appendedEpoch(1);
      await store.delete(id, bytes());
      expect(await store.tombstone(id)).toEqual(bytes());
    });

    it('keeps the tombstone when there is no document to delete', async () => {
      await appendedEpoch(1);
      await store.delete(id, bytes(1));
      expect(await store.delete(id, bytes(2))).toBe(false);
      expect(await store.tombstone(id)).toEqual(bytes(1));
    });

    it('keeps the tombstone beside a document that is made again, until that is deleted', async () => {
      await appendedEpoch(1);
      expect(await store.tombstone(id)).toBeUndefined();
      await store.delete(id, bytes(1));
      const epoch = await appendedEpoch(2, 3);
      expect(await store.compact(id, epoch, { seq: seq(2), update: bytes(23) })).toBe(true);
      await store.reclaim();
      expect(await store.tombstone(id)).toEqual(bytes(1));
      expect((await loaded()).tail).toEqual([]);
      expect(await store.delete(id, bytes(2))).toBe(true);
      expect(await store.tombstone(id)).toEqual(bytes(2));
      await appendedEpoch(4);
      expect(await store.delete(id, bytes(3))).toBe(true);
      expect(await store.tombstone(id)).toEqual(bytes(3));
    });

    it('takes the tombstone away when a document is replaced, or made by that', async () => {
      await appendedEpoch(1);
      await store.delete(id, bytes(1));
      await store.replace(id, bytes(2));
      expect(await store.tombstone(id)).toBeUndefined();
      await store.delete(id, bytes(3));
      await appendedEpoch(4);
      await store.replace(id, bytes(5));
      expect(await store.tombstone(id)).toBeUndefined();
    });

    it('keeps the tombstone of a document that is replaced, when it is told to', async () => {
      await appendedEpoch(1);
      await store.delete(id, bytes(1));
      await appendedEpoch(2);
      await store.replace(id, bytes(3), { keepTombstone: true });
      expect((await loaded()).checkpoint?.update).toEqual(bytes(3));
      expect(await store.tombstone(id)).toEqual(bytes(1));
    });

    it('replaces a document with the epoch that it is given', async () => {
      const epoch = nextEpoch(await appendedEpoch(1));
      expect(await store.replace(id, bytes(2), { epoch })).toEqual({ epoch, head: 1 });
      expect((await loaded()).epoch).toBe(epoch);
      await appendedEpoch(3);
      expect(await loaded()).toMatchObject({ epoch, head: 2 });
    });

    it('keeps documents apart whatever their names', async () => {
      const names = ['a', 'a/b', 'a\u{10ffff}', 'aa', 'b', '..', '%2f', '*', '😀', 'x'.repeat(512)];
      const ids = names.map(parseDocumentId);
      await store.append(ids.map((documentId, index) => append(documentId, index)));
      expect(await listed()).toEqual([...names].sort());
      await store.delete(parseDocumentId('a'), bytes(1));
      for (const [index, documentId] of ids.entries()) {
        if (index === 0) expect(await store.load(documentId)).toBeUndefined();
        else expect((await loaded(documentId)).tail).toEqual([{ ...entry(index), seq: 1 }]);
      }
    });

    it('keeps tombstones apart whatever the names of their documents', async () => {
      const names = ['a', 'a/b', 'a\u{10ffff}', 'aa', 'b', 'x'.repeat(512)];
      const ids = names.map(parseDocumentId);
      await store.append(ids.map((documentId, index) => append(documentId, index)));
      await store.delete(parseDocumentId('a'), bytes(0));
      const stored = () => Promise.all(ids.map((documentId) => store.tombstone(documentId)));
      expect(await stored()).toEqual([bytes(0), ...ids.slice(1).map(() => undefined)]);
      for (const [index, documentId] of ids.entries()) {
        await store.delete(documentId, bytes(index));
      }
      expect(await stored()).toEqual(ids.map((_, index) => bytes(index)));
      await store.replace(parseDocumentId('a'), bytes(7));
      expect(await stored()).toEqual([undefined, ...ids.slice(1).map((_, at) => bytes(at + 1))]);
    });

    it('keeps a checkpoint that compresses well, and one that does not, as they are', async () => {
      const epoch = await appendedEpoch(1, 2);
      const repetitive = new Uint8Array(3_000_000).map((_, index) => (index >> 8) % 7);
      const incompressible = crypto.getRandomValues(new Uint8Array(60_000));
      for (const [index, update] of [repetitive, incompressible].entries()) {
        expect(await store.compact(id, epoch, { seq: seq(index + 1), update })).toBe(true);
        expect((await store.inspect(id))?.checkpoint).toEqual({
          seq: index + 1,
          bytes: update.length,
        });
        expect(Buffer.compare((await loaded()).checkpoint?.update ?? bytes(), update)).toBe(0);
      }
    });

    it.each([
      ['empty', bytes()],
      ['short', bytes(1, 2, 3)],
      ['repetitive', new Uint8Array(100_000).map((_, index) => (index >> 8) % 7)],
      ['incompressible', crypto.getRandomValues(new Uint8Array(10_000))],
    ])('gives a checkpoint of an update that is %s as it is stored', async (_, update) => {
      const epoch = await appendedEpoch(1, 2, 3);
      await store.compact(id, epoch, { seq: seq(1), update: bytes(0) });
      await store.compact(id, epoch, { seq: seq(2), update });
      const stored = await store.readCheckpoint(id, epoch);
      if (stored === undefined) throw new Error('there is no checkpoint');
      const { encoding, bytes: held } = stored;
      expect(stored.seq).toBe(2);
      expect(['identity', 'deflate-raw']).toContain(encoding);
      const inflated = encoding === 'identity' ? held : inflateRawSync(held);
      expect(Buffer.compare(inflated, update)).toBe(0);
      expect(Buffer.compare((await loaded()).checkpoint?.update ?? bytes(9), inflated)).toBe(0);
    });

    it('gives no stored checkpoint where there is none, or of another epoch', async () => {
      const epoch = await appendedEpoch(1);
      expect(await store.readCheckpoint(id, epoch)).toBeUndefined();
      expect(await store.readCheckpoint(parseDocumentId('other'), epoch)).toBeUndefined();
      const replaced = await store.replace(id, bytes(7));
      expect(await store.readCheckpoint(id, epoch)).toBeUndefined();
      expect((await store.readCheckpoint(id, replaced.epoch))?.seq).toBe(1);
      await store.delete(id, bytes());
      expect(await store.readCheckpoint(id, replaced.epoch)).toBeUndefined();
    });

    it('serves no entry that was set aside, and counts it', async () => {
      const epoch = await appendedEpoch(1, 2, 3, 4);
      expect(await store.compact(id, epoch, { seq: seq(3), update: bytes(13) }, [seq(2)])).toBe(
        true,
      );
      expect((await loaded()).tail.map((found) => found.seq)).toEqual([4]);
      expect((await store.inspect(id))?.setAside).toBe(1);
      await store.compact(id, epoch, { seq: seq(4), update: bytes(13) }, [seq(4)]);
      expect((await loaded()).tail).toEqual([]);
      expect((await store.inspect(id))?.setAside).toBe(2);
    });

    it('lists as changed the documents that have a tail', async () => {
      const other = parseDocumentId('other');
      const epoch = await appendedEpoch(1, 2);
      await store.append([append(id, 3), append(other, 1)]);
      expect(await listedAsChanged()).toEqual(['document', 'other']);
      await store.compact(id, epoch, { seq: seq(2), update: bytes(12) });
      expect(await listedAsChanged()).toEqual(['document', 'other']);
      await store.compact(id, epoch, { seq: seq(3), update: bytes(123) });
      expect(await listedAsChanged()).toEqual(['other']);
      await store.append([append(id, 4)]);
      expect(await listedAsChanged()).toEqual(['document', 'other']);
      await store.delete(other, bytes());
      await store.replace(id, bytes(7));
      expect(await listedAsChanged()).toEqual([]);
      await store.append([append(id, 8)]);
      expect(await listedAsChanged()).toEqual(['document']);
    });

    it('lists each of thousands of documents once', async () => {
      const ids = Array.from({ length: 2_500 }, (_, index) => parseDocumentId(`document ${index}`));
      await store.append(ids.map((documentId) => append(documentId, 1)));
      expect(await listed()).toEqual([...ids].sort());
      expect(await listedAsChanged()).toEqual([...ids].sort());
    });

    it('puts a new incarnation in the place of a document', async () => {
      const before = await appendedEpoch(1, 2, 3);
      await store.compact(id, before, { seq: seq(2), update: bytes(12) }, [seq(1)]);
      const { epoch, head } = await store.replace(id, bytes(7, 7));
      expect(head).toBe(1);
      expect(epoch).not.toBe(before);
      expect(await store.load(id)).toEqual({
        epoch,
        head: 1,
        checkpoint: { seq: 1, update: bytes(7, 7) },
        tail: [],
      });
      expect(await store.read(id, before, seq(2))).toBeUndefined();
      expect(await store.compact(id, before, { seq: seq(3), update: bytes(0) })).toBe(false);
      expect(await store.append([append(id, 2)])).toEqual([{ epoch, head: 2 }]);
      expect((await store.read(id, epoch, seq(1)))?.map((found) => found.seq)).toEqual([2]);
      expect(await listed()).toEqual(['document']);
    });

    it('makes a document by putting one in the place of none', async () => {
      const { epoch } = await store.replace(id, bytes(7));
      expect(await loaded()).toEqual({
        epoch,
        head: 1,
        checkpoint: { seq: 1, update: bytes(7) },
        tail: [],
      });
    });

    it("gives a document's numbers", async () => {
      const epoch = await appendedEpoch(1, 2, 3);
      const numbers = { epoch, head: 3, setAside: 0 };
      expect(await store.inspect(id)).toEqual({
        ...numbers,
        floor: 1,
        entries: 3,
        entryBytes: 6,
        checkpoint: undefined,
      });
      await store.compact(id, epoch, { seq: seq(2), update: bytes(1, 2, 3) });
      expect(await store.inspect(id)).toEqual({
        ...numbers,
        floor: 3,
        entries: 1,
        entryBytes: 2,
        checkpoint: { seq: 2, bytes: 3 },
      });
    });

    it('serves on after its room was reclaimed', async () => {
      const epoch = await appendedEpoch(1, 2, 3);
      await store.compact(id, epoch, { seq: seq(2), update: bytes(12) });
      await store.reclaim();
      expect((await loaded()).checkpoint).toEqual({ seq: 2, update: bytes(12) });
      await store.append([append(id, 4)]);
      await store.reclaim();
      expect((await loaded()).tail.map((found) => found.seq)).toEqual([3, 4]);
    });

    it('says that it is closed', async () => {
      await store.append([append(id, 1)]);
      await store.close();
      await store.close();
      const closed = expect.objectContaining({ code: 'store-closed' });
      await expect(store.load(id)).rejects.toEqual(closed);
      await expect(store.append([append(id, 2)])).rejects.toEqual(closed);
      await expect(listed()).rejects.toEqual(closed);
      await expect(listedAsChanged()).rejects.toEqual(closed);
      await expect(store.inspect(id)).rejects.toEqual(closed);
      await expect(store.replace(id, bytes(1))).rejects.toEqual(closed);
      await expect(store.delete(id, bytes(1))).rejects.toEqual(closed);
      await expect(store.tombstone(id)).rejects.toEqual(closed);
      await expect(store.readCheckpoint(id, '' as Epoch)).rejects.toEqual(closed);
    });

    const reopen = underTest.reopen?.bind(underTest);
    if (reopen === undefined) return;

    it('has everything when it is opened again', async () => {
      const epoch = await appendedEpoch(1, 2, 3);
      await store.compact(id, epoch, { seq: seq(2), update: bytes(12) }, [seq(1)]);
      const before = await loaded();
      const numbers = await store.inspect(id);
      store = await reopen(store);
      expect(await store.load(id)).toEqual(before);
      expect(await store.inspect(id)).toEqual(numbers);
      expect(await listedAsChanged()).toEqual(['document']);
      const [appended] = await store.append([append(id, 4)]);
      expect(appended).toEqual({ epoch, head: 4 });
    });

    it('has the tombstones when it is opened again', async () => {
      const other = parseDocumentId('other');
      await store.append([append(id, 1), append(other, 1)]);
      await store.delete(id, bytes(1));
      await store.delete(other, bytes(2));
      const epoch = await appendedEpoch(3);
      store = await reopen(store);
      expect(await store.tombstone(id)).toEqual(bytes(1));
      expect(await store.tombstone(other)).toEqual(bytes(2));
      expect(await store.inspect(other)).toBeUndefined();
      expect(await listed()).toEqual(['document']);
      await store.compact(id, epoch, { seq: seq(1), update: bytes(3) });
      await store.delete(id, bytes(4));
      await store.replace(other, bytes(5));
      await store.reclaim();
      store = await reopen(store);
      expect(await store.tombstone(id)).toEqual(bytes(4));
      expect(await store.tombstone(other)).toBeUndefined();
      expect(await listed()).toEqual(['other']);
    });
  });
}
