import { randomBytes } from 'node:crypto';
import type { Append, Appended, Epoch, NotAppended, Seq } from '@syncline/storage';
import { newEpoch } from '@syncline/storage';
import type { Statement } from './connections.ts';
import { entryChecksum } from './row.ts';

/**
 * Makes the rows of documents that are not there, for entries that may make a document. Such a row has
 * no epoch yet, so it is no document before something is appended to it.
 *
 * A commit before that of the append, so that a node holds rows that it makes, and may be waited for
 * by others that make the same ones, at a time when it holds and wants no others.
 */
export const MAKE_ROWS: Statement = {
  name: 'syncline_make_rows',
  text: `
    INSERT INTO syncline_documents (id)
    SELECT g.id FROM unnest($1::text[]) AS g (id)
    WHERE NOT EXISTS (SELECT 1 FROM syncline_documents d WHERE d.id = g.id)
    ORDER BY g.id
    ON CONFLICT DO NOTHING`,
};

/**
 * One statement for the entries of many documents, so that a node that is paused or cut off never
 * holds a row for longer than PostgreSQL takes.
 *
 * The rows of the documents are locked in the order of their ids, so that those who wait do not wait
 * in a circle. The locked row has the epoch and the head of the newest commit, whatever the
 * statement's snapshot is; and since it is let go at the commit, whoever sees an entry sees those before
 * it. A row with another epoch than was expected, or with none, is left as it is.
 *
 * What is in no row of the answer was held, or has no row: only someone who removes rows by hand
 * brings that about, so it is looked up for none but those documents.
 *
 * A commit has a number. When it is the document's last one already, its answer was lost, and it gets the same
 * answer again. The row that is locked is the newest, so this holds whenever the first statement was committed, also by
 * a connection that was taken for dead. If somebody else has appended since, the entries are appended twice, which
 * changes no content: what is in a log is left out when it is read again.
 *
 * Updates and authors come as one `bytea`, of which each row takes its part: an array of `bytea` would
 * have to be written in hexadecimal digits.
 */
const appendWith = (locking: string) => `
  WITH given AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::boolean[], $4::integer[])
      WITH ORDINALITY AS given (id, epoch, expected, count, at)
  ), locked AS MATERIALIZED (
    SELECT g.at, d.id, d.head, d.epoch AS current, g.epoch, g.expected, g.count,
           d.last_commit = $13::bigint AS repeated, d.last_commit_head
    FROM given g JOIN syncline_documents d ON d.id = g.id
    ORDER BY d.id
    ${locking}
  ), target AS (
    UPDATE syncline_documents d
    SET head = l.head + l.count,
        epoch = coalesce(d.epoch, l.epoch),
        has_tail = d.has_tail OR l.count > 0,
        last_commit = $13::bigint,
        last_commit_head = l.head + l.count
    FROM locked l
    WHERE d.id = l.id AND (l.current = l.epoch OR NOT l.expected) AND l.repeated IS NOT TRUE
    RETURNING l.at, d.log, d.epoch, l.head AS before, d.head
  ), appended AS (
    INSERT INTO syncline_entries (log, seq, time, crc, author, update)
    SELECT t.log, t.before + e.nth, e.time, e.crc,
           substring($5::bytea FROM e.start FOR e.author_bytes),
           substring($5::bytea FROM e.start + e.author_bytes FOR e.update_bytes)
    FROM unnest($6::integer[], $7::integer[], $8::bigint[], $9::integer[],
                $10::integer[], $11::integer[], $12::integer[])
      AS e (at, nth, time, crc, start, author_bytes, update_bytes)
      JOIN target t ON t.at = e.at
  )
  SELECT at, epoch, head FROM target
  UNION ALL
  SELECT at, current, last_commit_head FROM locked
  WHERE repeated AND (current = epoch OR NOT expected)
  UNION ALL
  SELECT at, NULL, NULL FROM locked
  WHERE expected AND current IS DISTINCT FROM epoch
  UNION ALL
  SELECT g.at, NULL, NULL FROM given g
  WHERE g.expected
    AND NOT EXISTS (SELECT 1 FROM locked l WHERE l.at = g.at)
    AND NOT EXISTS (SELECT 1 FROM syncline_documents d WHERE d.id = g.id)`;

export const APPEND: Statement = {
  name: 'syncline_append',
  text: appendWith('FOR UPDATE OF d SKIP LOCKED'),
};

/** The same, for documents that were held: waits as long as `lock_timeout`. */
export const APPEND_WAITING: Statement = {
  name: 'syncline_append_waiting',
  text: appendWith('FOR UPDATE OF d'),
};

/** A row of the answer. */
export interface AppendedRow {
  /** The document's place in the batch; the first is 1. */
  readonly at: number;
  /** Null when nothing was appended, since the document has another epoch or is gone. */
  readonly epoch: Epoch | null;
  readonly head: Seq;
}

/** The parameters of {@link APPEND}. */
export function appendParameters(appends: readonly Append[]): unknown[] {
  const bytes: Uint8Array[] = [];
  // PostgreSQL counts from 1.
  let start = 1;
  const at: number[] = [];
  const nth: number[] = [];
  const times: number[] = [];
  const checksums: number[] = [];
  const starts: number[] = [];
  const authorBytes: number[] = [];
  const updateBytes: number[] = [];
  for (const [index, { documentId, entries }] of appends.entries()) {
    for (const [place, entry] of entries.entries()) {
      const author = Buffer.from(entry.author);
      at.push(index + 1);
      nth.push(place + 1);
      times.push(entry.time);
      checksums.push(entryChecksum(documentId, entry.time, author, entry.update));
      starts.push(start);
      authorBytes.push(author.length);
      updateBytes.push(entry.update.length);
      bytes.push(author, entry.update);
      start += author.length + entry.update.length;
    }
  }
  return [
    appends.map(({ documentId }) => documentId),
    appends.map(({ epoch }) => epoch ?? newEpoch()),
    appends.map(({ epoch }) => epoch !== undefined),
    appends.map(({ entries }) => entries.length),
    Buffer.concat(bytes),
    at,
    nth,
    times,
    checksums,
    starts,
    authorBytes,
    updateBytes,
    randomBytes(8).readBigInt64BE(),
  ];
}

/** The answers in the order of the batch. */
export function toAnswers(
  { length }: readonly Append[],
  rows: readonly AppendedRow[],
): (Appended | NotAppended)[] {
  const answers = Array.from<unknown, Appended | NotAppended>({ length }, () => 'held');
  for (const { at, epoch, head } of rows) {
    answers[at - 1] = epoch === null ? 'replaced' : { epoch, head };
  }
  return answers;
}
