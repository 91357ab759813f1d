import { type DocumentId, parseDocumentId } from '@syncline/protocol';
import { expect, it } from 'vitest';
import { newEpoch } from '../epoch.ts';
import { append, bytes, type Fixture, id, other, seq } from './fixture.ts';

/** Appends that name the incarnation that they were made for. */
export function testExpectedEpochs(fixture: Fixture): void {
  it('appends for the epoch that the document has', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1);
    expect(await store.append([{ ...append(id, 2, 3), epoch }])).toEqual([{ epoch, head: 3 }]);
    await store.compact(id, epoch, { seq: seq(3), update: bytes(123) });
    expect(await store.append([{ ...append(id, 4), epoch }])).toEqual([{ epoch, head: 4 }]);
    expect((await fixture.loaded()).tail.map(({ update }) => [...update])).toEqual([[4, 4]]);
  });

  it('appends nothing for an epoch that the document does not have', async () => {
    const { store } = fixture;
    await fixture.appendedEpoch(1, 2);
    const before = await fixture.loaded();
    expect(await store.append([{ ...append(id, 3), epoch: newEpoch() }])).toEqual(['replaced']);
    expect(await store.append([{ ...append(id), epoch: newEpoch() }])).toEqual(['replaced']);
    expect(await fixture.loaded()).toEqual(before);
  });

  it('makes no document for an epoch', async () => {
    const { store } = fixture;
    const appends = [{ ...append(id, 1), epoch: newEpoch() }];
    expect(await store.append(appends)).toEqual(['replaced']);
    expect(await store.load(id)).toBeUndefined();
    expect(await store.inspect(id)).toBeUndefined();
    expect(await fixture.listed()).toEqual([]);
    expect(await fixture.listedAsChanged()).toEqual([]);
    expect(await fixture.appendedEpoch(2)).not.toBe(appends[0]?.epoch);
    expect((await fixture.loaded()).head).toBe(1);
  });

  it('appends nothing for a document that was deleted, or made again since', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1);
    await store.delete(id, bytes(9));
    expect(await store.append([{ ...append(id, 2), epoch }])).toEqual(['replaced']);
    expect(await store.load(id)).toBeUndefined();
    expect(await store.tombstone(id)).toEqual(bytes(9));
    await fixture.appendedEpoch(3);
    expect(await store.append([{ ...append(id, 4), epoch }])).toEqual(['replaced']);
    expect((await fixture.loaded()).tail.map(({ update }) => [...update])).toEqual([[3, 3]]);
  });

  it('appends nothing for a document that was replaced', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1);
    const replaced = await store.replace(id, bytes(7));
    expect(await store.append([{ ...append(id, 2), epoch }])).toEqual(['replaced']);
    const { tail, checkpoint } = await fixture.loaded();
    expect(tail).toEqual([]);
    expect(checkpoint?.update).toEqual(bytes(7));
    expect(await store.append([{ ...append(id, 3), epoch: replaced.epoch }])).toEqual([
      { epoch: replaced.epoch, head: 2 },
    ]);
  });

  it('appends to the others of a batch, whatever became of some', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1);
    const { epoch: former } = await store.replace(other, bytes(7));
    const { epoch: another } = await store.replace(other, bytes(8));
    const [gone, made] = ['gone', 'made'].map(parseDocumentId) as [DocumentId, DocumentId];
    const answers = await store.append([
      { ...append(gone, 2), epoch: newEpoch() },
      { ...append(id, 2, 3), epoch },
      { ...append(other, 2), epoch: former },
      append(made, 2),
    ]);
    expect(answers).toEqual([
      'replaced',
      { epoch, head: 3 },
      'replaced',
      { epoch: expect.any(String), head: 1 },
    ]);
    expect(await fixture.listed()).toEqual(['document', 'made', 'other']);
    expect(await fixture.loaded(other)).toMatchObject({ epoch: another, head: 1, tail: [] });
  });

  it('appends without an epoch to what is there', async () => {
    const { store } = fixture;
    const { epoch } = await store.replace(id, bytes(7));
    expect(await store.append([append(id, 2)])).toEqual([{ epoch, head: 2 }]);
  });

  it('lets no append for an old epoch through while a document is replaced', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1);
    const [replaced, ...answers] = await Promise.all([
      store.replace(id, bytes(7)),
      ...[2, 3, 4].map((value) => store.append([{ ...append(id, value), epoch }])),
    ]);
    for (const answer of answers.flat()) {
      if (typeof answer === 'object') expect(answer.epoch).toBe(epoch);
      else expect(['held', 'replaced']).toContain(answer);
    }
    expect(await fixture.loaded()).toMatchObject({ epoch: replaced.epoch, head: 1, tail: [] });
    expect(await store.append([{ ...append(id, 5), epoch }])).toEqual(['replaced']);
  });
}
