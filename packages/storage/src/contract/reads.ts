import { parseDocumentId } from '@syncline/protocol';
import { expect, it } from 'vitest';
import { append, bytes, type Fixture, id, other, seq } from './fixture.ts';

/** What can be read of logs: entries, heads, names and numbers. */
export function testReads(fixture: Fixture): void {
  it('reads what comes after a seq', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1, 2, 3);
    const seqs = async (after: number) =>
      (await store.read(id, epoch, seq(after)))?.map((found) => found.seq);
    expect(await seqs(0)).toEqual([1, 2, 3]);
    expect(await seqs(2)).toEqual([3]);
    expect(await seqs(3)).toEqual([]);
  });

  it('reads nothing for another epoch or a missing document', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1);
    expect(await store.read(other, epoch, seq(0))).toBeUndefined();
    await store.delete(id, bytes());
    await fixture.appendedEpoch(1);
    expect(await store.read(id, epoch, seq(0))).toBeUndefined();
  });

  it('lists as changed the documents that have a tail', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1, 2);
    await store.append([append(id, 3), append(other, 1)]);
    expect(await fixture.listedAsChanged()).toEqual(['document', 'other']);
    await store.compact(id, epoch, { seq: seq(2), update: bytes(12) });
    expect(await fixture.listedAsChanged()).toEqual(['document', 'other']);
    await store.compact(id, epoch, { seq: seq(3), update: bytes(123) });
    expect(await fixture.listedAsChanged()).toEqual(['other']);
    await store.append([append(id, 4)]);
    expect(await fixture.listedAsChanged()).toEqual(['document', 'other']);
    await store.delete(other, bytes());
    await store.replace(id, bytes(7));
    expect(await fixture.listedAsChanged()).toEqual([]);
    await store.append([append(id, 8)]);
    expect(await fixture.listedAsChanged()).toEqual(['document']);
  });

  it('lists each of thousands of documents once', async () => {
    const { store } = fixture;
    const ids = Array.from({ length: 2_500 }, (_, index) => parseDocumentId(`document ${index}`));
    await store.append(ids.map((documentId) => append(documentId, 1)));
    expect(await fixture.listed()).toEqual([...ids].sort());
    expect(await fixture.listedAsChanged()).toEqual([...ids].sort());
  });

  it("gives a document's numbers", async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1, 2, 3);
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

  it('gives the heads of many documents in the order of their ids', async () => {
    const { store } = fixture;
    expect(await store.heads([])).toEqual([]);
    expect(await store.heads([id])).toEqual([undefined]);
    const epoch = await fixture.appendedEpoch(1, 2);
    const { epoch: another } = await store.replace(other, bytes(7));
    const missing = parseDocumentId('missing');
    expect(await store.heads([other, missing, id])).toEqual([
      { epoch: another, head: 1 },
      undefined,
      { epoch, head: 2 },
    ]);
    const ids = Array.from({ length: 2_500 }, (_, index) => parseDocumentId(`document ${index}`));
    const answers = await store.append(ids.map((documentId) => append(documentId, 1)));
    expect(await store.heads(ids.toReversed())).toEqual(answers.toReversed());
  });

  it('gives heads as they are after each change of a log', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1, 2, 3);
    await store.compact(id, epoch, { seq: seq(2), update: bytes(12) });
    expect(await store.heads([id])).toEqual([{ epoch, head: 3 }]);
    await store.compact(id, epoch, { seq: seq(3), update: bytes(123) });
    expect(await store.heads([id])).toEqual([{ epoch, head: 3 }]);
    await fixture.appendedEpoch(4);
    expect(await store.heads([id])).toEqual([{ epoch, head: 4 }]);
    const replaced = await store.replace(id, bytes(7));
    expect(await store.heads([id])).toEqual([replaced]);
    await store.delete(id, bytes());
    expect(await store.heads([id])).toEqual([undefined]);
    const again = await fixture.appendedEpoch(5);
    expect(await store.heads([id])).toEqual([{ epoch: again, head: 1 }]);
  });
}
