/** Functions that are called when something has changed. One that throws keeps none of the others from its call. */
export class Listeners<A extends unknown[] = []> {
  readonly #listeners = new Set<{ readonly call: (...args: A) => void }>();

  /** Returns how to stop. */
  add(call: (...args: A) => void): () => void {
    // The same function may listen twice.
    const listener = { call };
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  call(...args: A): void {
    for (const { call } of this.#listeners) {
      try {
        call(...args);
      } catch (error) {
        report(error);
      }
    }
  }
}

/** As a browser does with what an event listener throws. Node has no such function. */
function report(error: unknown): void {
  if (typeof globalThis.reportError === 'function') globalThis.reportError(error);
  else console.error(error);
}
