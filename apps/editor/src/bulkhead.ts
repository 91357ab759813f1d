import type { Guard } from '@syncline/app-common/guard';
import * as Y from 'yjs';

/** The origin of what comes from the page's document. */
const OUTSIDE = Symbol('outside');

/**
 * A copy of the page's document for an editor to work on. What others write comes in, and what the editor writes goes out when
 * it is through with it; nothing of what it was about to write when it threw an error. Then, or when it is closed, the
 * copy is cut off, whatever the editor does next.
 */
export class Bulkhead {
  readonly doc = new Y.Doc();
  readonly #outside: Y.Doc;
  readonly #guard: Guard;
  readonly #mend: (transaction: Y.Transaction) => boolean;
  #waiting: Uint8Array[] = [];
  #isQueued = false;
  #isMended = false;
  #isWritable = false;
  #isClosed = false;

  /**
   * @param mend makes of what edits at the same time left what the editor can show, within the transaction that brings it;
   * returns whether it wrote something
   */
  constructor(
    outside: Y.Doc,
    guard: Guard,
    mend: (transaction: Y.Transaction) => boolean = () => false,
  ) {
    this.#outside = outside;
    this.#guard = guard;
    this.#mend = mend;
    this.doc.on('update', this.#onUpdate);
    this.#merge(Y.encodeStateAsUpdate(outside));
  }

  /** What the page's document got. Not to be called for what comes from here: see {@link isFromHere}. */
  receive(update: Uint8Array): void {
    if (!this.#isClosed) this.#guard.run(() => this.#merge(update));
  }

  isFromHere(origin: unknown): boolean {
    return origin === this;
  }

  /** While nothing may be written, what there is to write waits. */
  setWritable(isWritable: boolean): void {
    if (!isWritable) this.#flush();
    this.#isWritable = isWritable;
    this.#flush();
  }

  /** Idempotent. What waits is not written. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
    this.doc.off('update', this.#onUpdate);
  }

  #merge(update: Uint8Array): void {
    const merge = (transaction: Y.Transaction) => {
      Y.applyUpdate(this.doc, update, OUTSIDE);
      this.#isMended = this.#mend(transaction);
      // Yjs would believe that somebody else has this copy's client id, and take another one.
      if (this.#isMended) transaction.local = true;
    };
    Y.transact(this.doc, merge, OUTSIDE, false);
  }

  readonly #onUpdate = (update: Uint8Array, origin: unknown): void => {
    if (origin === OUTSIDE && !this.#isMended) return;
    this.#isMended = false;
    this.#waiting.push(update);
    if (this.#isQueued) return;
    this.#isQueued = true;
    // By then the editor has come to the end of what it does, or has thrown an error.
    queueMicrotask(() => {
      this.#isQueued = false;
      this.#flush();
    });
  };

  #flush(): void {
    if (!this.#isWritable || this.#waiting.length === 0) return;
    const updates = this.#waiting.splice(0);
    const write = () => {
      for (const update of updates) Y.applyUpdate(this.#outside, update, this);
    };
    Y.transact(this.#outside, write, this, false);
  }
}
