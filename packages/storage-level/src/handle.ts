import { setTimeout as sleep } from 'node:timers/promises';
import { SyncError } from '@syncline/protocol';
import type { StoreState } from '@syncline/storage';
import { type Database, levelCode, type Operation } from './database.ts';
import { probeDisk } from './disk-probe.ts';

/** How long to wait before the disk is tried again: doubled from the first to the last. */
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 2_000;

/**
 * A batch that is put together in LevelDB takes a quarter of the CPU time of one that is handed over as an
 * array, but has its bytes until it is collected as garbage: so not what is larger than this.
 */
const MAX_CHAINED_BYTES = 256 * 1024;

/** Called when the store's state changes; `cause` is the error behind a change for the worse. */
export type OnState = (state: StoreState, cause?: unknown) => void;

export interface HandleOptions {
  /** Opens the folder: at first, and after a failed write. */
  readonly open: () => Promise<Database>;
  readonly directory: string;
  readonly onState?: OnState | undefined;
}

/**
 * The open LevelDB folder, through failures of the disk.
 *
 * After a failed write LevelDB's handle is poisoned: a torn record is in its log, and what is
 * appended after that, though synced without an error, is skipped when the folder is opened again.
 * So nothing more is written by that handle. It goes on serving reads until the disk takes writes
 * again; then the folder is closed and opened, the failed batch is appended unless it survived, and
 * only then does its commit resolve.
 */
export class Handle {
  readonly #options: HandleOptions;
  #db: Database;
  #state: StoreState = 'ready';
  /** Reads that run on the open handle. They end before it is closed. */
  readonly #reading = new Set<Promise<unknown>>();
  /** While the folder is closed and opened again: what reads wait for. */
  #reopening: Gate | undefined;
  readonly #closing = new AbortController();
  #committing: Promise<void> = Promise.resolve();

  private constructor(db: Database, options: HandleOptions) {
    this.#db = db;
    this.#options = options;
  }

  static async open(options: HandleOptions): Promise<Handle> {
    return new Handle(await options.open(), options);
  }

  get state(): StoreState {
    return this.#state;
  }

  /**
   * Reads with the open database. `work` must not keep anything of it.
   * @throws SyncError `store-closed`, `store-damaged`, `load-failed`
   */
  async read<T>(work: (db: Database) => Promise<T>): Promise<T> {
    while (this.#reopening !== undefined) await this.#reopening.opened;
    if (this.#closing.signal.aborted && this.#db.status !== 'open') throw closed();
    const reading = work(this.#db);
    this.#reading.add(reading);
    try {
      return await reading;
    } catch (cause) {
      if (cause instanceof SyncError) throw cause;
      if (levelCode(cause) === 'LEVEL_CORRUPTION') {
        this.#become('read-only', cause);
        throw new SyncError('store-damaged', 'a file of the data folder is damaged', { cause });
      }
      throw new SyncError('load-failed', 'the data folder could not be read', { cause });
    } finally {
      this.#reading.delete(reading);
    }
  }

  /**
   * Commits one batch: all or nothing, and on the disk when it resolves. It takes as long as the
   * disk needs to recover. One at a time; no key of a batch was ever written before.
   * @throws SyncError `store-read-only`; `commit-failed` when the store is closed before the disk
   *   recovered. The batch can be stored nevertheless.
   */
  commit(operations: readonly Operation[]): Promise<void> {
    const committing = this.#commit(operations);
    this.#committing = committing.catch(() => {});
    return committing;
  }

  /** Stops trying to recover, so that commits that wait for that end. */
  giveUp(): void {
    this.#closing.abort();
  }

  /** Ends the reads that run, and closes the folder. */
  async close(): Promise<void> {
    this.giveUp();
    await this.#committing;
    await this.#closeDatabase();
    this.#reopening?.open();
    this.#reopening = undefined;
  }

  async #commit(operations: readonly Operation[]): Promise<void> {
    if (this.#state === 'read-only') throw readOnly();
    // Only a recovery that was given up leaves this state behind; the handle is poisoned.
    if (this.#state === 'recovering') throw commitFailed();
    try {
      await this.#write(operations);
    } catch (cause) {
      await this.#recover(operations, cause);
    }
  }

  async #write(operations: readonly Operation[]): Promise<void> {
    const bytes = operations.reduce(
      (sum, { key, value }) => sum + key.length + (value?.length ?? 0),
      0,
    );
    if (bytes > MAX_CHAINED_BYTES) {
      await this.#db.batch([...operations], { sync: true });
      return;
    }
    const batch = this.#db.batch();
    for (const operation of operations) {
      if (operation.type === 'put') batch.put(operation.key, operation.value);
      else batch.del(operation.key);
    }
    await batch.write({ sync: true });
  }

  async #recover(operations: readonly Operation[], failure: unknown): Promise<void> {
    let cause = failure;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LAST_PAUSE_MS)) {
      if (isDamage(cause)) {
        this.#become('read-only', cause);
        throw readOnly(cause);
      }
      this.#become('recovering', cause);
      if (this.#closing.signal.aborted) throw commitFailed(failure);
      try {
        await probeDisk(this.#options.directory);
        await this.#reopen();
        if (!(await this.#isStored(operations))) await this.#write(operations);
        this.#become('ready');
        return;
      } catch (error) {
        cause = error;
      }
      // Rejects when the store is closed; the loop's next turn says so.
      await sleep(pause, undefined, { signal: this.#closing.signal }).catch(() => {});
    }
  }

  async #reopen(): Promise<void> {
    // When the last attempt could not open it, reads wait already.
    this.#reopening ??= new Gate();
    await this.#closeDatabase();
    this.#db = await this.#options.open();
    this.#reopening.open();
    this.#reopening = undefined;
  }

  async #closeDatabase(): Promise<void> {
    await Promise.allSettled(this.#reading);
    await this.#db.close();
  }

  /** A batch is atomic and its keys are its own, so that one of them tells for all. */
  async #isStored([first]: readonly Operation[]): Promise<boolean> {
    if (first === undefined) return true;
    const found = await this.#db.get(first.key);
    return (found !== undefined) === (first.type === 'put');
  }

  #become(state: StoreState, cause?: unknown): void {
    // Damage does not go away by itself.
    if (this.#state === state || this.#state === 'read-only') return;
    this.#state = state;
    this.#options.onState?.(state, cause);
  }
}

/** A promise that is resolved from outside. */
class Gate {
  open!: () => void;
  readonly opened = new Promise<void>((resolve) => {
    this.open = resolve;
  });
}

function isDamage(error: unknown): boolean {
  if (error instanceof SyncError) return error.code === 'store-damaged';
  return levelCode(error) === 'LEVEL_CORRUPTION';
}

function closed(): SyncError {
  return new SyncError('store-closed', 'the store is closed');
}

function readOnly(cause?: unknown): SyncError {
  return new SyncError(
    'store-read-only',
    'stored data is damaged, and nothing is written until it was repaired',
    { cause },
  );
}

function commitFailed(cause?: unknown): SyncError {
  return new SyncError('commit-failed', 'the data folder could not be written', { cause });
}
