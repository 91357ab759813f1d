import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocumentId } from '@syncline/protocol';
import type { Epoch, Seq } from '@syncline/storage';
import { testDocumentStore } from '@syncline/storage/contract';
import { ClassicLevel } from 'classic-level';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDatabase } from './database.ts';
import { documentPrefix, FORMAT_KEY, LogKeys, Table, tombstoneKey, withPrefix } from './key.ts';
import { LevelStore } from './level-store.ts';
import { encodeRecord } from './record.ts';

let directory: string;
const makeDirectory = async () => {
  directory = await mkdtemp(join(tmpdir(), 'syncline-level-'));
};
const removeDirectory = () => rm(directory, { recursive: true, force: true });

testDocumentStore('the LevelDB store', {
  open: async () => {
    await makeDirectory();
    return await LevelStore.open(directory);
  },
  reopen: async (store) => {
    await store.close();
    return await LevelStore.open(directory);
  },
  cleanUp: removeDirectory,
});

describe('a LevelDB folder', () => {
  beforeEach(makeDirectory);
  afterEach(removeDirectory);

  const id = parseDocumentId('document');
  const entry = (value: number) => ({ update: new Uint8Array([value]), author: '', time: 0 });
  const code = (value: string) => expect.objectContaining({ code: value });

  /** Stores two entries, changes the folder's records by hand, and opens it again. */
  async function tamper(change: (db: ClassicLevel<Buffer, Buffer>, epoch: Epoch) => Promise<void>) {
    const store = await LevelStore.open(directory);
    await store.append([{ documentId: id, entries: [entry(1), entry(2)] }]);
    const [head] = await store.heads([id]);
    await store.append([{ documentId: parseDocumentId('other'), entries: [entry(9)] }]);
    await store.close();
    const db = openFolder();
    await change(db, head?.epoch as Epoch);
    await db.close();
    return LevelStore.open(directory);
  }
  const keyOf = (epoch: Epoch, seq: number) => new LogKeys(Table.entry, id, epoch).at(seq as Seq);

  const openFolder = () =>
    new ClassicLevel<Buffer, Buffer>(directory, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  const flipLastBit = (value: Buffer) => {
    value[value.length - 1] = (value.at(-1) as number) ^ 1;
    return value;
  };

  it('has one tombstone a document, and never uses its key again', async () => {
    vi.spyOn(Date, 'now').mockReturnValue(1_000_000);
    const keys: Buffer[] = [];
    for (let round = 0; round < 3; round++) {
      const store = await LevelStore.open(directory);
      await store.append([{ documentId: id, entries: [entry(1)] }]);
      await store.delete(id, new Uint8Array([round]));
      await store.close();
      const db = openFolder();
      const found = await db.keys(withPrefix(documentPrefix(Table.tombstone, id))).all();
      expect(found).toHaveLength(1);
      keys.push(...found);
      await db.close();
      vi.mocked(Date.now).mockReturnValue(1_000_000 - round);
    }
    vi.restoreAllMocks();
    expect(keys.toSorted((a, b) => a.compare(b))).toEqual(keys);
    expect(new Set(keys.map(String)).size).toBe(3);
  });

  it('gives the newest tombstone when an older one was left over', async () => {
    const store = await tamper(async (db) => {
      const older = tombstoneKey(id, undefined);
      const newer = tombstoneKey(id, older);
      await db.put(newer, encodeRecord(newer, Buffer.from([2])));
      await db.put(older, encodeRecord(older, Buffer.from([1])));
    });
    expect(await store.tombstone(id)).toEqual(new Uint8Array([2]));
    await store.close();
  });

  it('with a damaged tombstone does not give it, serves its document, and can delete it', async () => {
    const store = await tamper(async (db) => {
      const key = tombstoneKey(id, undefined);
      await db.put(key, flipLastBit(encodeRecord(key, Buffer.from([1]))));
    });
    await expect(store.tombstone(id)).rejects.toEqual(code('store-damaged'));
    expect((await store.load(id))?.head).toBe(2);
    expect(await store.delete(id, new Uint8Array([2]))).toBe(true);
    expect(await store.tombstone(id)).toEqual(new Uint8Array([2]));
    await store.close();
  });

  it('gives a checkpoint deflated, and not when its record is damaged', async () => {
    const update = new Uint8Array(10_000);
    let store = await LevelStore.open(directory);
    const { epoch } = await store.replace(id, update);
    const stored = await store.readCheckpoint(id, epoch);
    expect(stored?.encoding).toBe('deflate-raw');
    expect(stored?.bytes.length).toBeLessThan(100);
    await store.close();
    const db = openFolder();
    const key = new LogKeys(Table.checkpoint, id, epoch).at(1 as Seq);
    await db.put(key, flipLastBit((await db.get(key)) as Buffer));
    await db.close();
    store = await LevelStore.open(directory);
    await expect(store.readCheckpoint(id, epoch)).rejects.toEqual(code('store-damaged'));
    expect(await store.delete(id, new Uint8Array())).toBe(true);
    await store.close();
  });

  it('is read without looking beyond the records of a document that was written lately', async () => {
    let database: Awaited<ReturnType<typeof openDatabase>> | undefined;
    const store = await LevelStore.open(directory, {
      openDatabase: async (folder) => {
        database = await openDatabase(folder);
        return database;
      },
    });
    const asked = vi.spyOn(database as NonNullable<typeof database>, 'iterator');
    try {
      const entries = [entry(1), entry(2), entry(3)];
      const [end] = await store.append([{ documentId: id, entries }]);
      const { epoch } = end as { epoch: Epoch };
      asked.mockClear();
      expect((await store.load(id))?.tail).toHaveLength(3);
      const checkpoint = { seq: 2 as Seq, update: new Uint8Array(9) };
      expect(await store.compact(id, epoch, checkpoint)).toBe(true);
      expect((await store.load(id))?.tail).toHaveLength(1);
      await store.compact(id, epoch, { ...checkpoint, seq: 3 as Seq });
      expect((await store.load(id))?.tail).toHaveLength(0);
      // LevelDB steps over all that was removed lately before it finds that there is no more.
      expect(asked.mock.calls).toMatchObject([3, 2, 1, 1].map((limit) => [{ limit }]));
      for (const [options] of asked.mock.calls) expect(options).not.toHaveProperty('reverse');
    } finally {
      await store.close();
    }
  });

  it('is opened by one at a time', async () => {
    const store = await LevelStore.open(directory);
    await expect(LevelStore.open(directory)).rejects.toEqual(code('store-locked'));
    await store.close();
    await (await LevelStore.open(directory)).close();
  });

  it('is refused when a newer version wrote it', async () => {
    const open = tamper((db) => db.put(FORMAT_KEY, Buffer.from('99')));
    await expect(open).rejects.toEqual(code('store-format'));
  });

  it("is refused when it is another program's", async () => {
    const db = new ClassicLevel(directory);
    await db.put('a', 'b');
    await db.close();
    await expect(LevelStore.open(directory)).rejects.toEqual(code('store-format'));
  });

  it.each<[string, (db: ClassicLevel<Buffer, Buffer>, epoch: Epoch) => Promise<void>]>([
    [
      'a flipped bit',
      async (db, epoch) => {
        await db.put(keyOf(epoch, 2), flipLastBit((await db.get(keyOf(epoch, 2))) as Buffer));
      },
    ],
    ['a missing entry', (db, epoch) => db.del(keyOf(epoch, 1))],
    [
      'an entry in the place of another',
      async (db, epoch) => {
        await db.put(keyOf(epoch, 2), (await db.get(keyOf(epoch, 1))) as Buffer);
      },
    ],
    [
      'its own record lost',
      async (db) => {
        for (const key of await db.keys(withPrefix(documentPrefix(Table.document, id))).all()) {
          await db.del(key);
        }
      },
    ],
    ['a cut record', (db, epoch) => db.put(keyOf(epoch, 2), Buffer.from([1, 2]))],
  ])('with %s does not serve that document, and serves the others', async (_, change) => {
    const store = await tamper(change);
    await expect(store.load(id)).rejects.toEqual(code('store-damaged'));
    expect((await store.load(parseDocumentId('other')))?.head).toBe(1);
    await store.close();
  });
});
