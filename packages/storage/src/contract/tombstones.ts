import { parseDocumentId } from '@syncline/protocol';
import { expect, it } from 'vitest';
import { append, bytes, type Fixture, id, seq } from './fixture.ts';

/** What a deletion leaves. */
export function testTombstones(fixture: Fixture): void {
  it('leaves a tombstone, and nothing else, of a deleted document', async () => {
    const { store } = fixture;
    await fixture.appendedEpoch(1, 2);
    const tombstone = bytes(1, 2, 3);
    expect(await store.delete(id, tombstone)).toBe(true);
    tombstone.fill(0);
    expect(await store.tombstone(id)).toEqual(bytes(1, 2, 3));
    expect(await store.load(id)).toBeUndefined();
    expect(await store.inspect(id)).toBeUndefined();
    expect(await fixture.listed()).toEqual([]);
    expect(await fixture.listedAsChanged()).toEqual([]);
  });

  it('keeps an empty tombstone', async () => {
    const { store } = fixture;
    await fixture.appendedEpoch(1);
    await store.delete(id, bytes());
    expect(await store.tombstone(id)).toEqual(bytes());
  });

  it('keeps the tombstone when there is no document to delete', async () => {
    const { store } = fixture;
    await fixture.appendedEpoch(1);
    await store.delete(id, bytes(1));
    expect(await store.delete(id, bytes(2))).toBe(false);
    expect(await store.tombstone(id)).toEqual(bytes(1));
  });

  it('keeps the tombstone beside a document that is made again, until that is deleted', async () => {
    const { store } = fixture;
    await fixture.appendedEpoch(1);
    expect(await store.tombstone(id)).toBeUndefined();
    await store.delete(id, bytes(1));
    const epoch = await fixture.appendedEpoch(2, 3);
    expect(await store.compact(id, epoch, { seq: seq(2), update: bytes(23) })).toBe(true);
    await store.reclaim();
    expect(await store.tombstone(id)).toEqual(bytes(1));
    expect((await fixture.loaded()).tail).toEqual([]);
    expect(await store.delete(id, bytes(2))).toBe(true);
    expect(await store.tombstone(id)).toEqual(bytes(2));
    await fixture.appendedEpoch(4);
    expect(await store.delete(id, bytes(3))).toBe(true);
    expect(await store.tombstone(id)).toEqual(bytes(3));
  });

  it('takes the tombstone away when a document is replaced, or made by that', async () => {
    const { store } = fixture;
    await fixture.appendedEpoch(1);
    await store.delete(id, bytes(1));
    await store.replace(id, bytes(2));
    expect(await store.tombstone(id)).toBeUndefined();
    await store.delete(id, bytes(3));
    await fixture.appendedEpoch(4);
    await store.replace(id, bytes(5));
    expect(await store.tombstone(id)).toBeUndefined();
  });

  it('puts another tombstone in its place when a document is replaced, if there is one', async () => {
    const { store } = fixture;
    await fixture.appendedEpoch(1);
    await store.delete(id, bytes(1));
    await fixture.appendedEpoch(2);
    await store.replace(id, bytes(3), { tombstone: bytes(4) });
    expect((await fixture.loaded()).checkpoint?.update).toEqual(bytes(3));
    expect(await store.tombstone(id)).toEqual(bytes(4));
    await store.replace(id, bytes(5), { tombstone: bytes(6) });
    expect(await store.tombstone(id)).toEqual(bytes(6));
    await store.replace(id, bytes(7));
    expect(await store.tombstone(id)).toBeUndefined();
  });

  it('keeps tombstones apart whatever the names of their documents', async () => {
    const { store } = fixture;
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
}
