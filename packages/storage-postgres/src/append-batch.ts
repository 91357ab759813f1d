import type { Append, Appended, Epoch, Seq } from '@syncline/storage';
import { newEpoch } from '@syncline/storage';
import type { Statement } from './database.ts';
import { entryChecksum } from './row.ts';

/**
 * One statement for the entries of many documents, so that a node that is paused or cut off never
 * holds a row for longer than PostgreSQL takes.
 *
 * The rows of the documents are locked, and made, in the order of their ids, so that those who wait
 * do not wait in a circle. (One circle is left, of nodes that make the same document at the very moment
 * in which others append to another new one. PostgreSQL breaks it after a second, and the commit that
 * it refused is made again.) The locked row has the head of the newest commit, whatever the statement's
 * snapshot is; and since it is let go at the commit, whoever sees an entry sees those before it.
 *
 * A document that is not there is made. When another node makes it at the same moment, one of the two
 * inserts does nothing: to that node the document was held, and the next try finds it.
 *
 * Updates and authors come as one `bytea`, of which each row takes its part: an array of `bytea` would
 * have to be written in hexadecimal digits.
 *
 * Not done: to look for rows to make among those that could not be locked. It saves an index scan, but
 * an insert waits for whoever is about to update the row that it meets.
 */
const appendWith = (locking: string) => `
  WITH given AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::integer[])
      WITH ORDINALITY AS given (id, epoch, count, at)
  ), locked AS MATERIALIZED (
    SELECT d.id, d.head, g.epoch, g.count
    FROM given g JOIN syncline_documents d ON d.id = g.id
    ORDER BY d.id
    ${locking}
  ), grown AS (
    UPDATE syncline_documents d
    SET head = l.head + l.count,
        epoch = coalesce(d.epoch, l.epoch),
        has_tail = d.has_tail OR l.count > 0
    FROM locked l WHERE d.id = l.id
    RETURNING d.id, d.log, d.epoch, l.head AS before
  ), made AS (
    INSERT INTO syncline_documents (id, epoch, head, has_tail)
    SELECT g.id, g.epoch, g.count, g.count > 0
    FROM given g
    WHERE NOT EXISTS (SELECT 1 FROM syncline_documents d WHERE d.id = g.id)
    ORDER BY g.id
    ON CONFLICT DO NOTHING
    RETURNING id, log, epoch, 0::bigint AS before
  ), target AS MATERIALIZED (
    SELECT g.at, g.count, t.log, t.epoch, t.before
    FROM (SELECT * FROM grown UNION ALL SELECT * FROM made) t JOIN given g ON g.id = t.id
  ), appended AS (
    INSERT INTO syncline_entries (log, seq, time, crc, author, update)
    SELECT t.log, t.before + e.nth, e.time, e.crc,
           substring($4::bytea FROM e.start FOR e.author_bytes),
           substring($4::bytea FROM e.start + e.author_bytes FOR e.update_bytes)
    FROM unnest($5::integer[], $6::integer[], $7::bigint[], $8::integer[],
                $9::integer[], $10::integer[], $11::integer[])
      AS e (at, nth, time, crc, start, author_bytes, update_bytes)
      JOIN target t ON t.at = e.at
  )
  SELECT at, epoch, before + count AS head FROM target`;

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
  readonly epoch: Epoch;
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
    appends.map(() => newEpoch()),
    appends.map(({ entries }) => entries.length),
    Buffer.concat(bytes),
    at,
    nth,
    times,
    checksums,
    starts,
    authorBytes,
    updateBytes,
  ];
}

/** The answers in the order of the batch; `undefined` for documents that were held. */
export function toAnswers(
  { length }: readonly Append[],
  rows: readonly AppendedRow[],
): (Appended | undefined)[] {
  const answers = Array.from<Appended | undefined>({ length });
  for (const { at, epoch, head } of rows) answers[at - 1] = { epoch, head };
  return answers;
}
