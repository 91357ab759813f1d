import * as Y from 'yjs';
import { Listeners } from './listeners.ts';
import { Origin } from './origin.ts';
import { requireYjs } from './own-yjs.ts';
import { keepLosers, type Step, settleKeys } from './undo-keys.ts';

export interface UndoOptions {
  /**
   * The origins of further transactions that are this user's own, for example of another editor's binding.
   * Those of bindText and bindMap, and local ones without an origin, are own in any case.
   */
  readonly origins?: Iterable<unknown>;
  /** Edits that follow each other within this time are one step. Default: 500. 0: each transaction is one. */
  readonly joinMs?: number;
}

/** Undoes and redoes a user's own edits, never those of others. */
export interface Undo {
  /** @returns whether there was something to undo */
  undo(): boolean;
  /** @returns whether there was something to redo */
  redo(): boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** The next edit is a step of its own, however soon it comes. */
  stop(): void;
  /**
   * Calls after `canUndo` or `canRedo` changed.
   *
   * @returns ends it
   */
  subscribe(listener: () => void): () => void;
  /** Forgets all steps. */
  clear(): void;
  close(): void;
}

/** What Yjs's types of any content have in common. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyType = Y.AbstractType<any>;

/**
 * Undo of one's own edits in a type and all that is in it, or in several types of one document.
 *
 * @throws TypeError when a type is in no document, or of another copy of Yjs
 */
export function createUndo(
  scope: AnyType | readonly AnyType[],
  { origins = [], joinMs = 500 }: UndoOptions = {},
): Undo {
  const types = Array.isArray(scope) ? [...(scope as readonly AnyType[])] : [scope as AnyType];
  for (const type of types) requireYjs('createUndo', type, 'AbstractType');
  if (types.length === 0 || types.some((type) => type.doc === null)) {
    throw new TypeError('createUndo needs types that are in a document');
  }
  return new Steps(types, [...origins], joinMs);
}

class Steps implements Undo {
  readonly #steps: Y.UndoManager;
  readonly #listeners = new Listeners();
  #told = '';
  #isStepping = false;
  #isClosed = false;

  constructor(types: AnyType[], origins: readonly unknown[], joinMs: number) {
    this.#steps = new Y.UndoManager(types, {
      captureTimeout: joinMs,
      trackedOrigins: new Set([null, Origin, ...origins]),
      // An update that was applied without an origin has the origin null, too.
      captureTransaction: ({ local }) => local,
    });
    this.#told = this.#available;
    for (const event of [
      'stack-item-added',
      'stack-item-updated',
      'stack-item-popped',
      'stack-cleared',
    ] as const) {
      this.#steps.on(event, () => this.#tell());
    }
    // After the manager's own: what it tracked is known then.
    this.#steps.doc.on('afterTransaction', this.#onTransaction);
  }

  get canUndo(): boolean {
    return this.#steps.canUndo();
  }

  get canRedo(): boolean {
    return this.#steps.canRedo();
  }

  undo(): boolean {
    return this.#step('undo');
  }

  redo(): boolean {
    return this.#step('redo');
  }

  stop(): void {
    this.#steps.stopCapturing();
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  clear(): void {
    if (!this.#isClosed) this.#steps.clear();
  }

  close(): void {
    if (this.#isClosed) return;
    // What Yjs kept for undoing can be collected.
    this.#steps.clear();
    this.#isClosed = true;
    this.#listeners.clear();
    this.#steps.doc.off('afterTransaction', this.#onTransaction);
    this.#steps.destroy();
  }

  readonly #onTransaction = (transaction: Y.Transaction): void => {
    keepLosers([...this.#steps.undoStack, ...this.#steps.redoStack], transaction);
  };

  /** Steps that others made void are dropped, and the one before them is taken. */
  #step(direction: 'undo' | 'redo'): boolean {
    if (this.#isClosed || this.#isStepping) return false;
    const steps = this.#steps;
    const stack = `${direction}Stack` as const;
    this.#isStepping = true;
    try {
      while (steps[stack].length > 0) {
        const earlier = steps[stack].slice(0, -1);
        const step = steps[stack].at(-1) as Step;
        steps.doc.transact((transaction) => settleKeys(step, transaction), this);
        // Yjs takes void steps away by itself, but each is to be settled as the document is when its turn comes.
        steps[stack] = [step];
        try {
          if (steps[direction]() !== null) return true;
        } finally {
          steps[stack] = [...earlier, ...steps[stack]];
        }
      }
      return false;
    } finally {
      this.#isStepping = false;
      this.#tell();
    }
  }

  get #available(): string {
    return `${this.canUndo} ${this.canRedo}`;
  }

  #tell(): void {
    if (this.#isStepping || this.#told === this.#available) return;
    this.#told = this.#available;
    this.#listeners.call();
  }
}
