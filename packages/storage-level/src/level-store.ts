import { type DocumentId, SyncError } from '@syncline/protocol';
import {
  type Append,
  type Appended,
  type Checkpoint,
  type DocumentStore,
  type DocumentSummary,
  type Entry,
  type Epoch,
  type NotAppended,
  newEpoch,
  type ReplaceOptions,
  type Seq,
  type StoredCheckpoint,
  type StoredDocument,
  type StoreState,
} from '@syncline/storage';
import { LRUCache } from 'lru-cache';
import { type Database, type Operation, openDatabase } from './database.ts';
import { Handle, type OnState } from './handle.ts';
import {
  documentPrefix,
  LOG_TABLES,
  LogKeys,
  parseDocumentKey,
  parseLogKey,
  Table,
  withPrefix,
} from './key.ts';
import { type LogEnd, LogView } from './log-view.ts';
import { putAside, putDirty, putDocument, putTombstone } from './operations.ts';
import { reclaimSpace } from './reclaim.ts';
import { encodeCheckpoint, encodeEntry, encodeRecord } from './record.ts';

/** For how many documents it is remembered where the log ends, so that an append reads nothing. */
const REMEMBERED_ENDS = 10_000;
/** How many keys a listing reads at a time. An iterator that is held for long costs memory. */
const PAGE_KEYS = 1_000;

export interface LevelStoreOptions {
  /** Called when the store's {@link LevelStore.state} changes, with the error behind it. */
  readonly onState?: OnState;
  /** Opens LevelDB. For tests, which make it fail. */
  readonly openDatabase?: (directory: string) => Promise<Database>;
}

/**
 * The logs of all documents in one LevelDB folder. See `key.ts` for what is where, and `handle.ts`
 * for what happens when the disk fails.
 */
export class LevelStore implements DocumentStore {
  readonly #handle: Handle;
  readonly #ends = new LRUCache<DocumentId, LogEnd>({ max: REMEMBERED_ENDS });
  /** Writes run one after the other, in the order in which they were asked for. */
  #lastWrite: Promise<unknown> = Promise.resolve();
  #closed = false;
  /**
   * Bytes of records that were removed since their room was last given back. Not 0 at first: a
   * process before this one may have been killed in between.
   */
  #removedBytes = 1;

  private constructor(handle: Handle) {
    this.#handle = handle;
  }

  /**
   * Opens the folder, and makes it when it is not there.
   * @throws SyncError `store-locked` when another process has it, `store-format` when another
   *   version wrote it, `store-damaged` when its files fail their checks, `load-failed` when the
   *   medium fails.
   */
  static async open(directory: string, options: LevelStoreOptions = {}): Promise<LevelStore> {
    const open = options.openDatabase ?? openDatabase;
    return new LevelStore(
      await Handle.open({ directory, open: () => open(directory), onState: options.onState }),
    );
  }

  get state(): StoreState {
    return this.#handle.state;
  }

  async load(documentId: DocumentId): Promise<StoredDocument | undefined> {
    this.#mustBeOpen();
    return await this.#read((view) => view.document(documentId, this.#ends.get(documentId)));
  }

  async append(appends: readonly Append[]): Promise<readonly (Appended | NotAppended)[]> {
    return await this.#write(async () => {
      const operations: Operation[] = [];
      const ends = new Map<DocumentId, LogEnd>();
      for (const { documentId, entries, epoch: expected } of appends) {
        const before = this.#ends.get(documentId) ?? (await this.#end(documentId));
        if (expected !== undefined && expected !== before?.epoch) continue;
        const epoch = before?.epoch ?? newEpoch();
        let head = before?.head ?? (0 as Seq);
        const checkpoint = before?.checkpoint ?? (0 as Seq);
        if (before === undefined) operations.push(putDocument(documentId, epoch));
        if (head === checkpoint && entries.length > 0) {
          operations.push(putDirty(documentId, epoch, head));
        }
        const keys = new LogKeys(Table.entry, documentId, epoch);
        for (const entry of entries) {
          head = (head + 1) as Seq;
          const key = keys.at(head);
          operations.push({ type: 'put', key, value: encodeEntry(key, entry) });
        }
        ends.set(documentId, { epoch, head, checkpoint });
      }
      await this.#handle.commit(operations);
      for (const [documentId, end] of ends) this.#ends.set(documentId, end);
      return appends.map(({ documentId }) => toAppended(ends.get(documentId)) ?? 'replaced');
    });
  }

  async heads(documentIds: readonly DocumentId[]): Promise<readonly (Appended | undefined)[]> {
    this.#mustBeOpen();
    const ends = documentIds.map((documentId) => this.#ends.get(documentId));
    if (ends.includes(undefined)) {
      await this.#read(async (view) => {
        for (const [index, documentId] of documentIds.entries()) {
          ends[index] ??= await view.end(documentId);
        }
      });
    }
    return ends.map(toAppended);
  }

  async read(
    documentId: DocumentId,
    epoch: Epoch,
    after: Seq,
  ): Promise<readonly Entry[] | undefined> {
    this.#mustBeOpen();
    return await this.#read((view) => view.entriesAfter(documentId, epoch, after));
  }

  async readCheckpoint(
    documentId: DocumentId,
    epoch: Epoch,
  ): Promise<StoredCheckpoint | undefined> {
    this.#mustBeOpen();
    return await this.#read((view) => view.checkpoint(documentId, epoch));
  }

  /** Nobody else has this folder. */
  async claimCompaction(documentId: DocumentId): Promise<boolean> {
    this.#mustBeOpen();
    const end = await this.#end(documentId);
    return end !== undefined && end.head > end.checkpoint;
  }

  async compact(
    documentId: DocumentId,
    epoch: Epoch,
    checkpoint: Checkpoint,
    setAside: readonly Seq[] = [],
  ): Promise<boolean> {
    this.#mustBeOpen();
    const { seq } = checkpoint;
    const body = await encodeCheckpoint(checkpoint.update);
    return await this.#write(async () => {
      const end = await this.#end(documentId);
      if (end?.epoch !== epoch || seq <= end.checkpoint || seq > end.head) return false;
      const { entries, others } = await this.#read((view) => view.coveredBy(seq, documentId, end));
      const key = new LogKeys(Table.checkpoint, documentId, epoch).at(seq);
      await this.#handle.commit([
        { type: 'put', key, value: encodeRecord(key, body) },
        ...(setAside.length > 0 ? entries.flatMap((record) => putAside(record, setAside)) : []),
        ...(end.head > seq ? [putDirty(documentId, epoch, seq)] : []),
        ...this.#removal([...entries, ...others]),
      ]);
      this.#ends.set(documentId, { ...end, checkpoint: seq });
      return true;
    });
  }

  async replace(
    documentId: DocumentId,
    update: Uint8Array,
    { tombstone, epoch = newEpoch() }: ReplaceOptions = {},
  ): Promise<Appended> {
    this.#mustBeOpen();
    const body = await encodeCheckpoint(update);
    return await this.#write(async () => {
      const end = { epoch, head: 1 as Seq, checkpoint: 1 as Seq };
      const key = new LogKeys(Table.checkpoint, documentId, end.epoch).at(end.head);
      const { log, tombstones } = await this.#allRecords(documentId);
      await this.#handle.commit([
        putDocument(documentId, end.epoch),
        { type: 'put', key, value: encodeRecord(key, body) },
        ...(tombstone === undefined ? [] : [putTombstone(documentId, tombstone, tombstones)]),
        ...this.#removal([...log, ...tombstones]),
      ]);
      this.#ends.set(documentId, end);
      return { epoch: end.epoch, head: end.head };
    });
  }

  async delete(documentId: DocumentId, tombstone: Uint8Array): Promise<boolean> {
    return await this.#write(async () => {
      const { log, tombstones } = await this.#allRecords(documentId);
      if (log.length === 0) return false;
      await this.#handle.commit([
        putTombstone(documentId, tombstone, tombstones),
        ...this.#removal([...log, ...tombstones]),
      ]);
      this.#ends.delete(documentId);
      return true;
    });
  }

  async tombstone(documentId: DocumentId): Promise<Uint8Array | undefined> {
    this.#mustBeOpen();
    return await this.#read((view) => view.tombstone(documentId));
  }

  async *list(): AsyncIterable<DocumentId> {
    for await (const key of this.#keys(Table.document)) yield parseDocumentKey(key).documentId;
  }

  async *changed(): AsyncIterable<DocumentId> {
    for await (const key of this.#keys(Table.dirty)) yield parseLogKey(key).documentId;
  }

  async inspect(documentId: DocumentId): Promise<DocumentSummary | undefined> {
    this.#mustBeOpen();
    return await this.#read((view) => view.summary(documentId));
  }

  async reclaim(): Promise<void> {
    this.#mustBeOpen();
    const removed = this.#removedBytes;
    const reclaimed = await reclaimSpace(removed, {
      read: (work) => this.#handle.read(work),
      commit: (operations) => this.#write(() => this.#handle.commit(operations)),
    });
    if (reclaimed) this.#removedBytes -= removed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    // What was asked before still ends, but for what waits for a failing disk: that is rejected.
    if (this.state === 'recovering') this.#handle.giveUp();
    await this.#lastWrite;
    await this.#handle.close();
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new SyncError('store-closed', 'the store is closed');
  }

  async #read<T>(work: (view: LogView) => Promise<T>): Promise<T> {
    return await this.#handle.read((db) => LogView.with(db, work));
  }

  /** The keys of a table, page by page: what is written meanwhile may be among them or not. */
  async *#keys(table: Table): AsyncIterable<Buffer> {
    const { gte, lt } = withPrefix(Buffer.from([table]));
    let page: Buffer[] = [];
    do {
      this.#mustBeOpen();
      const last = page.at(-1);
      const from = last === undefined ? { gte } : { gt: last };
      page = await this.#handle.read((db) => db.keys({ ...from, lt, limit: PAGE_KEYS }).all());
      yield* page;
    } while (page.length === PAGE_KEYS);
  }

  #write<T>(task: () => Promise<T>): Promise<T> {
    this.#mustBeOpen();
    const write = this.#lastWrite.then(task, task);
    this.#lastWrite = write.catch(() => {});
    return write;
  }

  #removal(records: readonly [Buffer, Buffer][]): Operation[] {
    for (const [key, value] of records) this.#removedBytes += key.length + value.length;
    return records.map(([key]) => ({ type: 'del', key }));
  }

  async #end(documentId: DocumentId): Promise<LogEnd | undefined> {
    return this.#ends.get(documentId) ?? (await this.#read((view) => view.end(documentId)));
  }

  /** Whatever there is under a document's name. */
  async #allRecords(documentId: DocumentId) {
    return await this.#read(async (view) => {
      const recordsIn = (table: Table) => view.recordsWith(documentPrefix(table, documentId));
      return {
        log: (await Promise.all(LOG_TABLES.map(recordsIn))).flat(),
        tombstones: await recordsIn(Table.tombstone),
      };
    });
  }
}

function toAppended(end: LogEnd | undefined): Appended | undefined {
  return end && { epoch: end.epoch, head: end.head };
}
