import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocumentId } from '@syncline/protocol';
import type { Seq } from '@syncline/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { LevelStore } from './level-store.ts';

/** What the next batch does, and how often it does it. */
let fault: { how: 'not written' | 'written all the same' | 'corrupt'; times: number } | undefined;
let failedOpenings: number;
let openings: number;
let states: string[];
let directory: string;
let store: LevelStore;

const id = parseDocumentId('document');
const entry = (value: number) => ({ update: new Uint8Array([value]), author: '', time: 0 });
const append = (value: number) => store.append([{ documentId: id, entries: [entry(value)] }]);
const code = (value: string) => expect.objectContaining({ code: value });
const values = async () => (await store.load(id))?.tail.map(({ update }) => update[0]);

function failing(message: string, levelCode: string): Error {
  return Object.assign(new Error(message), { code: levelCode });
}

/** Opens LevelDB so that its batches fail as `fault` says. */
async function openFaulty(): Promise<Database> {
  openings += 1;
  if (failedOpenings > 0) {
    failedOpenings -= 1;
    throw failing('IO error: no room', 'LEVEL_IO_ERROR');
  }
  const db = await openDatabase(directory);
  const begin = db.batch.bind(db) as () => ReturnType<Database['batch']>;
  const faulty = () => {
    const batch = begin();
    const write = batch.write.bind(batch);
    const fail = async (options: { sync: boolean }): Promise<void> => {
      const now = fault;
      if (now === undefined || now.times === 0) return await write(options);
      now.times -= 1;
      if (now.how === 'written all the same') await write(options);
      if (now.how === 'corrupt') throw failing('Corruption: a block', 'LEVEL_CORRUPTION');
      throw failing('IO error: no room', 'LEVEL_IO_ERROR');
    };
    return Object.defineProperty(batch, 'write', { value: fail });
  };
  Object.defineProperty(db, 'batch', { value: faulty });
  return db;
}

describe('a store whose disk fails', () => {
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'syncline-handle-'));
    [fault, failedOpenings, openings, states] = [undefined, 0, 0, []];
    store = await LevelStore.open(directory, {
      openDatabase: openFaulty,
      onState: (state) => states.push(state),
    });
    await append(1);
  });
  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  it.each(['not written', 'written all the same'] as const)(
    'appends a batch once that failed and was %s',
    async (how) => {
      fault = { how, times: 1 };
      const answers = await Promise.all([append(2), append(3)]);
      expect(answers).toMatchObject([[{ head: 2 }], [{ head: 3 }]]);
      expect(await values()).toEqual([1, 2, 3]);
      expect(states).toEqual(['recovering', 'ready']);
      expect(openings).toBe(2);
    },
  );

  it.each(['not written', 'written all the same'] as const)(
    'removes a document once, and leaves its tombstone, when that failed and was %s',
    async (how) => {
      fault = { how, times: 1 };
      expect(await store.delete(id, new Uint8Array([7]))).toBe(true);
      expect(await store.load(id)).toBeUndefined();
      expect(await store.tombstone(id)).toEqual(new Uint8Array([7]));
      expect(states).toEqual(['recovering', 'ready']);
    },
  );

  it('tries until a batch succeeds, and meanwhile reads but acknowledges nothing', async () => {
    fault = { how: 'not written', times: 3 };
    let acknowledged = false;
    const appending = (async () => {
      await append(2);
      acknowledged = true;
    })();
    await expect.poll(() => store.state).toBe('recovering');
    expect(await values()).toEqual([1]);
    expect(acknowledged).toBe(false);
    await appending;
    expect(await values()).toEqual([1, 2]);
    expect(states).toEqual(['recovering', 'ready']);
  });

  it('lets reads wait while it cannot be opened', async () => {
    fault = { how: 'not written', times: 1 };
    failedOpenings = 2;
    const appending = append(2);
    await expect.poll(() => openings).toBe(2);
    expect((await store.load(id))?.tail[0]?.update[0]).toBe(1);
    expect(openings).toBe(4);
    await appending;
    expect(await values()).toEqual([1, 2]);
  });

  it('closes at once while it recovers, and has what it acknowledged', async () => {
    fault = { how: 'not written', times: Number.POSITIVE_INFINITY };
    const [first, second] = [append(2), append(3)];
    const rejected = Promise.all(
      [first, second].map((append) => expect(append).rejects.toEqual(code('commit-failed'))),
    );
    await expect.poll(() => store.state).toBe('recovering');
    const before = Date.now();
    await store.close();
    expect(Date.now() - before).toBeLessThan(1_000);
    await rejected;
    fault = undefined;
    store = await LevelStore.open(directory);
    expect(await values()).toEqual([1]);
  });

  it('rejects reads that wait, when it is closed before it could be opened again', async () => {
    fault = { how: 'not written', times: 1 };
    failedOpenings = Number.POSITIVE_INFINITY;
    const appending = expect(append(2)).rejects.toEqual(code('commit-failed'));
    await expect.poll(() => openings).toBe(2);
    const reading = expect(store.load(id)).rejects.toEqual(code('store-closed'));
    await store.close();
    await Promise.all([appending, reading]);
  });

  it('is read-only from the time that LevelDB finds damage', async () => {
    fault = { how: 'corrupt', times: 1 };
    await expect(append(2)).rejects.toEqual(code('store-read-only'));
    await expect(append(3)).rejects.toEqual(code('store-read-only'));
    await expect(store.delete(id, new Uint8Array())).rejects.toEqual(code('store-read-only'));
    expect(await values()).toEqual([1]);
    expect(states).toEqual(['read-only']);
  });

  it('reclaims room after a failed marker', async () => {
    const epoch = (await store.load(id))?.epoch ?? expect.fail('the document is missing');
    await store.compact(id, epoch, { seq: 1 as Seq, update: new Uint8Array([1]) });
    fault = { how: 'not written', times: 1 };
    await store.reclaim();
    expect(states).toEqual(['recovering', 'ready']);
    expect((await store.load(id))?.head).toBe(1);
  });
});
