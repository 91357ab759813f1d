import type { Change, OfflineListener } from '../local-copy.ts';
import type { Standing } from './commit.ts';

/** Passes on what other tabs wrote, and when they say that the server has all. */
export class Following {
  readonly #listener: OfflineListener;
  #foreign = 0;
  #ownHead = 0;
  #saved: { readonly incarnation: string; readonly n: number } | undefined;

  constructor(listener: OfflineListener) {
    this.#listener = listener;
  }

  /** How many own changes of other tabs were passed on. */
  get foreign(): number {
    return this.#foreign;
  }

  /** The newest entry with own changes of anybody, as the store has it. */
  set ownHead(n: number) {
    this.#ownHead = n;
  }

  /** The newest of the entries has the number `to`. */
  pass(entries: readonly Change[], to: number): void {
    for (const [i, entry] of entries.entries()) {
      if (entry.own) {
        this.#foreign++;
        this.#ownHead = Math.max(this.#ownHead, to - entries.length + 1 + i);
      }
      try {
        this.#listener.onChange(entry);
      } catch (error) {
        this.#listener.onError(error);
      }
    }
  }

  /** Another tab said that the server has all up to this entry. */
  noteSaved(incarnation: string, n: number): void {
    this.#saved = { incarnation, n };
  }

  /** Passes that on, when it holds for all that this tab has. @param isWriting own changes of it wait */
  passSaved(standing: Standing, isWriting: boolean): void {
    const saved = this.#saved;
    if (saved?.incarnation !== standing.incarnation) this.#saved = undefined;
    else if (standing.seen >= saved.n) {
      this.#saved = undefined;
      if (this.#ownHead <= saved.n && !isWriting) this.#listener.onSaved();
    }
  }

  /** The copy was put away. */
  reset(): void {
    this.#ownHead = 0;
    this.#saved = undefined;
  }
}
