import { contain, type OnThrow } from './bulkhead.ts';
import type { Peer } from './session.ts';

type Reader = Pick<Peer, 'bufferedBytes'>;

/** How long tasks may keep the event loop before it goes round, in milliseconds. */
const SLICE_MS = 3;
/** To so many sessions large answers may be under way at a time: each costs a write in every turn. */
const MAX_BUSY = 8;
/** A session that has not read its answer by then no longer holds up the others. */
const BUSY_MS = 100;
/** A session with more than this in its socket reads that first, in bytes… */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;
/** …and is looked at again after so many milliseconds. */
const UNREAD_MS = 50;

interface Task {
  readonly since: number;
  readonly reader: Reader;
  readonly run: () => void;
  readonly onThrow: OnThrow;
}

/**
 * Gives sessions their turns in the order in which they came: some milliseconds' worth in each turn
 * of the event loop, and few large answers at a time, so that a storm of joins does not keep others
 * from typing.
 */
export class Paced {
  readonly #tasks: Task[] = [];
  /** Those whose sockets are too full. */
  #unread: Task[] = [];
  #timer: NodeJS.Timeout | undefined;
  #next = 0;
  #scheduled = false;
  #busy: { readonly reader: Reader; readonly since: number }[] = [];

  /** For how long the one whose turn is next has waited, in milliseconds: who comes now will wait about as long. */
  get waitedMs(): number {
    const next = this.#tasks[this.#next];
    return next === undefined ? 0 : performance.now() - next.since;
  }

  /**
   * @param reader has nothing buffered once it is gone, so that it does not wait for ever.
   * @param run writes to the reader.
   * @param onThrow ends what the task belongs to.
   */
  run(reader: Reader, run: () => void, onThrow: OnThrow): void {
    this.#tasks.push({ since: performance.now(), reader, run, onThrow });
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#slice());
  }

  #slice(): void {
    const start = performance.now();
    this.#busy = this.#busy.filter(
      ({ reader, since }) => reader.bufferedBytes > 0 && start - since < BUSY_MS,
    );
    while (this.#next < this.#tasks.length && this.#busy.length < MAX_BUSY) {
      const task = this.#tasks[this.#next++] as Task;
      if (task.reader.bufferedBytes > MAX_UNREAD_BYTES) {
        this.#wait(task);
        continue;
      }
      contain(task.run, task.onThrow);
      const now = performance.now();
      if (task.reader.bufferedBytes > 0) this.#busy.push({ reader: task.reader, since: now });
      if (now - start >= SLICE_MS) break;
    }
    if (this.#next === this.#tasks.length) {
      this.#tasks.length = this.#next = 0;
      this.#scheduled = false;
    } else if (this.#busy.length >= MAX_BUSY) {
      setTimeout(() => this.#slice(), 1);
    } else {
      setImmediate(() => this.#slice());
    }
  }

  #wait(task: Task): void {
    this.#unread.push(task);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const { reader, run, onThrow } of this.#unread.splice(0)) this.run(reader, run, onThrow);
    }, UNREAD_MS).unref();
  }
}
