import type { Database, Operation } from './database.ts';
import { Table } from './key.ts';

/** A store below this size is compacted whenever something was removed: that takes milliseconds. */
const SMALL_STORE_BYTES = 16 * 1024 * 1024;
/** A larger one when what was removed comes to this part of it, so that the work is amortised. */
const WORTHWHILE_PART = 1 / 8;

const FIRST = Buffer.from([Table.store]);
const LAST = Buffer.from([Table.marker + 1]);

/** How the store is reached: reads of its database, and commits in their turn. */
export interface Reclaimed {
  read<T>(work: (db: Database) => Promise<T>): Promise<T>;
  commit(operations: readonly Operation[]): Promise<void>;
}

/**
 * Makes LevelDB drop removed records from its files. False when it is not worth it yet.
 *
 * LevelDB removes a record when it merges files, and a file that nothing overlaps is not merged: the
 * flush before the first compaction can leave a deletion and what it deletes in one such file. Two
 * markers around all other keys make a file that overlaps every other, and so a second compaction
 * that merges them all.
 */
export async function reclaimSpace(removedBytes: number, store: Reclaimed): Promise<boolean> {
  if (removedBytes === 0) return false;
  const size = await store.read((db) => db.approximateSize(FIRST, LAST));
  if (size > SMALL_STORE_BYTES && removedBytes < size * WORTHWHILE_PART) return false;
  await store.read((db) => db.compactRange(FIRST, LAST));
  const edges = [Buffer.from([Table.store, 0]), Buffer.from([Table.marker, 0])];
  const now = Buffer.from(String(Date.now()));
  for (const edge of edges) {
    const upTo = Buffer.concat([edge, Buffer.from([0xff])]);
    const old = await store.read((db) => db.keys({ gte: edge, lt: upTo }).all());
    const key = Buffer.concat([edge, now]);
    await store.commit([
      { type: 'put', key, value: Buffer.alloc(0) },
      ...old
        .filter((other) => !other.equals(key))
        .map((other) => ({ type: 'del', key: other }) as const),
    ]);
  }
  await store.read((db) => db.compactRange(FIRST, LAST));
  return true;
}
