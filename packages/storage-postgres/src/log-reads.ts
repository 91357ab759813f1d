import type { DocumentId } from '@syncline/protocol';
import type {
  Appended,
  DocumentSummary,
  Entry,
  Epoch,
  Seq,
  StoredCheckpoint,
  StoredDocument,
} from '@syncline/storage';
import type { Runner, Statement } from './connections.ts';
import {
  type CheckpointRow,
  type EntryRow,
  readCheckpoint,
  readEntries,
  readStoredCheckpoint,
  readTombstone,
} from './row.ts';

/**
 * The statements that read documents. Each is one statement, and so sees one snapshot: a log as it
 * stood after some commit, with the checkpoint that belongs to it.
 */

interface DocumentRow {
  readonly epoch: Epoch;
  readonly head: Seq;
  /** Of the newest checkpoint; 0 without one. */
  readonly checkpoint: Seq;
}

/** What a row of a union has in `kind`. */
const DOCUMENT = 0;
const CHECKPOINT = 1;
const ENTRY = 2;

const DOCUMENT_COLUMNS = `${DOCUMENT} AS kind, epoch, head, checkpoint,
  0::bigint AS seq, 0::bigint AS time, 0 AS crc, 0::smallint AS encoding, 0::bigint AS bytes,
  NULL::bytea AS author, NULL::bytea AS update`;
const ENTRY_COLUMNS = `${ENTRY}, NULL, NULL, NULL, e.seq, e.time, e.crc, NULL, NULL, e.author, e.update`;

const LOAD: Statement = {
  name: 'syncline_load',
  text: `
    WITH document AS (
      SELECT log, epoch, head, checkpoint FROM syncline_documents
      WHERE id = $1 AND epoch IS NOT NULL
    )
    SELECT ${DOCUMENT_COLUMNS} FROM document
    UNION ALL
    SELECT ${CHECKPOINT}, NULL, NULL, NULL, c.seq, NULL, c.crc, c.encoding, c.bytes, NULL, c.update
    FROM document d JOIN syncline_checkpoints c ON c.log = d.log
    UNION ALL
    SELECT ${ENTRY_COLUMNS}
    FROM document d JOIN syncline_entries e ON e.log = d.log AND e.seq > d.checkpoint
    ORDER BY kind, seq`,
};

const READ: Statement = {
  name: 'syncline_read',
  text: `
    WITH document AS (
      SELECT log, epoch, head, checkpoint FROM syncline_documents
      WHERE id = $1 AND epoch = $2 AND checkpoint <= $3
    )
    SELECT ${DOCUMENT_COLUMNS} FROM document
    UNION ALL
    SELECT ${ENTRY_COLUMNS}
    FROM document d JOIN syncline_entries e ON e.log = d.log AND e.seq > $3
    ORDER BY kind, seq`,
};

const READ_CHECKPOINT: Statement = {
  name: 'syncline_read_checkpoint',
  text: `
    SELECT d.checkpoint, c.seq, c.crc, c.encoding, c.bytes, c.update
    FROM syncline_documents d LEFT JOIN syncline_checkpoints c ON c.log = d.log
    WHERE d.id = $1 AND d.epoch = $2 AND d.checkpoint > 0`,
};

const HEADS: Statement = {
  name: 'syncline_heads',
  text: `
    SELECT given.at, d.epoch, d.head
    FROM unnest($1::text[]) WITH ORDINALITY AS given (id, at)
    JOIN syncline_documents d ON d.id = given.id
    WHERE d.epoch IS NOT NULL`,
};

const INSPECT: Statement = {
  name: 'syncline_inspect',
  text: `
    SELECT d.epoch, d.head, d.checkpoint, c.bytes,
           tail.entries, tail.entry_bytes, aside.entries AS set_aside
    FROM syncline_documents d
    LEFT JOIN syncline_checkpoints c ON c.log = d.log,
    LATERAL (
      SELECT count(*) AS entries, coalesce(sum(octet_length(e.update)), 0)::bigint AS entry_bytes
      FROM syncline_entries e WHERE e.log = d.log AND e.seq > d.checkpoint
    ) tail,
    LATERAL (SELECT count(*) AS entries FROM syncline_set_aside s WHERE s.log = d.log) aside
    WHERE d.id = $1 AND d.epoch IS NOT NULL`,
};

const TOMBSTONE: Statement = {
  name: 'syncline_tombstone',
  text: `
    SELECT tombstone, tombstone_crc AS crc FROM syncline_documents
    WHERE id = $1 AND tombstone IS NOT NULL`,
};

type UnionRow = DocumentRow & EntryRow & CheckpointRow & { readonly kind: number };

/** A document as it is stored. @throws SyncError `store-damaged` */
export async function load(
  runner: Runner,
  documentId: DocumentId,
): Promise<StoredDocument | undefined> {
  const { rows } = await runner.query<UnionRow>(LOAD, [documentId]);
  const [document] = rows;
  if (document === undefined) return undefined;
  const { epoch, head, checkpoint: seq } = document;
  const row = rows.find(({ kind }) => kind === CHECKPOINT);
  const checkpoint = seq === 0 ? undefined : await readCheckpoint(documentId, epoch, seq, row);
  return { epoch, head, checkpoint, tail: readEntries(documentId, entriesOf(rows), seq, head) };
}

/** The entries after a seq. @throws SyncError `store-damaged` */
export async function read(
  runner: Runner,
  documentId: DocumentId,
  epoch: Epoch,
  after: Seq,
): Promise<readonly Entry[] | undefined> {
  const { rows } = await runner.query<UnionRow>(READ, [documentId, epoch, after]);
  const [document] = rows;
  return document && readEntries(documentId, entriesOf(rows), after, document.head);
}

/** The newest checkpoint as it is stored. @throws SyncError `store-damaged` */
export async function storedCheckpoint(
  runner: Runner,
  documentId: DocumentId,
  epoch: Epoch,
): Promise<StoredCheckpoint | undefined> {
  const { rows } = await runner.query<CheckpointRow & { readonly checkpoint: number }>(
    READ_CHECKPOINT,
    [documentId, epoch],
  );
  const [row] = rows;
  return row && readStoredCheckpoint(documentId, epoch, row.checkpoint, row);
}

/** Where logs stand, in the order of the ids. */
export async function heads(
  runner: Runner,
  documentIds: readonly DocumentId[],
): Promise<(Appended | undefined)[]> {
  const { rows } = await runner.query<Appended & { readonly at: number }>(HEADS, [documentIds]);
  const answers = documentIds.map((): Appended | undefined => undefined);
  for (const { at, epoch, head } of rows) answers[at - 1] = { epoch, head };
  return answers;
}

/** A document's numbers. */
export async function inspect(
  runner: Runner,
  documentId: DocumentId,
): Promise<DocumentSummary | undefined> {
  const { rows } = await runner.query<
    DocumentRow & {
      readonly bytes: number;
      readonly entries: number;
      readonly entry_bytes: number;
      readonly set_aside: number;
    }
  >(INSPECT, [documentId]);
  const [row] = rows;
  if (row === undefined) return undefined;
  const { epoch, head, checkpoint, bytes, entries } = row;
  return {
    epoch,
    head,
    floor: (checkpoint + 1) as Seq,
    entries,
    entryBytes: row.entry_bytes,
    checkpoint: checkpoint === 0 ? undefined : { seq: checkpoint, bytes },
    setAside: row.set_aside,
  };
}

/** What the last deletion left. @throws SyncError `store-damaged` */
export async function tombstone(
  runner: Runner,
  documentId: DocumentId,
): Promise<Uint8Array | undefined> {
  const { rows } = await runner.query<{ tombstone: Buffer; crc: number }>(TOMBSTONE, [documentId]);
  const [row] = rows;
  return row && readTombstone(documentId, row.tombstone, row.crc);
}

function entriesOf(rows: readonly UnionRow[]): UnionRow[] {
  return rows.filter(({ kind }) => kind === ENTRY);
}
