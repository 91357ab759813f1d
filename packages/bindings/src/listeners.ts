/** Functions that are called in turn. One that throws is reported, and keeps none of the others from its call. */
export class Listeners<A extends unknown[] = []> {
  readonly #listeners = new Set<{ call: (...args: A) => void }>();

  get isEmpty(): boolean {
    return this.#listeners.size === 0;
  }

  /** @returns ends it; calling it again does nothing */
  add(listener: (...args: A) => void): () => void {
    // The same function can listen twice.
    const entry = { call: listener };
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  call(...args: A): void {
    const entries = Array.from(this.#listeners);
    for (const entry of entries) {
      // One that an earlier one took away is not called any more.
      if (!this.#listeners.has(entry)) continue;
      try {
        entry.call(...args);
      } catch (error) {
        report(error);
      }
    }
  }

  clear(): void {
    this.#listeners.clear();
  }
}

/** As the browser does with what an event listener throws. Node has no such function. */
export function report(error: unknown): void {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(error);
  else console.error(error);
}
