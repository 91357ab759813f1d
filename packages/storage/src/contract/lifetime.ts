import { expect, it } from 'vitest';
import type { Epoch } from '../document-store.ts';
import { append, bytes, type Fixture, id, other, seq } from './fixture.ts';

/** What becomes of a store that is closed, and what is there when it is opened again. */
export function testLifetime(fixture: Fixture): void {
  it('says that it is closed', async () => {
    const { store } = fixture;
    await store.append([append(id, 1)]);
    await store.close();
    await store.close();
    const closed = expect.objectContaining({ code: 'store-closed' });
    await expect(store.load(id)).rejects.toEqual(closed);
    await expect(store.append([append(id, 2)])).rejects.toEqual(closed);
    await expect(fixture.listed()).rejects.toEqual(closed);
    await expect(fixture.listedAsChanged()).rejects.toEqual(closed);
    await expect(store.inspect(id)).rejects.toEqual(closed);
    await expect(store.heads([id])).rejects.toEqual(closed);
    await expect(store.claimCompaction(id, 1)).rejects.toEqual(closed);
    await expect(store.replace(id, bytes(1))).rejects.toEqual(closed);
    await expect(store.delete(id, bytes(1))).rejects.toEqual(closed);
    await expect(store.tombstone(id)).rejects.toEqual(closed);
    await expect(store.readCheckpoint(id, '' as Epoch)).rejects.toEqual(closed);
  });

  if (!fixture.lasts) return;

  it('has everything when it is opened again', async () => {
    let { store } = fixture;
    const epoch = await fixture.appendedEpoch(1, 2, 3);
    await store.compact(id, epoch, { seq: seq(2), update: bytes(12) }, [seq(1)]);
    const before = await fixture.loaded();
    const numbers = await store.inspect(id);
    store = await fixture.reopen();
    expect(await store.load(id)).toEqual(before);
    expect(await store.inspect(id)).toEqual(numbers);
    expect(await fixture.listedAsChanged()).toEqual(['document']);
    expect(await store.heads([id])).toEqual([{ epoch, head: 3 }]);
    expect(await store.append([{ ...append(id, 4), epoch }])).toEqual([{ epoch, head: 4 }]);
  });

  it('has the tombstones when it is opened again', async () => {
    let { store } = fixture;
    await store.append([append(id, 1), append(other, 1)]);
    await store.delete(id, bytes(1));
    await store.delete(other, bytes(2));
    const epoch = await fixture.appendedEpoch(3);
    store = await fixture.reopen();
    expect(await store.tombstone(id)).toEqual(bytes(1));
    expect(await store.tombstone(other)).toEqual(bytes(2));
    expect(await store.inspect(other)).toBeUndefined();
    expect(await fixture.listed()).toEqual(['document']);
    await store.compact(id, epoch, { seq: seq(1), update: bytes(3) });
    await store.delete(id, bytes(4));
    await store.replace(other, bytes(5));
    await store.reclaim();
    store = await fixture.reopen();
    expect(await store.tombstone(id)).toEqual(bytes(4));
    expect(await store.tombstone(other)).toBeUndefined();
    expect(await fixture.listed()).toEqual(['other']);
  });
}
