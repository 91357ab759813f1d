import type { Database } from './database.ts';
import { Table } from './key.ts';

/** A store below this size is compacted whenever something was removed: that takes milliseconds. */
const SMALL_STORE_BYTES = 16 * 1024 * 1024;
/** A larger one when what was removed comes to this part of it, so that the work is amortised. */
const WORTHWHILE_PART = 1 / 8;

const FIRST = Buffer.from([Table.store]);
const LAST = Buffer.from([Table.marker + 1]);

/**
 * Makes LevelDB drop removed records from its files. False when it is not worth it yet.
 *
 * LevelDB removes a record when it merges files, and a file that nothing overlaps is not merged: the
 * flush before the first compaction can leave a deletion and what it deletes in one such file. Two
 * markers around all other keys make a file that overlaps every other, and so a second compaction
 * that merges them all.
 */
export async function reclaimSpace(db: Database, removedBytes: number): Promise<boolean> {
  const size = await db.approximateSize(FIRST, LAST);
  if (size > SMALL_STORE_BYTES && removedBytes < size * WORTHWHILE_PART) return false;
  await db.compactRange(FIRST, LAST);
  const edges = [Buffer.from([Table.store, 0]), Buffer.from([Table.marker, 0])];
  const now = Buffer.from(String(Date.now()));
  for (const edge of edges) {
    const old = await db.keys({ gte: edge, lt: Buffer.concat([edge, Buffer.from([0xff])]) }).all();
    await db.batch([
      ...old.map((key) => ({ type: 'del', key }) as const),
      { type: 'put', key: Buffer.concat([edge, now]), value: Buffer.alloc(0) },
    ]);
  }
  await db.compactRange(FIRST, LAST);
  return true;
}
