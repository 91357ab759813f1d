/** When so much waits, it waits no longer. */
const ENOUGH_TASKS = 256;
const ENOUGH_BYTES = 64 * 1024;

/**
 * Frames that came while a tick is due anyway: they are read together when it begins. Code that ran a moment ago is
 * fast, and reading each frame alone, milliseconds apart, takes several times as long.
 */
export class Inbox {
  #tasks: (() => void)[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#tasks.length === 0;
  }

  /** Whether as much waits as should. */
  get isFull(): boolean {
    return this.#tasks.length >= ENOUGH_TASKS || this.#bytes >= ENOUGH_BYTES;
  }

  /** @param read does not throw. */
  add(read: () => void, bytes: number): void {
    this.#tasks.push(read);
    this.#bytes += bytes;
  }

  /** Reads all that is there, in order. */
  empty(): void {
    const tasks = this.#tasks;
    if (tasks.length === 0) return;
    this.#tasks = [];
    this.#bytes = 0;
    for (const task of tasks) task();
  }
}
