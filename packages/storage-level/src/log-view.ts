import { type DocumentId, SyncError } from '@syncline/protocol';
import type {
  Checkpoint,
  DocumentSummary,
  Entry,
  Epoch,
  Seq,
  StoredCheckpoint,
  StoredDocument,
} from '@syncline/storage';
import type { Database } from './database.ts';
import {
  documentPrefix,
  LogKeys,
  type LogTable,
  parseDocumentKey,
  Table,
  withPrefix,
} from './key.ts';
import {
  checkpointUpdateBytes,
  decodeCheckpoint,
  decodeEntry,
  decodeRecord,
  entryUpdateBytes,
  storedCheckpoint,
} from './record.ts';

type Snapshot = ReturnType<Database['snapshot']>;

interface Range {
  readonly gt?: Buffer;
  readonly gte?: Buffer;
  readonly lt?: Buffer;
  readonly lte?: Buffer;
  readonly reverse?: boolean;
  readonly limit?: number;
}

/** Where a document's log ends, as far as the next append has to know. */
export interface LogEnd {
  readonly epoch: Epoch;
  readonly head: Seq;
  /** The seq of the newest checkpoint, 0 without one. A log that ends there has no tail. */
  readonly checkpoint: Seq;
}

/** A record of a log, and its place there. */
interface LogRecord {
  readonly key: Buffer;
  readonly record: Buffer;
  readonly seq: Seq;
}

/** The records that a log consists of. */
interface LogRecords {
  readonly epoch: Epoch;
  readonly checkpoint: LogRecord | undefined;
  readonly tail: readonly LogRecord[];
}

/**
 * One consistent view of the logs. It holds a LevelDB snapshot, so it should live briefly.
 *
 * Iterators step over all records that were removed since LevelDB merged its files last, those of other documents
 * beyond the range too, and backwards that takes ten times as long. So nothing is looked for that is known
 * not to be there, and nothing backwards but where little is removed.
 *
 * All methods throw SyncError `store-damaged` when a record fails its checks.
 */
export class LogView {
  readonly #db: Database;
  readonly #snapshot: Snapshot;

  constructor(db: Database) {
    this.#db = db;
    this.#snapshot = db.snapshot();
  }

  /** Gives `work` a view, and lets go of it afterwards. */
  static async with<T>(db: Database, work: (view: LogView) => Promise<T>): Promise<T> {
    const view = new LogView(db);
    try {
      return await work(view);
    } finally {
      await view.#snapshot.close();
    }
  }

  async epoch(documentId: DocumentId): Promise<Epoch | undefined> {
    const range = withPrefix(documentPrefix(Table.document, documentId));
    const [record] = await this.#iterate({ ...range, reverse: true, limit: 1 });
    if (record === undefined) {
      await this.#mustHaveNothing(documentId);
      return undefined;
    }
    decodeRecord(...record);
    return parseDocumentKey(record[0]).epoch;
  }

  async end(documentId: DocumentId): Promise<LogEnd | undefined> {
    const epoch = await this.epoch(documentId);
    if (epoch === undefined) return undefined;
    const checkpoint = await this.#lastSeq(Table.checkpoint, documentId, epoch);
    const entry = await this.#lastSeq(Table.entry, documentId, epoch, checkpoint);
    return { epoch, head: entry > checkpoint ? entry : checkpoint, checkpoint };
  }

  /** @param end where the log was last known to end; it may have changed since. */
  async document(documentId: DocumentId, end?: LogEnd): Promise<StoredDocument | undefined> {
    const records =
      (end && (await this.#recordsUpTo(documentId, end))) ?? (await this.#log(documentId));
    if (records === undefined) return undefined;
    const { epoch, checkpoint: found } = records;
    const checkpoint: Checkpoint | undefined = found && {
      seq: found.seq,
      update: await decodeCheckpoint(found.key, found.record),
    };
    const tail: Entry[] = [];
    for (const { key, record, seq } of records.tail) {
      tail.push({ ...decodeEntry(key, record), seq });
    }
    return { epoch, head: headOf(documentId, tail.at(-1)?.seq, checkpoint?.seq), checkpoint, tail };
  }

  /** The entries after a seq; `undefined` when a checkpoint covers some, or the epoch is another. */
  async entriesAfter(
    documentId: DocumentId,
    epoch: Epoch,
    after: Seq,
  ): Promise<Entry[] | undefined> {
    if ((await this.epoch(documentId)) !== epoch) return undefined;
    const checkpoint = await this.#lastSeq(Table.checkpoint, documentId, epoch);
    if (after < checkpoint) return undefined;
    const tail = await this.#tail(documentId, epoch, after);
    return tail.map(({ key, record, seq }) => ({ ...decodeEntry(key, record), seq }));
  }

  /** The newest checkpoint as it is stored; `undefined` without one, or when the epoch is another. */
  async checkpoint(documentId: DocumentId, epoch: Epoch): Promise<StoredCheckpoint | undefined> {
    if ((await this.epoch(documentId)) !== epoch) return undefined;
    const found = await this.#checkpointRecord(documentId, epoch);
    return found && { seq: found.seq, ...storedCheckpoint(found.key, found.record) };
  }

  /** What the last deletion left. */
  async tombstone(documentId: DocumentId): Promise<Uint8Array | undefined> {
    const range = withPrefix(documentPrefix(Table.tombstone, documentId));
    const [newest] = await this.#iterate({ ...range, reverse: true, limit: 1 });
    return newest && new Uint8Array(decodeRecord(...newest));
  }

  async summary(documentId: DocumentId): Promise<DocumentSummary | undefined> {
    const epoch = await this.epoch(documentId);
    if (epoch === undefined) return undefined;
    const found = await this.#checkpointRecord(documentId, epoch);
    const tail = await this.#tail(documentId, epoch, found?.seq);
    const setAside = new LogKeys(Table.setAside, documentId, epoch);
    let entryBytes = 0;
    for (const { key, record } of tail) entryBytes += entryUpdateBytes(key, record);
    return {
      epoch,
      head: headOf(documentId, tail.at(-1)?.seq, found?.seq),
      floor: ((found?.seq ?? 0) + 1) as Seq,
      entries: tail.length,
      entryBytes,
      checkpoint: found && {
        seq: found.seq,
        bytes: checkpointUpdateBytes(found.key, found.record),
      },
      setAside: (await this.#keys(setAside.range())).length,
    };
  }

  /** What a checkpoint at `seq` takes the place of: entries up to there, the checkpoint before and the dirty marker. */
  async coveredBy(
    seq: Seq,
    documentId: DocumentId,
    { epoch, checkpoint }: LogEnd,
  ): Promise<{ readonly entries: [Buffer, Buffer][]; readonly others: [Buffer, Buffer][] }> {
    const entries = new LogKeys(Table.entry, documentId, epoch);
    const others = [
      new LogKeys(Table.checkpoint, documentId, epoch).at(checkpoint),
      new LogKeys(Table.dirty, documentId, epoch).at((checkpoint + 1) as Seq),
    ];
    const values = await this.#db.getMany(others, { snapshot: this.#snapshot });
    return {
      entries: await this.#iterate({ ...entries.range(checkpoint, seq), limit: seq - checkpoint }),
      others: others.flatMap((key, index) => {
        const value = values[index];
        return value === undefined ? [] : [[key, value]];
      }),
    };
  }

  /** All records that begin with `prefix`. */
  async recordsWith(prefix: Buffer): Promise<[Buffer, Buffer][]> {
    return await this.#iterate(withPrefix(prefix));
  }

  async #log(documentId: DocumentId): Promise<LogRecords | undefined> {
    const epoch = await this.epoch(documentId);
    if (epoch === undefined) return undefined;
    const checkpoint = await this.#checkpointRecord(documentId, epoch);
    return { epoch, checkpoint, tail: await this.#tail(documentId, epoch, checkpoint?.seq) };
  }

  /** The log up to where it is known to end; `undefined` when it has changed since. */
  async #recordsUpTo(documentId: DocumentId, end: LogEnd): Promise<LogRecords | undefined> {
    const { epoch, head, checkpoint: seq } = end;
    const key = new LogKeys(Table.checkpoint, documentId, epoch).at(seq);
    const record = seq > 0 ? await this.#db.get(key, { snapshot: this.#snapshot }) : undefined;
    if (seq > 0 && record === undefined) return undefined;
    const entries = new LogKeys(Table.entry, documentId, epoch);
    const count = head - seq;
    const tail =
      count > 0 ? await this.#iterate({ ...entries.range(seq, head), limit: count }) : [];
    if (tail.length < count) return undefined;
    return {
      epoch,
      checkpoint: record && { key, record, seq },
      tail: inSequence(documentId, entries, tail, seq),
    };
  }

  async #checkpointRecord(documentId: DocumentId, epoch: Epoch): Promise<LogRecord | undefined> {
    const keys = new LogKeys(Table.checkpoint, documentId, epoch);
    const found = (await this.#iterate(keys.range())).at(-1);
    return found && { key: found[0], record: found[1], seq: keys.seqOf(found[0]) };
  }

  async #tail(documentId: DocumentId, epoch: Epoch, after = 0): Promise<LogRecord[]> {
    const keys = new LogKeys(Table.entry, documentId, epoch);
    return inSequence(documentId, keys, await this.#iterate(keys.range(after)), after);
  }

  /** The highest seq above `after`; 0 when there is none. */
  async #lastSeq(table: LogTable, documentId: DocumentId, epoch: Epoch, after = 0): Promise<Seq> {
    const keys = new LogKeys(table, documentId, epoch);
    let last: Buffer | undefined;
    for await (const key of this.#db.keys({ ...keys.range(after), snapshot: this.#snapshot })) {
      last = key;
    }
    return last === undefined ? (0 as Seq) : keys.seqOf(last);
  }

  /** A document whose own record got lost must not look like one that never was. */
  async #mustHaveNothing(documentId: DocumentId): Promise<void> {
    for (const table of [Table.checkpoint, Table.entry]) {
      const range = withPrefix(documentPrefix(table, documentId));
      const [key] = await this.#keys({ ...range, limit: 1 });
      if (key !== undefined) {
        throw new SyncError('store-damaged', `${documentId} has lost the record of its epoch`);
      }
    }
  }

  #iterate(options: Range): Promise<[Buffer, Buffer][]> {
    return this.#db.iterator({ ...options, snapshot: this.#snapshot }).all();
  }

  #keys(options: Range): Promise<Buffer[]> {
    return this.#db.keys({ ...options, snapshot: this.#snapshot }).all();
  }
}

/** Entries with their seqs. @throws SyncError `store-damaged` when one after `after` is missing. */
function inSequence(
  documentId: DocumentId,
  keys: LogKeys,
  records: readonly [Buffer, Buffer][],
  after: number,
): LogRecord[] {
  return records.map(([key, record], index) => {
    const seq = keys.seqOf(key);
    if (seq !== after + index + 1) {
      throw new SyncError('store-damaged', `${documentId} has no entry ${after + index + 1}`);
    }
    return { key, record, seq };
  });
}

function headOf(documentId: DocumentId, entry: Seq | undefined, checkpoint: Seq | undefined): Seq {
  const head = entry ?? checkpoint;
  if (head !== undefined) return head;
  throw new SyncError('store-damaged', `${documentId} has neither a checkpoint nor entries`);
}
