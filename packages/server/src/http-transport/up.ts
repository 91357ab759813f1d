import { SyncError } from '@syncline/protocol';

/** So many requests may wait for their turn, or for the connection to be read. */
const MAX_WAITING = 8;

/** Puts requests that may overtake each other into the order of their numbers. */
export class Up {
  #next = 1;
  #last: Promise<void> = Promise.resolve();
  #isClosed = false;
  /** Requests that are not taken yet. */
  readonly #waiting = new Map<number, Promise<void>>();
  /** Lets a request go on that came before its turn. */
  readonly #ahead = new Map<number, () => void>();

  /**
   * Runs a task when all with smaller numbers have run, and resolves when it has. A request that comes
   * again runs nothing, and waits for the first.
   * @throws SyncError `rate-limited`, `connection-unknown`
   */
  async run(number: number, task: () => Promise<void>): Promise<void> {
    let taken = this.#waiting.get(number);
    if (taken === undefined) {
      if (number < this.#next) return;
      if (this.#waiting.size >= MAX_WAITING && !this.#isAwaited(number)) {
        throw new SyncError('rate-limited', `${MAX_WAITING} requests wait already`);
      }
      taken = this.#take(number, task).finally(() => this.#waiting.delete(number));
      this.#waiting.set(number, taken);
    }
    await taken;
  }

  /** What is missing will not come: those that wait for it are refused. */
  close(): void {
    this.#isClosed = true;
    for (const resolve of this.#ahead.values()) resolve();
    this.#ahead.clear();
  }

  /** Whether all that wait, wait for this one. */
  #isAwaited(number: number): boolean {
    return number === this.#next && this.#waiting.size === this.#ahead.size;
  }

  async #take(number: number, task: () => Promise<void>): Promise<void> {
    if (number > this.#next) {
      await new Promise<void>((resolve) => this.#ahead.set(number, resolve));
    }
    if (this.#isClosed) throw new SyncError('connection-unknown', 'the connection has ended');
    this.#next = number + 1;
    const turn = this.#last.then(task);
    this.#last = turn.catch(() => {});
    this.#ahead.get(number + 1)?.();
    this.#ahead.delete(number + 1);
    await turn;
  }
}
