import { setTimeout as sleep } from 'node:timers/promises';
import type { DocumentId } from '@syncline/protocol';
import type { DocumentStore } from '@syncline/storage';
import type { Logger } from 'pino';
import { ENTRY_OVERHEAD_BYTES } from '../document-log.ts';
import type { Compactor } from './compactor.ts';
import { isWorthCompacting } from './policy.ts';

/** When a sweep goes round, in milliseconds. */
export interface Pace {
  /** So long after the start… */
  readonly firstMs: number;
  /** …and so long after the end of each round. */
  readonly everyMs: number;
}

/** Of a server, whose rooms compact what changes while it runs. */
const SERVER_PACE: Pace = { firstMs: 1_000, everyMs: 3_600_000 };

/** After so many documents the sweep rests: it is to cost little CPU time and memory, not to be fast. */
const BATCH = 20;
const REST_MS = 250;

/**
 * Compacts the documents that have grown and that nobody opens: those of a server that was killed,
 * and those whose compaction failed.
 */
export class Sweep {
  readonly #store: DocumentStore;
  readonly #compactor: Compactor;
  readonly #logger: Logger;
  readonly #isOpen: (documentId: DocumentId) => boolean;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout;
  #closed = false;

  /** @param isOpen whether a document has a room, which sees to it itself. */
  constructor(
    store: DocumentStore,
    compactor: Compactor,
    logger: Logger,
    isOpen: (documentId: DocumentId) => boolean,
    { firstMs, everyMs } = SERVER_PACE,
  ) {
    this.#store = store;
    this.#compactor = compactor;
    this.#logger = logger;
    this.#isOpen = isOpen;
    this.#everyMs = everyMs;
    this.#timer = this.#schedule(firstMs);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #schedule(ms: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#round()
        .catch((err: unknown) => {
          if (!this.#closed) this.#logger.warn({ err }, 'the sweep was broken off');
        })
        .finally(() => {
          if (!this.#closed) this.#timer = this.#schedule(this.#everyMs);
        });
    }, ms).unref();
  }

  async #round(): Promise<void> {
    let seen = 0;
    for await (const documentId of this.#store.changed()) {
      if (++seen % BATCH === 0) await sleep(REST_MS, undefined, { ref: false });
      if (this.#closed) return;
      if (this.#isOpen(documentId) || this.#compactor.hasFailedLately(documentId)) continue;
      await this.#consider(documentId);
    }
  }

  async #consider(documentId: DocumentId): Promise<void> {
    try {
      const summary = await this.#store.inspect(documentId);
      if (summary === undefined) return;
      const { entries, entryBytes, checkpoint } = summary;
      const growth = {
        checkpointBytes: checkpoint?.bytes ?? 0,
        tailBytes: entryBytes + entries * ENTRY_OVERHEAD_BYTES,
        tailEntries: entries,
      };
      if (isWorthCompacting(growth, false)) {
        await this.#compactor.compact(documentId);
      }
    } catch (err) {
      if (!this.#closed) this.#logger.warn({ documentId, err }, 'the sweep passes over a document');
    }
  }
}
