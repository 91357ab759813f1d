/** For how long one connection is read in a turn of the event loop, in milliseconds… */
export const SLICE_MS = 2;
/** …and for how long those are together that have brought more than that. */
const TURN_MS = 4;

/**
 * Gives connections that bring more than can be read at once their turns, in the order in which they ask for them:
 * a slice each, few in a turn of the event loop, so that whatever else came is served in between.
 */
export class ReadingTurns {
  #waiting: (() => void)[] = [];
  #isScheduled = false;
  /** Somebody reads after the turn of the event loop, and so for as long as it has. */
  #isSpent = false;

  /** @param read reads a slice, and asks for another turn when there is more. Does not throw. */
  add(read: () => void): void {
    this.#waiting.push(read);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#run);
  }

  /** Resolves when it is one's turn. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.add(() => {
        this.#isSpent = true;
        resolve();
      });
    });
  }

  readonly #run = (): void => {
    const end = performance.now() + TURN_MS;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#isSpent = false;
    let at = 0;
    while (at < waiting.length && !this.#isSpent && performance.now() < end) waiting[at++]?.();
    // Those that had no turn come before those that ask for another one.
    this.#waiting = [...waiting.slice(at), ...this.#waiting];
    this.#isScheduled = this.#waiting.length > 0;
    if (this.#isScheduled) setImmediate(this.#run);
  };
}
