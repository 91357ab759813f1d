import type { Guard } from '@syncline/app-common/guard';
import type { Presence } from '@syncline/bindings';
import type { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';
import {
  type Cursor,
  createWriters,
  placeOfPosition,
  resolve,
  type WriterState,
} from '../caret.ts';

/** Longer than the binding takes to draw what it was told of, in milliseconds. */
const MOMENT_MS = 50;

/**
 * What the binding of carets (y-tiptap) gets in the place of an awareness: it trusts what it finds there. A cursor that is none
 * makes it throw, and what it throws stops the editor. So it sees those alone who are in the text, at places that are there; and
 * of itself what it said, which others may have announced otherwise. It draws a caret anew only when that moves, so whoever
 * gets another name is left out for a moment.
 */
export class CaretAwareness {
  readonly #doc: Y.Doc;
  readonly #root: Y.XmlFragment;
  readonly #writers: Presence<WriterState>;
  readonly #guard: Guard;
  readonly #renamed = new Set<number>();
  readonly #listeners = new Map<() => void, () => void>();
  #cursor: Cursor | undefined;

  constructor(awareness: Awareness, root: Y.XmlFragment, name: string, guard: Guard) {
    if (root.doc === null) throw new TypeError('the fragment is in no document');
    this.#doc = root.doc;
    this.#root = root;
    this.#guard = guard;
    this.#writers = createWriters(awareness, name);
    const names = new Map(
      this.#writers.others.map(({ clientId, state }) => [clientId, state.user]),
    );
    this.#writers.on('join', ({ clientId, state }) => names.set(clientId, state.user));
    this.#writers.on('leave', ({ clientId }) => names.delete(clientId));
    this.#writers.on('update', ({ clientId, state: { user } }) => {
      if (names.get(clientId) !== user) this.#leaveOut(clientId);
      names.set(clientId, user);
    });
  }

  /** As the binding wants it. */
  get asAwareness(): Awareness {
    return this as unknown as Awareness;
  }

  getStates(): Map<number, WriterState> {
    const states = new Map<number, WriterState>();
    for (const { clientId, state } of this.#writers.others) {
      if (this.#renamed.has(clientId) || state.cursor === undefined) continue;
      const { anchor, head } = state.cursor;
      const isThere = [anchor, head].every((place) => resolve(place, this.#doc, this.#root));
      // A copy: the binding writes to it.
      if (isThere) states.set(clientId, { user: { ...state.user }, cursor: state.cursor });
    }
    return states;
  }

  getLocalState(): { readonly cursor: Cursor | undefined } {
    return { cursor: this.#cursor };
  }

  setLocalStateField(field: string, value: unknown): void {
    if (field !== 'cursor') return;
    const { anchor, head } = (value ?? {}) as {
      anchor?: Y.RelativePosition;
      head?: Y.RelativePosition;
    };
    this.#cursor = anchor &&
      head && { anchor: placeOfPosition(anchor), head: placeOfPosition(head) };
    this.#writers.update({ cursor: this.#cursor });
  }

  on(_event: 'change', listener: () => void): void {
    let known = this.#writers.others;
    const stop = this.#writers.subscribe(() => {
      if (this.#writers.others === known) return;
      known = this.#writers.others;
      this.#guard.run(listener);
    });
    this.#listeners.set(listener, stop);
  }

  off(_event: 'change', listener: () => void): void {
    this.#listeners.get(listener)?.();
    this.#listeners.delete(listener);
  }

  close(): void {
    this.#writers.close();
  }

  #leaveOut(clientId: number): void {
    this.#renamed.add(clientId);
    setTimeout(() => {
      this.#renamed.delete(clientId);
      for (const listener of this.#listeners.keys()) this.#guard.run(listener);
    }, MOMENT_MS);
  }
}
