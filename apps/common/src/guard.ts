import { Listeners } from '@syncline/bindings';

/** Why a page must not write, whatever the server allows. */
export type Halt =
  /** The document has parts that this page cannot show. It may write again when they are gone. */
  | 'unknown-parts'
  /** The page threw an error, so what it shows may not be what the document has. It lasts until the page is loaded again. */
  | 'failed';

/**
 * Keeps a page from writing what it does not know. An editor writes how its own content differs from the document's: one
 * that threw an error while it took in a change would write that change away, for everybody.
 */
export class Guard {
  readonly #listeners = new Listeners();
  #halt: Halt | undefined;

  /** undefined: the page may write. */
  get halt(): Halt | undefined {
    return this.#halt;
  }

  /** Calls after each change. */
  subscribe(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Does something that may throw; then the page has failed, and undefined is returned. */
  run<T>(act: () => T): T | undefined {
    try {
      return act();
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  fail(error: unknown): void {
    if (this.#halt === 'failed') return;
    console.error(error);
    this.#set('failed');
  }

  /** Says whether there is something in the document that the page cannot show. */
  setUnknown(hasUnknownParts: boolean): void {
    if (this.#halt !== 'failed') this.#set(hasUnknownParts ? 'unknown-parts' : undefined);
  }

  #set(halt: Halt | undefined): void {
    if (halt === this.#halt) return;
    this.#halt = halt;
    this.#listeners.call();
  }
}

/** A guard that also hears of errors that nobody caught. */
export function guardPage(): Guard {
  const guard = new Guard();
  addEventListener('error', ({ error }) => {
    // Some are none: that an element was resized twice in a frame, say.
    if (error instanceof Error) guard.fail(error);
  });
  return guard;
}
