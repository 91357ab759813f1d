/** How long tasks may keep the event loop before it goes round, in milliseconds. */
const SLICE_MS = 3;

/**
 * Runs tasks in the order in which they came, some milliseconds' worth in each turn of the event
 * loop: a storm of joins does not keep others from typing.
 */
export class Paced {
  readonly #tasks: (() => void)[] = [];
  #next = 0;
  #scheduled = false;

  /** A task must not throw. */
  run(task: () => void): void {
    this.#tasks.push(task);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#slice());
  }

  #slice(): void {
    const end = performance.now() + SLICE_MS;
    while (this.#next < this.#tasks.length) {
      this.#tasks[this.#next++]?.();
      if (performance.now() >= end) break;
    }
    if (this.#next < this.#tasks.length) {
      setImmediate(() => this.#slice());
      return;
    }
    this.#tasks.length = this.#next = 0;
    this.#scheduled = false;
  }
}
