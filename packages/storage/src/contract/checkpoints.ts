import { inflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { append, bytes, entry, type Fixture, id, other, seq } from './fixture.ts';

/** Compaction, checkpoints, and who makes them. */
export function testCheckpoints(fixture: Fixture): void {
  it('puts a checkpoint in the place of the entries that it covers', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1, 2, 3);
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
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1, 2);
    await store.compact(id, epoch, { seq: seq(2), update: bytes(12) });
    expect((await fixture.loaded()).head).toBe(2);
    expect(await store.append([append(id, 3)])).toEqual([{ epoch, head: 3 }]);
    expect(await store.compact(id, epoch, { seq: seq(3), update: bytes(123) })).toBe(true);
    expect(await fixture.loaded()).toEqual({
      epoch,
      head: 3,
      checkpoint: { seq: 3, update: bytes(123) },
      tail: [],
    });
  });

  it('refuses a checkpoint that is old, ahead of the log, or of another epoch', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1, 2, 3);
    await store.compact(id, epoch, { seq: seq(2), update: bytes(12) });
    const before = await fixture.loaded();
    for (const value of [1, 2, 4]) {
      expect(await store.compact(id, epoch, { seq: seq(value), update: bytes(0) })).toBe(false);
    }
    await store.append([append(other, 1, 2, 3)]);
    const { epoch: another } = await fixture.loaded(other);
    expect(await store.compact(id, another, { seq: seq(3), update: bytes(0) })).toBe(false);
    expect(await fixture.loaded()).toEqual(before);
  });

  it('loses no entry that is appended while a checkpoint is written', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1, 2, 3);
    await Promise.all([
      fixture.appendInTheEnd(4),
      store.compact(id, epoch, { seq: seq(3), update: bytes(123) }),
      fixture.appendInTheEnd(5),
    ]);
    const { head, tail } = await fixture.loaded();
    expect(head).toBe(5);
    expect(tail.map((found) => found.seq)).toEqual([4, 5]);
  });

  it('gives a log whole to who reads it while checkpoints are written', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1);
    for (let round = 0; round < 20; round++) {
      const { head } = await fixture.loaded();
      const loads = [1, 2, 3].map(async (later) => {
        for (let turn = 0; turn < later; turn++) await Promise.resolve();
        return await fixture.loaded();
      });
      const [, , ...found] = await Promise.all([
        store.compact(id, epoch, { seq: seq(head), update: bytes(head) }),
        store.append([append(id, 2)]),
        fixture.loaded(),
        ...loads,
      ]);
      for (const { checkpoint, tail, head: newest } of found) {
        const from = checkpoint?.seq ?? 0;
        expect(checkpoint?.update ?? bytes(0)).toEqual(bytes(from));
        expect(tail.map((each) => each.seq)).toEqual(
          Array.from({ length: newest - from }, (_, index) => from + index + 1),
        );
        expect(newest).toBeGreaterThanOrEqual(head);
      }
    }
  });

  it('keeps a checkpoint that compresses well, and one that does not, as they are', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1, 2);
    const repetitive = new Uint8Array(3_000_000).map((_, index) => (index >> 8) % 7);
    const incompressible = crypto.getRandomValues(new Uint8Array(60_000));
    for (const [index, update] of [repetitive, incompressible].entries()) {
      expect(await store.compact(id, epoch, { seq: seq(index + 1), update })).toBe(true);
      expect((await store.inspect(id))?.checkpoint).toEqual({
        seq: index + 1,
        bytes: update.length,
      });
      expect(Buffer.compare((await fixture.loaded()).checkpoint?.update ?? bytes(), update)).toBe(
        0,
      );
    }
  });

  it.each([
    ['empty', bytes()],
    ['short', bytes(1, 2, 3)],
    ['repetitive', new Uint8Array(100_000).map((_, index) => (index >> 8) % 7)],
    ['incompressible', crypto.getRandomValues(new Uint8Array(10_000))],
  ])('gives a checkpoint of an update that is %s as it is stored', async (_, update) => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1, 2, 3);
    await store.compact(id, epoch, { seq: seq(1), update: bytes(0) });
    await store.compact(id, epoch, { seq: seq(2), update });
    const stored = await store.readCheckpoint(id, epoch);
    if (stored === undefined) throw new Error('there is no checkpoint');
    const { encoding, bytes: held } = stored;
    expect(stored.seq).toBe(2);
    expect(['identity', 'deflate-raw']).toContain(encoding);
    const inflated = encoding === 'identity' ? held : inflateRawSync(held);
    expect(Buffer.compare(inflated, update)).toBe(0);
    expect(Buffer.compare((await fixture.loaded()).checkpoint?.update ?? bytes(9), inflated)).toBe(
      0,
    );
  });

  it('gives no stored checkpoint where there is none, or of another epoch', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1);
    expect(await store.readCheckpoint(id, epoch)).toBeUndefined();
    expect(await store.readCheckpoint(other, epoch)).toBeUndefined();
    const replaced = await store.replace(id, bytes(7));
    expect(await store.readCheckpoint(id, epoch)).toBeUndefined();
    expect((await store.readCheckpoint(id, replaced.epoch))?.seq).toBe(1);
    await store.delete(id, bytes());
    expect(await store.readCheckpoint(id, replaced.epoch)).toBeUndefined();
  });

  it('serves no entry that was set aside, and counts it', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1, 2, 3, 4);
    expect(await store.compact(id, epoch, { seq: seq(3), update: bytes(13) }, [seq(2)])).toBe(true);
    expect((await fixture.loaded()).tail.map((found) => found.seq)).toEqual([4]);
    expect((await store.inspect(id))?.setAside).toBe(1);
    await store.compact(id, epoch, { seq: seq(4), update: bytes(13) }, [seq(4)]);
    expect((await fixture.loaded()).tail).toEqual([]);
    expect((await store.inspect(id))?.setAside).toBe(2);
  });

  it('serves on after its room was reclaimed', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1, 2, 3);
    await store.compact(id, epoch, { seq: seq(2), update: bytes(12) });
    await store.reclaim();
    expect((await fixture.loaded()).checkpoint).toEqual({ seq: 2, update: bytes(12) });
    await store.append([append(id, 4)]);
    await store.reclaim();
    expect((await fixture.loaded()).tail.map((found) => found.seq)).toEqual([3, 4]);
  });

  it('lets a compaction be claimed where there is something to compact', async () => {
    const { store } = fixture;
    expect(await store.claimCompaction(id, 60_000)).toBe(false);
    const epoch = await fixture.appendedEpoch(1, 2);
    expect(await store.claimCompaction(id, 60_000)).toBe(true);
    expect(await store.compact(id, epoch, { seq: seq(2), update: bytes(12) })).toBe(true);
    expect(await store.claimCompaction(id, 60_000)).toBe(false);
    await fixture.appendedEpoch(3);
    expect(await store.claimCompaction(id, 60_000)).toBe(true);
  });

  it('lets go of a claim with the incarnation that it was for', async () => {
    const { store } = fixture;
    await fixture.appendedEpoch(1);
    expect(await store.claimCompaction(id, 60_000)).toBe(true);
    await store.replace(id, bytes(2));
    expect(await store.claimCompaction(id, 60_000)).toBe(false);
    await fixture.appendedEpoch(3);
    expect(await store.claimCompaction(id, 60_000)).toBe(true);
    await store.delete(id, bytes());
    expect(await store.claimCompaction(id, 60_000)).toBe(false);
    await fixture.appendedEpoch(4);
    expect(await store.claimCompaction(id, 60_000)).toBe(true);
  });

  it('stores a checkpoint whether it was claimed or not', async () => {
    const { store } = fixture;
    const epoch = await fixture.appendedEpoch(1, 2);
    expect(await store.compact(id, epoch, { seq: seq(1), update: bytes(1) })).toBe(true);
    await store.claimCompaction(id, 60_000);
    expect(await store.compact(id, epoch, { seq: seq(1), update: bytes(1) })).toBe(false);
    expect(await store.compact(id, epoch, { seq: seq(2), update: bytes(12) })).toBe(true);
  });
}
