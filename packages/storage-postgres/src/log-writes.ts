import type { DocumentId } from '@syncline/protocol';
import type { Appended, Epoch, Seq } from '@syncline/storage';
import type { Runner, Statement } from './connections.ts';
import { isLockTimeout } from './failure.ts';
import { asBuffer, type CheckpointRow, tombstoneChecksum } from './row.ts';

/**
 * A claim stands in the document's row, by PostgreSQL's clock, and goes with the next checkpoint, or
 * with the log. It only saves work: see {@link COMPACT} for what keeps checkpoints right. The column is
 * in no index, so that the row is updated in place.
 */
const CLAIM: Statement = {
  name: 'syncline_claim',
  text: `
    UPDATE syncline_documents
    SET claimed_until = clock_timestamp() + $2 * interval '1 millisecond'
    WHERE id = $1 AND has_tail AND coalesce(claimed_until <= clock_timestamp(), true)
    RETURNING id`,
};

/** False when somebody else has claimed the next checkpoint, or there is no tail. */
export async function claimCompaction(
  runner: Runner,
  documentId: DocumentId,
  forMs: number,
): Promise<boolean> {
  try {
    const { rows } = await runner.query(CLAIM, [documentId, forMs]);
    return rows.length > 0;
  } catch (cause) {
    if (isLockTimeout(cause)) return false; // whoever holds it that long is at something else
    throw cause;
  }
}

/**
 * Puts a checkpoint in the place of what it covers, in one statement.
 *
 * What fences off a compactor that was overtaken is the epoch and the seq that it read: within an epoch
 * entries never change, so a checkpoint at a seq is the same state whoever made it, and one with a
 * higher seq covers all that one with a lower seq does. A late write therefore either is newer than
 * what is there, and right, or is refused. To ask for a claim that still holds would refuse late
 * writes that are right, and no others.
 *
 * The entry with that seq must be in the statement's own snapshot, and so are those before it then:
 * though the row's lock was waited for meanwhile, all that is covered is removed.
 */
const COMPACT: Statement = {
  name: 'syncline_compact',
  text: `
    WITH document AS MATERIALIZED (
      SELECT d.id, d.log, d.head FROM syncline_documents d
      WHERE d.id = $1 AND d.epoch = $2 AND d.checkpoint < $3 AND d.head >= $3
      FOR UPDATE
    ), fenced AS MATERIALIZED (
      SELECT d.id, d.log, d.head FROM document d
      WHERE EXISTS (SELECT 1 FROM syncline_entries e WHERE e.log = d.log AND e.seq = $3)
    ), aside AS (
      INSERT INTO syncline_set_aside (log, seq, time, crc, author, update)
      SELECT e.log, e.seq, e.time, e.crc, e.author, e.update
      FROM fenced d JOIN syncline_entries e ON e.log = d.log AND e.seq <= $3
      WHERE e.seq = ANY($4::bigint[])
      ON CONFLICT DO NOTHING
    ), trimmed AS (
      DELETE FROM syncline_entries e USING fenced d WHERE e.log = d.log AND e.seq <= $3
    ), put AS (
      INSERT INTO syncline_checkpoints (log, seq, crc, encoding, bytes, update)
      SELECT d.log, $3, $5, $6, $7, $8 FROM fenced d
      ON CONFLICT (log) DO UPDATE
      SET seq = excluded.seq, crc = excluded.crc, encoding = excluded.encoding,
          bytes = excluded.bytes, update = excluded.update
    )
    UPDATE syncline_documents d
    SET checkpoint = $3, has_tail = f.head > $3, claimed_until = NULL
    FROM fenced f WHERE d.id = f.id
    RETURNING d.id`,
};

/** Writes a checkpoint. False when it is not newer than what is there, or of another epoch. */
export async function compact(
  runner: Runner,
  documentId: DocumentId,
  epoch: Epoch,
  row: CheckpointRow,
  setAside: readonly Seq[],
): Promise<boolean> {
  const { rows } = await runner.query(COMPACT, [
    documentId,
    epoch,
    row.seq,
    setAside,
    row.crc,
    row.encoding,
    row.bytes,
    row.update,
  ]);
  return rows.length > 0;
}

/** Locks the row of a document, so that what follows sees all that was appended to it. */
const LOCK: Statement = {
  name: 'syncline_lock',
  text: 'SELECT log, epoch IS NOT NULL AS exists FROM syncline_documents WHERE id = $1 FOR UPDATE',
};

const MAKE: Statement = {
  name: 'syncline_make',
  text: 'INSERT INTO syncline_documents (id) VALUES ($1) ON CONFLICT DO NOTHING',
};

const REMOVALS = ['entries', 'checkpoints', 'set_aside'].map(
  (table): Statement => ({
    name: `syncline_remove_${table}`,
    text: `DELETE FROM syncline_${table} WHERE log = $1`,
  }),
);

const REPLACE: Statement = {
  name: 'syncline_replace',
  text: `
    WITH document AS (
      UPDATE syncline_documents
      SET log = nextval('syncline_log'), epoch = $2, head = $3, checkpoint = $3, has_tail = false,
          claimed_until = NULL, last_commit = NULL,
          tombstone = $4, tombstone_crc = $5
      WHERE id = $1
      RETURNING log
    )
    INSERT INTO syncline_checkpoints (log, seq, crc, encoding, bytes, update)
    SELECT log, $3, $6, $7, $8, $9 FROM document`,
};

/** Puts a checkpoint in the place of a document, or makes one of it. Within a transaction. */
export async function replace(
  runner: Runner,
  documentId: DocumentId,
  epoch: Epoch,
  row: CheckpointRow,
  tombstone: Uint8Array | undefined,
): Promise<Appended> {
  await runner.query(MAKE, [documentId]);
  await removeLog(runner, documentId);
  await runner.query(REPLACE, [
    documentId,
    epoch,
    row.seq,
    tombstone === undefined ? null : asBuffer(tombstone),
    tombstone === undefined ? null : tombstoneChecksum(documentId, tombstone),
    row.crc,
    row.encoding,
    row.bytes,
    row.update,
  ]);
  return { epoch, head: row.seq as Seq };
}

const BURY: Statement = {
  name: 'syncline_bury',
  text: `
    UPDATE syncline_documents
    SET log = nextval('syncline_log'), epoch = NULL, head = 0, checkpoint = 0, has_tail = false,
        claimed_until = NULL, last_commit = NULL, tombstone = $2, tombstone_crc = $3
    WHERE id = $1`,
};

/** Puts a tombstone in the place of a document. False when there is none. Within a transaction. */
export async function bury(
  runner: Runner,
  documentId: DocumentId,
  tombstone: Uint8Array,
): Promise<boolean> {
  if (!(await removeLog(runner, documentId))) return false;
  const checksum = tombstoneChecksum(documentId, tombstone);
  await runner.query(BURY, [documentId, asBuffer(tombstone), checksum]);
  return true;
}

/** False when there is no document. */
async function removeLog(runner: Runner, documentId: DocumentId): Promise<boolean> {
  const { rows } = await runner.query<{ log: number; exists: boolean }>(LOCK, [documentId]);
  const [row] = rows;
  if (row === undefined || !row.exists) return false;
  for (const removal of REMOVALS) await runner.query(removal, [row.log]);
  return true;
}
