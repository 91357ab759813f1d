import { expect, it } from 'vitest';
import { nextEpoch } from '../epoch.ts';
import { append, bytes, type Fixture, id, seq } from './fixture.ts';

/** How documents are deleted, made again and replaced. */
export function testIncarnations(fixture: Fixture): void {
  it('deletes a document whole, and makes it again with a new epoch', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1, 2);
    await store.compact(id, epoch, { seq: seq(1), update: bytes(1) });
    expect(await store.delete(id, bytes(1))).toBe(true);
    expect(await store.load(id)).toBeUndefined();
    expect(await fixture.listed()).toEqual([]);
    const again = await fixture.appendedEpoch(7);
    expect(again).not.toBe(epoch);
    expect((await fixture.loaded()).tail.map((found) => [...found.update])).toEqual([[7, 7]]);
  });

  it('replaces a document with the epoch that it is given', async () => {
    const { store } = fixture;
    const epoch = nextEpoch(await fixture.appendedEpoch(1));
    expect(await store.replace(id, bytes(2), { epoch })).toEqual({ epoch, head: 1 });
    expect((await fixture.loaded()).epoch).toBe(epoch);
    await fixture.appendedEpoch(3);
    expect(await fixture.loaded()).toMatchObject({ epoch, head: 2 });
  });

  it('puts a new incarnation in the place of a document', async () => {
    const { store } = fixture;
    const before = await fixture.appendedEpoch(1, 2, 3);
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
    expect(await fixture.listed()).toEqual(['document']);
  });

  it('makes a document by putting one in the place of none', async () => {
    const { store } = fixture;
    const { epoch } = await store.replace(id, bytes(7));
    expect(await fixture.loaded()).toEqual({
      epoch,
      head: 1,
      checkpoint: { seq: 1, update: bytes(7) },
      tail: [],
    });
  });
}
