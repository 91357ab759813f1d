import { setTimeout as sleep } from 'node:timers/promises';
import { SyncError } from '@syncline/protocol';
import type { StoreState } from '@syncline/storage';
import { Connections, NoAnswer, type Runner } from './connections.ts';
import { commitFailed, isPassing, loadFailed } from './failure.ts';
import { DEFAULT_TIMEOUTS, makePool, type Timeouts } from './pool.ts';

/** Called when the store's state changes; `cause` is the error behind a change for the worse. */
export type OnState = (state: StoreState, cause?: unknown) => void;

export interface DatabaseOptions {
  readonly url: string;
  /** How many connections there may be for all but the commits of ticks. */
  readonly connections?: number | undefined;
  readonly timeouts?: Partial<Timeouts> | undefined;
  readonly onState?: OnState | undefined;
}

/** Commits of ticks run one after the other; the second is for one whose answer is awaited in vain. */
const TICK_CONNECTIONS = 2;
/** So many documents at a time are waited for that other nodes hold. */
const WAIT_CONNECTIONS = 2;
const OTHER_CONNECTIONS = 6;

/** The store is not ready while a commit takes longer than this. */
const SLOW_COMMIT_MS = 2_000;
/** How much longer than PostgreSQL we wait, at the most, for the end of a statement. */
const ANSWER_GRACE_MS = 5_000;
/** How long to wait before PostgreSQL is tried again: doubled from the first to the last. */
const FIRST_PAUSE_MS = 100;
const LAST_PAUSE_MS = 2_000;

/**
 * The connections to PostgreSQL, through its restarts. Ticks have connections of their own, so that
 * they wait neither for a storm of loads nor for documents that others hold.
 */
export class Database {
  readonly ticks: Connections;
  readonly waits: Connections;
  readonly others: Connections;
  readonly #timeouts: Timeouts;
  readonly #onState: OnState;
  #state: StoreState = 'ready';
  /** Commits that take long, or are tried again and again. */
  #failing = 0;
  /** Whether somebody asks PostgreSQL every now and then if it is back. */
  #asking = false;
  readonly #closing = new AbortController();

  constructor({ url, connections = OTHER_CONNECTIONS, timeouts, onState }: DatabaseOptions) {
    const all = { ...DEFAULT_TIMEOUTS, ...timeouts };
    const some = (count: number) => new Connections(() => makePool(url, count, all));
    this.#timeouts = all;
    this.ticks = some(TICK_CONNECTIONS);
    this.waits = some(WAIT_CONNECTIONS);
    this.others = some(connections);
    this.#onState = onState ?? (() => {});
  }

  /** How long PostgreSQL waits for a row that somebody has locked, in milliseconds. */
  get lockMs(): number {
    return this.#timeouts.lockMs;
  }

  get state(): StoreState {
    return this.#state;
  }

  /**
   * Opens a first connection.
   * @throws SyncError `config-invalid` when the database is not one that keeps what it commits,
   *   `load-failed` when it cannot be reached.
   */
  async connect(): Promise<void> {
    try {
      await this.#ask();
    } catch (cause) {
      throw loadFailed(cause);
    }
  }

  /**
   * Reads; a second time when that fails, since a connection may have been cut that was not in use, or be silent.
   * @throws SyncError `load-failed`, `store-damaged`
   */
  async read<T>(work: (runner: Runner) => Promise<T>): Promise<T> {
    try {
      const { answerMs } = this.#timeouts;
      return await work(this.others.within(answerMs)).catch((cause: unknown) => {
        if (!isPassing(cause)) throw cause;
        return work(this.others.within(this.#mostMs));
      });
    } catch (cause) {
      if (isPassing(cause)) void this.#askUntilBack(cause);
      throw loadFailed(cause);
    }
  }

  /**
   * Commits, and tries again until that works; so it takes as long as PostgreSQL is away. `work` must
   * bear to be run again though it was committed the first time, and the answer was lost. It is given
   * how long to wait for answers: longer from try to try, since PostgreSQL may just be slow.
   * @param isTick whether it waits for nobody, so that the store is not ready while it takes long
   * @throws SyncError `commit-failed` when it cannot work, or the store is closed before it did. It
   *   can be stored nevertheless.
   */
  async write<T>(work: (answerMs: number) => Promise<T>, isTick: boolean): Promise<T> {
    let isSlow = false;
    const timer =
      isTick &&
      setTimeout(() => {
        isSlow = true;
        this.#failing++;
        this.#become('recovering', new Error(`a commit takes longer than ${SLOW_COMMIT_MS} ms`));
      }, SLOW_COMMIT_MS);
    try {
      return await work(this.#timeouts.answerMs);
    } catch (cause) {
      // Cut connections are no outage yet; most often a new one does.
      return await this.#retry(work, cause);
    } finally {
      if (timer) clearTimeout(timer);
      if (isSlow) this.#failing--;
      this.#noteRecovery();
    }
  }

  /**
   * Runs several statements as one transaction, on one connection. `work` must not wait for anything
   * but PostgreSQL: other nodes may wait for the rows.
   */
  async transaction<T>(answerMs: number, work: (runner: Runner) => Promise<T>): Promise<T> {
    return await this.others.use(answerMs, async (runner) => {
      // A connection that is dropped rolls back.
      await runner.query('BEGIN');
      const result = await work(runner);
      await runner.query('COMMIT');
      return result;
    });
  }

  /** Ends what waits for PostgreSQL to come back. */
  giveUp(): void {
    this.#closing.abort();
  }

  /** Closes the connections; to be called once nothing runs any more. */
  async close(): Promise<void> {
    this.giveUp();
    await Promise.all([this.ticks, this.waits, this.others].map((some) => some.close()));
  }

  /** No answer comes later. */
  get #mostMs(): number {
    return this.#timeouts.statementMs + ANSWER_GRACE_MS;
  }

  async #ask(): Promise<void> {
    await this.others.within(this.#timeouts.answerMs).query('SELECT 1');
  }

  async #retry<T>(work: (answerMs: number) => Promise<T>, failure: unknown): Promise<T> {
    const { signal } = this.#closing;
    let cause = failure;
    let isFailing = false;
    let { answerMs } = this.#timeouts;
    try {
      for (let pause = 0; ; pause = Math.min(Math.max(pause * 2, FIRST_PAUSE_MS), LAST_PAUSE_MS)) {
        if (!isPassing(cause)) throw cause instanceof SyncError ? cause : commitFailed(cause);
        if (pause > 0) {
          if (!isFailing) this.#failing++;
          isFailing = true;
          this.#become('recovering', cause);
          // Rejects when the store is closed.
          await sleep(pause, undefined, { signal }).catch(() => {});
        }
        if (signal.aborted) throw commitFailed(cause);
        if (cause instanceof NoAnswer) answerMs = Math.min(answerMs * 2, this.#mostMs);
        try {
          return await work(answerMs);
        } catch (error) {
          cause = error;
        }
      }
    } finally {
      if (isFailing) this.#failing--;
    }
  }

  /** After reads that failed; a commit that fails finds out by itself. */
  async #askUntilBack(cause: unknown): Promise<void> {
    if (this.#asking || this.#closing.signal.aborted) return;
    this.#asking = true;
    this.#become('recovering', cause);
    const { signal } = this.#closing;
    for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(pause * 2, LAST_PAUSE_MS)) {
      await sleep(pause, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted) break;
      const isBack = await this.#ask().then(
        () => true,
        () => false,
      );
      if (isBack) break;
    }
    this.#asking = false;
    this.#noteRecovery();
  }

  #noteRecovery(): void {
    if (this.#failing === 0 && !this.#asking) this.#become('ready');
  }

  #become(state: StoreState, cause?: unknown): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#onState(state, cause);
  }
}
