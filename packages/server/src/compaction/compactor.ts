import type { DocumentId } from '@syncline/protocol';
import type { DocumentStore, Epoch } from '@syncline/storage';
import type { Logger } from 'pino';
import { storedBytes } from '../document-log.ts';
import { WorkerThread } from './worker-thread.ts';

/** A merge that takes longer is given up. */
const LIMIT_MS = 60_000;
/** The thread ends when it had nothing to do for so long. */
const IDLE_MS = 10_000;
/** A document that could not be compacted is left alone for so long. */
const BACK_OFF_MS = 60_000;
/** Room is given back to the disk when compaction has rested for so long. */
const RECLAIM_AFTER_MS = 1_000;

/** A checkpoint that was stored. */
export interface CompactionResult {
  readonly documentId: DocumentId;
  readonly epoch: Epoch;
  readonly checkpoint: Uint8Array;
  /** About how many bytes of entries it took the place of. */
  readonly coveredBytes: number;
}

/**
 * Bounds the growth of logs: merges a document's checkpoint and tail, as read from the store, into a
 * new checkpoint, in a worker thread, one document at a time. Edits go on meanwhile.
 */
export class Compactor {
  /** Told of each checkpoint that was stored. */
  onCompacted: (result: CompactionResult) => void = () => {};
  readonly #store: DocumentStore;
  readonly #logger: Logger;
  readonly #thread = new WorkerThread({ limitMs: LIMIT_MS, idleMs: IDLE_MS });
  readonly #queue = new Set<DocumentId>();
  readonly #failedAt = new Map<DocumentId, number>();
  #running: Promise<void> | undefined;
  #reclaimTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(store: DocumentStore, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
    this.#scheduleReclaim();
  }

  /** Asks for a checkpoint of a document. */
  request(documentId: DocumentId): void {
    if (this.#closed) return;
    const failedAt = this.#failedAt.get(documentId);
    if (failedAt !== undefined && performance.now() - failedAt < BACK_OFF_MS) return;
    this.#queue.add(documentId);
    this.#running ??= this.#run();
  }

  /** Gives up what it is at. Nothing is lost: a checkpoint is stored whole or not at all. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#queue.clear();
    clearTimeout(this.#reclaimTimer);
    await this.#thread.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    clearTimeout(this.#reclaimTimer);
    for (const documentId of this.#queue) {
      this.#queue.delete(documentId);
      try {
        await this.#compact(documentId);
        this.#failedAt.delete(documentId);
      } catch (err) {
        if (this.#closed) break;
        this.#failedAt.set(documentId, performance.now());
        this.#logger.error({ documentId, err }, 'a document could not be compacted');
      }
    }
    this.#running = undefined;
    this.#scheduleReclaim();
  }

  async #compact(documentId: DocumentId): Promise<void> {
    const stored = await this.#store.load(documentId);
    if (stored === undefined || stored.tail.length === 0 || this.#closed) return;
    const { epoch, head, checkpoint: before, tail } = stored;
    const updates = tail.map((entry) => entry.update);
    if (before !== undefined) updates.unshift(before.update);
    const checkpoint = await this.#thread.compact(updates);
    if (!(await this.#store.compact(documentId, epoch, { seq: head, update: checkpoint }))) return;
    const result = { documentId, epoch, checkpoint, coveredBytes: storedBytes(tail) };
    this.#logger.debug(
      { documentId, seq: head, entries: tail.length, bytes: checkpoint.length },
      'compacted',
    );
    this.onCompacted(result);
  }

  #scheduleReclaim(): void {
    if (this.#closed) return;
    this.#reclaimTimer = setTimeout(() => {
      this.#store.reclaim().catch((err: unknown) => {
        if (!this.#closed) this.#logger.warn({ err }, 'room could not be given back to the disk');
      });
    }, RECLAIM_AFTER_MS).unref();
  }
}
