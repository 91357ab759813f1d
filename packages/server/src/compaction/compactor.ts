import { type DocumentId, type ErrorCode, SyncError } from '@syncline/protocol';
import type { DocumentStore, Epoch, Seq } from '@syncline/storage';
import type { Logger } from 'pino';
import { type Covered, storedBytes } from '../document-log.ts';
import { compactInTurns } from './compact.ts';
import { WorkerPool } from './worker-pool.ts';
import type { WorkerThread } from './worker-thread.ts';

const THREADS = 2;
/**
 * A log of at most so many bytes is merged here, between other work: code that is in use all the time does it
 * in some milliseconds, which in a thread would first have to be compiled for it.
 */
const MOST_BYTES_HERE = 384 * 1024;
/** A merge that takes longer is given up. */
const DEFAULT_LIMIT_MS = 60_000;
/** A thread ends when it had nothing to do for so long. */
const IDLE_MS = 30_000;
/** A claim holds for so much longer than a merge may take, for what is read and written around it. */
const CLAIM_GRACE_MS = 10_000;
/** A document that could not be compacted is left alone for so long, twice as long after each failure. */
const BACK_OFF_MS = 60_000;
const MAX_BACK_OFF_MS = 3_600_000;
/** Room is given back to the disk when compaction has rested for so long. */
const RECLAIM_AFTER_MS = 1_000;

const OUTAGES = new Set<ErrorCode>(['load-failed', 'commit-failed', 'store-closed']);

/** A checkpoint that was stored. */
export interface CompactionResult {
  readonly documentId: DocumentId;
  readonly epoch: Epoch;
  readonly seq: Seq;
  readonly checkpoint: Uint8Array;
  readonly covered: Covered;
  /** Entries that could not be read, or lie behind a gap: the checkpoint is without them. */
  readonly setAside: readonly Seq[];
}

/** What is told of compactions. */
export interface CompactorEvents {
  /** Another node is at it, there is nothing to do any more, or the store is away. */
  onPostponed?(documentId: DocumentId): void;
  onCompacted?(result: CompactionResult, milliseconds: number): void;
  onFailed?(documentId: DocumentId, error: unknown): void;
}

/**
 * Bounds the growth of logs: merges a document's checkpoint and tail, as read from the store, into a
 * new checkpoint; large ones in worker threads. Edits go on meanwhile. Nodes that share the store take turns: one
 * of them claims a document, and keeps the claim when it fails, so that others leave it alone for a while too.
 */
export class Compactor {
  /** Set by who wants to be told. */
  events: CompactorEvents = {};
  /** Set to false where others compact: then {@link request} does nothing. */
  takesRequests = true;
  readonly #store: DocumentStore;
  readonly #logger: Logger;
  readonly #pool: WorkerPool;
  readonly #claimMs: number;
  readonly #running = new Map<DocumentId, Promise<CompactionResult | undefined>>();
  readonly #failures = new Map<DocumentId, { count: number; until: number }>();
  #reclaimTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(store: DocumentStore, logger: Logger, limitMs = DEFAULT_LIMIT_MS) {
    this.#store = store;
    this.#logger = logger;
    this.#pool = new WorkerPool(THREADS, { limitMs, idleMs: IDLE_MS });
    this.#claimMs = limitMs + CLAIM_GRACE_MS;
    this.#scheduleReclaim();
  }

  /** How many documents could not be compacted at the last try. */
  get failing(): number {
    return this.#failures.size;
  }

  /** Whether a document could not be compacted so lately that it is left alone for now. */
  hasFailedLately(documentId: DocumentId): boolean {
    const failure = this.#failures.get(documentId);
    return failure !== undefined && performance.now() < failure.until;
  }

  /** Asks for a checkpoint when there is time. One that failed lately is not tried again yet. */
  request(documentId: DocumentId): void {
    if (!this.takesRequests || this.#closed || this.hasFailedLately(documentId)) return;
    this.compact(documentId).catch(() => {}); // it was reported
  }

  /**
   * Makes a checkpoint. `undefined` when there is nothing to do, another node is at it, or the log was
   * replaced meanwhile.
   * @throws Error when the log cannot be merged; it stays as it is.
   */
  async compact(documentId: DocumentId): Promise<CompactionResult | undefined> {
    const running = this.#running.get(documentId);
    if (running !== undefined) return await running;
    clearTimeout(this.#reclaimTimer);
    // What waits for a thread is not read yet: all documents of a crowd that leaves would be in memory at once.
    const compaction = this.#pool
      .use(async (thread) => await this.#try(documentId, thread))
      .finally(() => {
        this.#running.delete(documentId);
        if (this.#running.size === 0) this.#scheduleReclaim();
      });
    this.#running.set(documentId, compaction);
    return await compaction;
  }

  /** Gives up what it is at. Nothing is lost: a checkpoint is stored whole or not at all. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#reclaimTimer);
    await this.#pool.close();
    await Promise.allSettled(this.#running.values());
  }

  async #try(documentId: DocumentId, thread: WorkerThread): Promise<CompactionResult | undefined> {
    if (this.#closed) throw new Error('compaction is closed');
    try {
      if (!(await this.#store.claimCompaction(documentId, this.#claimMs))) {
        this.events.onPostponed?.(documentId);
        return undefined;
      }
      const result = await this.#compact(documentId, thread);
      this.#failures.delete(documentId);
      return result;
    } catch (err) {
      if (!this.#closed) {
        if (isOutage(err)) this.events.onPostponed?.(documentId);
        else this.#noteFailure(documentId, err);
      }
      throw err;
    }
  }

  async #compact(
    documentId: DocumentId,
    thread: WorkerThread,
  ): Promise<CompactionResult | undefined> {
    const start = performance.now();
    const stored = await this.#store.load(documentId);
    if (stored === undefined || stored.tail.length === 0) return undefined;
    const { epoch, head, checkpoint: before, tail } = stored;
    if (this.#closed) throw new Error('compaction is closed');
    const entries = tail.map((entry) => entry.update);
    const log = { checkpoint: before?.update, entries };
    const bytes =
      (before?.update.length ?? 0) + entries.reduce((sum, { length }) => sum + length, 0);
    const merged = await (bytes > MOST_BYTES_HERE ? thread.compact(log) : compactInTurns(log));
    const setAside = merged.setAside.flatMap((index) => tail[index]?.seq ?? []);
    const update = merged.checkpoint;
    const isStored = await this.#store.compact(documentId, epoch, { seq: head, update }, setAside);
    if (!isStored) return undefined;
    const milliseconds = performance.now() - start;
    const covered = { entries: tail.length, bytes: storedBytes(tail) };
    const result = { documentId, epoch, seq: head, checkpoint: update, covered, setAside };
    const numbers = { documentId, seq: head, entries: tail.length, bytes: update.length };
    this.#logger.debug({ ...numbers, ms: Math.round(milliseconds) }, 'compacted');
    if (setAside.length > 0) {
      this.#logger.error(
        { documentId, seqs: setAside },
        'entries were set aside: they cannot be read',
      );
    }
    this.events.onCompacted?.(result, milliseconds);
    return result;
  }

  #noteFailure(documentId: DocumentId, err: unknown): void {
    const count = (this.#failures.get(documentId)?.count ?? 0) + 1;
    const backOff = Math.min(BACK_OFF_MS * 2 ** (count - 1), MAX_BACK_OFF_MS);
    this.#failures.set(documentId, { count, until: performance.now() + backOff });
    this.#logger.error({ documentId, err, count }, 'a document could not be compacted');
    this.events.onFailed?.(documentId, err);
  }

  #scheduleReclaim(): void {
    if (this.#closed) return;
    clearTimeout(this.#reclaimTimer);
    this.#reclaimTimer = setTimeout(() => {
      this.#store.reclaim().catch((err: unknown) => {
        if (!this.#closed) this.#logger.warn({ err }, 'room could not be given back to the disk');
      });
    }, RECLAIM_AFTER_MS).unref();
  }
}

/** Whether the store could not be reached, which is no fault of the document. */
function isOutage(error: unknown): boolean {
  return error instanceof SyncError && OUTAGES.has(error.code);
}
