import { SyncError } from '@syncline/protocol';

/** So many requests may be ahead of their turn. */
const MAX_AHEAD = 32;

/** Puts requests that may overtake each other into the order of their numbers. */
export class Up {
  #next = 1;
  #last: Promise<void> = Promise.resolve();
  readonly #ahead = new Map<number, () => void>();

  /**
   * Runs a task when all with smaller numbers have run; not at all when its number has had its turn.
   * @throws SyncError `malformed-frame` for a number far ahead.
   */
  async run(number: number, task: () => Promise<void>): Promise<void> {
    if (number < this.#next) return;
    if (number > this.#next) {
      if (this.#ahead.has(number)) return;
      if (number - this.#next > MAX_AHEAD) {
        throw new SyncError('malformed-frame', `request ${number} came before ${this.#next}`);
      }
      await new Promise<void>((resolve) => this.#ahead.set(number, resolve));
    }
    this.#next = number + 1;
    const turn = this.#last.then(task);
    this.#last = turn.catch(() => {});
    const following = this.#ahead.get(number + 1);
    this.#ahead.delete(number + 1);
    following?.();
    await turn;
  }

  /** Lets go of those that wait: what is missing will not come. */
  close(): void {
    for (const resolve of this.#ahead.values()) resolve();
    this.#ahead.clear();
  }
}
