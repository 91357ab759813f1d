import { mkdir } from 'node:fs/promises';
import { type DocumentId, SyncError } from '@syncline/protocol';
import {
  type Append,
  type Appended,
  type Checkpoint,
  type DocumentStore,
  type Entry,
  type Epoch,
  newEpoch,
  type Seq,
  type StoredDocument,
} from '@syncline/storage';
import { ClassicLevel } from 'classic-level';
import { LRUCache } from 'lru-cache';
import { checkFormat } from './format.ts';
import {
  documentKey,
  documentPrefix,
  LogKeys,
  parseDocumentKey,
  Table,
  withPrefix,
} from './key.ts';
import { reclaimSpace } from './reclaim.ts';
import { decodeEntry, decodeRecord, encodeEntry, encodeRecord } from './record.ts';

/** How many documents' heads are remembered between appends. */
const REMEMBERED_HEADS = 10_000;

export type Database = ClassicLevel<Buffer, Buffer>;
type Operation = { type: 'put'; key: Buffer; value: Buffer } | { type: 'del'; key: Buffer };

/** The logs of all documents in one LevelDB folder. See `key.ts` for what is where. */
export class LevelStore implements DocumentStore {
  readonly #db: Database;
  /** Where the log of a document ends: to give the next seq without a read. */
  readonly #heads = new LRUCache<DocumentId, Appended>({ max: REMEMBERED_HEADS });
  /** Writes run one after the other, in the order in which they were asked for. */
  #lastWrite: Promise<unknown> = Promise.resolve();
  #closed = false;
  /**
   * Bytes of records that were removed since their room was last given back. Not 0 at first: a
   * process before this one may have been killed in between.
   */
  #removedBytes = 1;

  private constructor(db: Database) {
    this.#db = db;
  }

  /**
   * Opens the folder, and makes it when it is not there.
   * @throws SyncError `store-locked` when another process has it, `store-format` when a newer
   *   Syncline wrote it, `store-damaged` when LevelDB cannot read it.
   */
  static async open(directory: string): Promise<LevelStore> {
    await mkdir(directory, { recursive: true });
    const db: Database = new ClassicLevel(directory, {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
    });
    try {
      await db.open();
    } catch (error) {
      throw openError(directory, error);
    }
    try {
      await checkFormat(db, directory);
    } catch (error) {
      await db.close();
      throw error;
    }
    return new LevelStore(db);
  }

  async load(documentId: DocumentId): Promise<StoredDocument | undefined> {
    this.#mustBeOpen();
    const snapshot = this.#db.snapshot();
    try {
      const epoch = await this.#findEpoch(documentId, snapshot);
      if (epoch === undefined) return undefined;
      const checkpoint = await this.#findCheckpoint(documentId, epoch, snapshot);
      const tail = await this.#readTail(documentId, epoch, checkpoint?.seq ?? 0, snapshot);
      const head = tail.at(-1)?.seq ?? checkpoint?.seq;
      if (head === undefined) {
        throw new SyncError('store-damaged', `${documentId} has neither a checkpoint nor entries`);
      }
      return { epoch, head, checkpoint, tail };
    } catch (cause) {
      if (cause instanceof SyncError) throw cause;
      throw new SyncError('load-failed', `${documentId} could not be read`, { cause });
    } finally {
      await snapshot.close();
    }
  }

  async append(appends: readonly Append[]): Promise<readonly Appended[]> {
    return await this.#write(async () => {
      const operations: Operation[] = [];
      const answers: Appended[] = [];
      for (const { documentId, entries } of appends) {
        const before = await this.#head(documentId);
        const epoch = before?.epoch ?? newEpoch();
        if (before === undefined) {
          const key = documentKey(documentId, Date.now(), epoch);
          operations.push({ type: 'put', key, value: encodeRecord(key) });
        }
        const keys = new LogKeys(Table.entry, documentId, epoch);
        let seq = before?.head ?? (0 as Seq);
        for (const entry of entries) {
          seq = (seq + 1) as Seq;
          const key = keys.at(seq);
          operations.push({ type: 'put', key, value: encodeEntry(key, entry) });
        }
        answers.push({ epoch, head: seq });
      }
      await this.#commit(operations);
      for (const [index, { documentId }] of appends.entries()) {
        this.#heads.set(documentId, answers[index]);
      }
      return answers;
    });
  }

  async read(
    documentId: DocumentId,
    epoch: Epoch,
    after: Seq,
  ): Promise<readonly Entry[] | undefined> {
    const document = await this.load(documentId);
    if (document?.epoch !== epoch || after < (document.checkpoint?.seq ?? 0)) return undefined;
    return document.tail.filter((entry) => entry.seq > after);
  }

  async compact(documentId: DocumentId, epoch: Epoch, checkpoint: Checkpoint): Promise<boolean> {
    return await this.#write(async () => {
      if ((await this.#findEpoch(documentId)) !== epoch) return false;
      const entries = new LogKeys(Table.entry, documentId, epoch);
      const checkpoints = new LogKeys(Table.checkpoint, documentId, epoch);
      const { seq } = checkpoint;
      const covered = await this.#db.iterator(entries.range(0, seq)).all();
      const last = covered.at(-1);
      if (last === undefined || entries.seqOf(last[0]) !== seq) return false;
      const older = await this.#db.iterator(checkpoints.range(0, seq)).all();
      const key = checkpoints.at(seq);
      await this.#commit([
        { type: 'put', key, value: encodeRecord(key, checkpoint.update) },
        ...this.#removal([...covered, ...older]),
      ]);
      return true;
    });
  }

  async delete(documentId: DocumentId): Promise<boolean> {
    return await this.#write(async () => {
      const records: [Buffer, Buffer][] = [];
      for (const table of [Table.document, Table.checkpoint, Table.entry]) {
        const range = withPrefix(documentPrefix(table, documentId));
        records.push(...(await this.#db.iterator(range).all()));
      }
      if (records.length === 0) return false;
      await this.#commit(this.#removal(records));
      this.#heads.delete(documentId);
      return true;
    });
  }

  async *list(): AsyncIterable<DocumentId> {
    this.#mustBeOpen();
    for await (const key of this.#db.keys(withPrefix(Buffer.from([Table.document])))) {
      yield parseDocumentKey(key).documentId;
    }
  }

  async reclaim(): Promise<void> {
    this.#mustBeOpen();
    const removed = this.#removedBytes;
    if (removed > 0 && (await reclaimSpace(this.#db, removed))) this.#removedBytes -= removed;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#lastWrite.catch(() => {});
    await this.#db.close();
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new SyncError('store-closed', 'the store is closed');
  }

  #write<T>(task: () => Promise<T>): Promise<T> {
    this.#mustBeOpen();
    const write = this.#lastWrite.then(task, task);
    this.#lastWrite = write.catch(() => {});
    return write;
  }

  /** One batch: all or nothing, and on the disk when it resolves. */
  async #commit(operations: Operation[]): Promise<void> {
    try {
      await this.#db.batch(operations, { sync: true });
    } catch (cause) {
      throw new SyncError('commit-failed', 'the data folder could not be written', { cause });
    }
  }

  #removal(records: readonly [Buffer, Buffer][]): Operation[] {
    for (const [key, value] of records) this.#removedBytes += key.length + value.length;
    return records.map(([key]) => ({ type: 'del', key }));
  }

  async #head(documentId: DocumentId): Promise<Appended | undefined> {
    const known = this.#heads.get(documentId);
    if (known !== undefined) return known;
    const epoch = await this.#findEpoch(documentId);
    if (epoch === undefined) return undefined;
    const lastOf = async (table: typeof Table.entry | typeof Table.checkpoint) => {
      const keys = new LogKeys(table, documentId, epoch);
      const [key] = await this.#db.keys({ ...keys.range(), reverse: true, limit: 1 }).all();
      return key === undefined ? (0 as Seq) : keys.seqOf(key);
    };
    const [entry, checkpoint] = [await lastOf(Table.entry), await lastOf(Table.checkpoint)];
    return { epoch, head: entry > checkpoint ? entry : checkpoint };
  }

  async #findEpoch(documentId: DocumentId, snapshot?: Snapshot): Promise<Epoch | undefined> {
    const range = withPrefix(documentPrefix(Table.document, documentId));
    const [record] = await this.#db.iterator({ ...range, snapshot, reverse: true, limit: 1 }).all();
    if (record === undefined) return undefined;
    decodeRecord(...record);
    return parseDocumentKey(record[0]).epoch;
  }

  async #findCheckpoint(
    documentId: DocumentId,
    epoch: Epoch,
    snapshot: Snapshot,
  ): Promise<Checkpoint | undefined> {
    const keys = new LogKeys(Table.checkpoint, documentId, epoch);
    const [record] = await this.#db
      .iterator({ ...keys.range(), snapshot, reverse: true, limit: 1 })
      .all();
    if (record === undefined) return undefined;
    const update = new Uint8Array(decodeRecord(...record));
    return { seq: keys.seqOf(record[0]), update };
  }

  async #readTail(
    documentId: DocumentId,
    epoch: Epoch,
    after: number,
    snapshot: Snapshot,
  ): Promise<Entry[]> {
    const keys = new LogKeys(Table.entry, documentId, epoch);
    const tail: Entry[] = [];
    for (const [key, value] of await this.#db.iterator({ ...keys.range(after), snapshot }).all()) {
      const seq = keys.seqOf(key);
      if (seq !== after + tail.length + 1) {
        throw new SyncError(
          'store-damaged',
          `${documentId} has no entry ${after + tail.length + 1}`,
        );
      }
      tail.push({ ...decodeEntry(key, value), seq });
    }
    return tail;
  }
}

type Snapshot = ReturnType<Database['snapshot']>;

function openError(directory: string, error: unknown): SyncError {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED') {
    return new SyncError(
      'store-locked',
      `the data folder ${directory} is in use by another process`,
      {
        cause,
      },
    );
  }
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SyncError(
    'store-damaged',
    `the data folder ${directory} cannot be opened: ${reason}`,
    {
      cause,
    },
  );
}
