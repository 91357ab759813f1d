import { type DocumentId, SyncError } from '@syncline/protocol';
import type {
  Append,
  Appended,
  Checkpoint,
  DocumentStore,
  DocumentSummary,
  Entry,
  Epoch,
  NotAppended,
  ReplaceOptions,
  Seq,
  StoredCheckpoint,
  StoredDocument,
} from './document-store.ts';
import { newEpoch } from './epoch.ts';

interface Log {
  readonly epoch: Epoch;
  checkpoint: Checkpoint | undefined;
  tail: Entry[];
  setAside: Entry[];
}

/** A store that lasts as long as the process: for tests, and for documents that need not last. */
export class MemoryStore implements DocumentStore {
  readonly state = 'ready';
  readonly #logs = new Map<DocumentId, Log>();
  readonly #tombstones = new Map<DocumentId, Uint8Array>();
  #closed = false;

  async load(documentId: DocumentId): Promise<StoredDocument | undefined> {
    const log = this.#log(documentId);
    if (log === undefined) return undefined;
    const { epoch, checkpoint, tail } = log;
    return { epoch, head: head(log), checkpoint, tail: [...tail] };
  }

  async append(appends: readonly Append[]): Promise<readonly (Appended | NotAppended)[]> {
    return appends.map(({ documentId, entries, epoch }) => {
      let log = this.#log(documentId);
      if (epoch !== undefined && epoch !== log?.epoch) return 'replaced';
      if (log === undefined) {
        log = { epoch: newEpoch(), checkpoint: undefined, tail: [], setAside: [] };
        this.#logs.set(documentId, log);
      }
      for (const entry of entries) {
        log.tail.push({ ...entry, update: entry.update.slice(), seq: (head(log) + 1) as Seq });
      }
      return { epoch: log.epoch, head: head(log) };
    });
  }

  async heads(documentIds: readonly DocumentId[]): Promise<readonly (Appended | undefined)[]> {
    return documentIds.map((documentId) => {
      const log = this.#log(documentId);
      return log && { epoch: log.epoch, head: head(log) };
    });
  }

  async read(
    documentId: DocumentId,
    epoch: Epoch,
    after: Seq,
  ): Promise<readonly Entry[] | undefined> {
    const log = this.#log(documentId);
    if (log?.epoch !== epoch || after < (log.checkpoint?.seq ?? 0)) return undefined;
    return log.tail.filter((entry) => entry.seq > after);
  }

  async readCheckpoint(
    documentId: DocumentId,
    epoch: Epoch,
  ): Promise<StoredCheckpoint | undefined> {
    const log = this.#log(documentId);
    if (log?.epoch !== epoch || log.checkpoint === undefined) return undefined;
    const { seq, update } = log.checkpoint;
    return { seq, encoding: 'identity', bytes: update };
  }

  /** Nobody else has this store. */
  async claimCompaction(documentId: DocumentId): Promise<boolean> {
    return (this.#log(documentId)?.tail.length ?? 0) > 0;
  }

  async compact(
    documentId: DocumentId,
    epoch: Epoch,
    checkpoint: Checkpoint,
    setAside: readonly Seq[] = [],
  ): Promise<boolean> {
    const log = this.#log(documentId);
    if (log?.epoch !== epoch) return false;
    if (!log.tail.some((entry) => entry.seq === checkpoint.seq)) return false;
    log.setAside.push(...log.tail.filter((entry) => setAside.includes(entry.seq)));
    log.checkpoint = { seq: checkpoint.seq, update: checkpoint.update.slice() };
    log.tail = log.tail.filter((entry) => entry.seq > checkpoint.seq);
    return true;
  }

  async replace(
    documentId: DocumentId,
    update: Uint8Array,
    { tombstone, epoch = newEpoch() }: ReplaceOptions = {},
  ): Promise<Appended> {
    this.#log(documentId);
    const checkpoint = { seq: 1 as Seq, update: update.slice() };
    this.#logs.set(documentId, { epoch, checkpoint, tail: [], setAside: [] });
    if (tombstone === undefined) this.#tombstones.delete(documentId);
    else this.#tombstones.set(documentId, tombstone.slice());
    return { epoch, head: checkpoint.seq };
  }

  async delete(documentId: DocumentId, tombstone: Uint8Array): Promise<boolean> {
    if (this.#log(documentId) === undefined) return false;
    this.#tombstones.set(documentId, tombstone.slice());
    return this.#logs.delete(documentId);
  }

  async tombstone(documentId: DocumentId): Promise<Uint8Array | undefined> {
    this.#mustBeOpen();
    return this.#tombstones.get(documentId);
  }

  async *list(): AsyncIterable<DocumentId> {
    this.#mustBeOpen();
    yield* Array.from(this.#logs.keys());
  }

  async *changed(): AsyncIterable<DocumentId> {
    for await (const documentId of this.list()) {
      if ((this.#log(documentId)?.tail.length ?? 0) > 0) yield documentId;
    }
  }

  async inspect(documentId: DocumentId): Promise<DocumentSummary | undefined> {
    const log = this.#log(documentId);
    if (log === undefined) return undefined;
    const { epoch, checkpoint, tail, setAside } = log;
    return {
      epoch,
      head: head(log),
      floor: ((checkpoint?.seq ?? 0) + 1) as Seq,
      entries: tail.length,
      entryBytes: tail.reduce((sum, { update }) => sum + update.length, 0),
      checkpoint: checkpoint && { seq: checkpoint.seq, bytes: checkpoint.update.length },
      setAside: setAside.length,
    };
  }

  async reclaim(): Promise<void> {}

  async close(): Promise<void> {
    this.#closed = true;
  }

  #log(documentId: DocumentId): Log | undefined {
    this.#mustBeOpen();
    return this.#logs.get(documentId);
  }

  #mustBeOpen(): void {
    if (this.#closed) throw new SyncError('store-closed', 'the store is closed');
  }
}

function head({ checkpoint, tail }: Log): Seq {
  return tail.at(-1)?.seq ?? checkpoint?.seq ?? (0 as Seq);
}
