import { parseDocumentId } from '@syncline/protocol';
import { expect, it } from 'vitest';
import { append, bytes, entry, type Fixture, id, other } from './fixture.ts';

/** What an append makes of documents, and how names keep them apart. */
export function testAppends(fixture: Fixture): void {
  it('has no document before an append', async () => {
    const { store } = fixture;
    expect(await store.load(id)).toBeUndefined();
    expect(await fixture.listed()).toEqual([]);
    expect(await fixture.listedAsChanged()).toEqual([]);
    expect(await store.inspect(id)).toBeUndefined();
    expect(await store.delete(id, bytes(1))).toBe(false);
    expect(await store.tombstone(id)).toBeUndefined();
  });

  it('is ready when it is open', () => {
    const { store } = fixture;
    expect(store.state).toBe('ready');
  });

  it('gives back what was appended, with seqs from 1 and without a hole', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1, 2);
    expect(await store.append([append(id, 3)])).toEqual([{ epoch, head: 3 }]);
    expect(await store.load(id)).toEqual({
      epoch,
      head: 3,
      checkpoint: undefined,
      tail: [1, 2, 3].map((value) => ({ ...entry(value), seq: value })),
    });
  });

  it('appends to many documents at once, and counts each by itself', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1, 2);
    const answers = await store.append([append(other, 9), append(id, 3)]);
    expect(answers).toMatchObject([{ head: 1 }, { epoch, head: 3 }]);
    expect((await fixture.loaded(other)).epoch).not.toBe(epoch);
    expect((await fixture.loaded(other)).tail.map(({ update }) => [...update])).toEqual([[9, 9]]);
  });

  it('keeps the bytes, however the caller uses its buffer afterwards', async () => {
    const { store } = fixture;
    const update = bytes(1, 2, 3);
    await store.append([{ documentId: id, entries: [{ update, author: '', time: 0 }] }]);
    update.fill(0);
    expect([...((await fixture.loaded()).tail[0]?.update ?? [])]).toEqual([1, 2, 3]);
  });

  it('keeps empty and large updates, and authors of any script', async () => {
    const { store } = fixture;
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
    const { tail } = await fixture.loaded();
    expect(tail[0]).toEqual({ seq: 1, update: bytes(), author: '', time: 0 });
    expect(tail[1]?.author).toBe('Ünï 😀');
    expect(tail[1]?.time).toBe(2 ** 41);
    expect(Buffer.compare(tail[1]?.update ?? bytes(), large)).toBe(0);
  });

  it('gives seqs in order to appends that run at the same time', async () => {
    const { store } = fixture;
    const answers = await Promise.all(
      [1, 2, 3, 4].map((value) => store.append([append(id, value)])),
    );
    const { epoch } = await fixture.loaded();
    expect(answers.flat()).toEqual([1, 2, 3, 4].map((head) => ({ epoch, head })));
  });

  it('keeps documents apart whatever their names', async () => {
    const { store } = fixture;
    const names = ['a', 'a/b', 'a\u{10ffff}', 'aa', 'b', '..', '%2f', '*', '😀', 'x'.repeat(512)];
    const ids = names.map(parseDocumentId);
    await store.append(ids.map((documentId, index) => append(documentId, index)));
    expect(await fixture.listed()).toEqual([...names].sort());
    await store.delete(parseDocumentId('a'), bytes(1));
    for (const [index, documentId] of ids.entries()) {
      if (index === 0) expect(await store.load(documentId)).toBeUndefined();
      else expect((await fixture.loaded(documentId)).tail).toEqual([{ ...entry(index), seq: 1 }]);
    }
  });
}
