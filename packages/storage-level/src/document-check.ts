import type { DocumentId } from '@syncline/protocol';
import type { Epoch, Seq } from '@syncline/storage';
import type { Operation } from './database.ts';
import {
  documentKey,
  isWellFormed,
  LogKeys,
  type LogTable,
  parseDocumentKey,
  parseLogKey,
  Table,
} from './key.ts';
import { decodeCheckpoint, decodeEntry, decodeRecord, encodeRecord } from './record.ts';

export type StoredRecord = readonly [key: Buffer, value: Buffer];

/** `damage`: data is lost or cannot be served. `notice`: something is left over, and harms nothing. */
export type Severity = 'damage' | 'notice';

/** One thing that is wrong with a document. */
export interface DocumentFinding {
  readonly what: string;
  readonly severity: Severity;
  readonly key?: Buffer;
}

/** What is wrong with a document, and what of it can be kept. */
export interface DocumentCheck {
  readonly findings: readonly DocumentFinding[];
  /** Under which the sound records are stored; `undefined` when nothing can be loaded of them. */
  readonly epoch: Epoch | undefined;
  /** What a repaired document consists of: its checkpoint, its tail, what was set aside. */
  readonly kept: readonly StoredRecord[];
  /** Everything else, but for the document's own record and its dirty marker. */
  readonly dropped: readonly StoredRecord[];
  /** Where the tail that is kept begins; `undefined` without a tail. */
  readonly dirtyFrom: Seq | undefined;
  /** Whether entries are missing that were acknowledged, so that it needs a new epoch. */
  readonly lost: boolean;
}

/** Checks all records of one document's log, in all of the `LOG_TABLES`. */
export async function checkDocument(records: readonly StoredRecord[]): Promise<DocumentCheck> {
  const findings: DocumentFinding[] = [];
  const dropped: StoredRecord[] = [];
  const find = (severity: Severity, what: string, key?: Buffer) =>
    findings.push({ severity, what, ...(key && { key }) });
  const broken = async (record: StoredRecord): Promise<boolean> => {
    const problem = await problemOf(record);
    if (problem !== undefined) find('damage', problem, record[0]);
    return problem !== undefined;
  };

  const { epoch, own } = epochOf(records, find);
  let lost = own === undefined || (await broken(own));
  const tables = new Map<number, StoredRecord[]>();
  for (const record of records) {
    if (record[0][0] === Table.document) {
      if (record !== own) find('notice', 'is of a dead epoch', record[0]);
    } else if (parseLogKey(record[0]).epoch !== epoch) {
      find('notice', 'is of a dead epoch', record[0]);
      dropped.push(record);
    } else {
      const table = record[0].readUInt8(0);
      tables.set(table, [...(tables.get(table) ?? []), record]);
    }
  }

  const kept: StoredRecord[] = [];
  const checkpoints = tables.get(Table.checkpoint) ?? [];
  const checkpoint = checkpoints.pop();
  for (const record of checkpoints) find('notice', 'is an older checkpoint', record[0]);
  dropped.push(...checkpoints);
  const setAside = tables.get(Table.setAside) ?? [];
  const entries = tables.get(Table.entry) ?? [];
  if (checkpoint !== undefined && (await broken(checkpoint))) {
    dropped.push(checkpoint, ...entries, ...setAside);
    return { findings, epoch: undefined, kept, dropped, dirtyFrom: undefined, lost: true };
  }
  if (checkpoint !== undefined) kept.push(checkpoint);

  const floor = checkpoint === undefined ? 0 : parseLogKey(checkpoint[0]).seq;
  let head = floor;
  let cut = false;
  for (const record of entries) {
    const { seq } = parseLogKey(record[0]);
    if (seq <= floor) {
      find('notice', `entry ${seq} is covered by a checkpoint`, record[0]);
      dropped.push(record);
      continue;
    }
    if (!cut && seq !== head + 1) find('damage', `entry ${head + 1} is missing`);
    cut = (await broken(record)) || cut || seq !== head + 1;
    if (!cut) head = seq;
    (cut ? dropped : kept).push(record);
  }
  for (const record of setAside) ((await broken(record)) ? dropped : kept).push(record);
  lost ||= cut;
  const dirtyFrom = head > floor ? ((floor + 1) as Seq) : undefined;
  await checkDirty(tables.get(Table.dirty) ?? [], dirtyFrom, find);
  if (head === 0) {
    find('damage', 'has neither a checkpoint nor entries');
    dropped.push(...kept);
    return { findings, epoch: undefined, kept: [], dropped, dirtyFrom, lost: true };
  }
  return { findings, epoch, kept, dropped, dirtyFrom, lost };
}

/**
 * The batch that leaves of a document what its check keeps, under `epoch`.
 */
export function repairOperations(
  documentId: DocumentId,
  records: readonly StoredRecord[],
  { kept, dirtyFrom }: DocumentCheck,
  epoch: Epoch,
): Operation[] {
  const operations = new Map<string, Operation>();
  const put = (key: Buffer, body?: Buffer) => {
    const value = body === undefined ? encodeRecord(key) : encodeRecord(key, body);
    operations.set(key.toString('hex'), { type: 'put', key, value });
  };
  for (const [key] of records) operations.set(key.toString('hex'), { type: 'del', key });
  put(documentKey(documentId, Date.now(), epoch));
  if (dirtyFrom !== undefined) put(new LogKeys(Table.dirty, documentId, epoch).at(dirtyFrom));
  for (const [key, value] of kept) {
    const keys = new LogKeys(key.readUInt8(0) as LogTable, documentId, epoch);
    put(keys.at(parseLogKey(key).seq), decodeRecord(key, value));
  }
  return [...operations.values()];
}

/** What is wrong with one record by itself, if anything is. */
export async function problemOf([key, value]: StoredRecord): Promise<string | undefined> {
  if (!isWellFormed(key)) return 'has a key of no known shape';
  try {
    if (key[0] === Table.checkpoint) await decodeCheckpoint(key, value);
    else if (key[0] === Table.entry || key[0] === Table.setAside) decodeEntry(key, value);
    else decodeRecord(key, value);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

type Find = (severity: Severity, what: string, key?: Buffer) => void;

/** The newest of the document's own records; when all are lost, the epoch that the rest has. */
function epochOf(records: readonly StoredRecord[], find: Find) {
  const own = records.findLast(([key]) => key[0] === Table.document);
  if (own !== undefined) return { epoch: parseDocumentKey(own[0]).epoch, own };
  find('damage', 'has lost the record of its epoch');
  const rest = records.findLast(([key]) => key[0] === Table.entry || key[0] === Table.checkpoint);
  return { epoch: rest && parseLogKey(rest[0]).epoch, own };
}

async function checkDirty(
  markers: readonly StoredRecord[],
  dirtyFrom: Seq | undefined,
  find: Find,
): Promise<void> {
  const seqs = markers.map(([key]) => parseLogKey(key).seq);
  if (seqs.length === 1 ? seqs[0] === dirtyFrom : seqs.length === 0 && dirtyFrom === undefined) {
    return;
  }
  find('notice', 'has a dirty marker that does not fit its tail');
}
