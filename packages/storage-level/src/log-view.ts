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

/**
 * One consistent view of the logs. It holds a LevelDB snapshot, so it should live briefly.
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
    const entry = await this.#lastSeq(Table.entry, documentId, epoch);
    const checkpoint = await this.#lastSeq(Table.checkpoint, documentId, epoch);
    return { epoch, head: entry > checkpoint ? entry : checkpoint, checkpoint };
  }

  async document(documentId: DocumentId): Promise<StoredDocument | undefined> {
    const epoch = await this.epoch(documentId);
    if (epoch === undefined) return undefined;
    const found = await this.#checkpointRecord(documentId, epoch);
    const checkpoint: Checkpoint | undefined = found && {
      seq: found.seq,
      update: await decodeCheckpoint(found.key, found.record),
    };
    const tail: Entry[] = [];
    for (const { key, record, seq } of await this.#tail(documentId, epoch, found?.seq)) {
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

  /** The records of one log in one table, with seqs above `after` and up to `upTo`. */
  async records(
    table: LogTable,
    documentId: DocumentId,
    epoch: Epoch,
    after: number,
    upTo?: number,
  ): Promise<[Buffer, Buffer][]> {
    return await this.#iterate(new LogKeys(table, documentId, epoch).range(after, upTo));
  }

  /** All records that begin with `prefix`. */
  async recordsWith(prefix: Buffer): Promise<[Buffer, Buffer][]> {
    return await this.#iterate(withPrefix(prefix));
  }

  async #checkpointRecord(documentId: DocumentId, epoch: Epoch) {
    const keys = new LogKeys(Table.checkpoint, documentId, epoch);
    const [found] = await this.#iterate({ ...keys.range(), reverse: true, limit: 1 });
    return found && { key: found[0], record: found[1], seq: keys.seqOf(found[0]) };
  }

  async #tail(documentId: DocumentId, epoch: Epoch, after = 0) {
    const keys = new LogKeys(Table.entry, documentId, epoch);
    const records = await this.#iterate(keys.range(after));
    return records.map(([key, record], index) => {
      const seq = keys.seqOf(key);
      if (seq !== after + index + 1) {
        throw new SyncError('store-damaged', `${documentId} has no entry ${after + index + 1}`);
      }
      return { key, record, seq };
    });
  }

  async #lastSeq(table: LogTable, documentId: DocumentId, epoch: Epoch): Promise<Seq> {
    const keys = new LogKeys(table, documentId, epoch);
    const [last] = await this.#keys({ ...keys.range(), reverse: true, limit: 1 });
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

function headOf(documentId: DocumentId, entry: Seq | undefined, checkpoint: Seq | undefined): Seq {
  const head = entry ?? checkpoint;
  if (head !== undefined) return head;
  throw new SyncError('store-damaged', `${documentId} has neither a checkpoint nor entries`);
}
