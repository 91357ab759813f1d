import { type Arrangement, arranged } from './arrange.ts';
import { rounded } from './geometry.ts';
import type { Selection } from './selection.ts';
import type { Shape, ShapeFields } from './shape.ts';
import type { BoardStore } from './store.ts';

/** Steps of the arrow keys that follow each other within this time, in milliseconds, are undone together. */
const NUDGE_PAUSE_MS = 600;

/** Changes what is selected, without a pointer. */
export class Edits {
  readonly #store: BoardStore;
  readonly #selection: Selection;
  #nudging: ReturnType<typeof setTimeout> | undefined;

  constructor(store: BoardStore, selection: Selection) {
    this.#store = store;
    this.#selection = selection;
  }

  /** Returns how many were deleted. */
  delete(): number {
    this.endNudge();
    const count = this.#store.isWritable ? this.#selection.ids.size : 0;
    if (count > 0) this.#store.delete(this.#selection.ids);
    return count;
  }

  arrange(arrangement: Arrangement): void {
    this.endNudge();
    this.#store.patch(arranged(this.#store.shapes, this.#selection.ids, arrangement));
  }

  /** @param change the fields that change in a shape, or false */
  patch(change: (shape: Shape) => Partial<ShapeFields> | false): void {
    this.endNudge();
    this.#patch(change);
  }

  nudge(dx: number, dy: number): void {
    if (this.#nudging === undefined) this.#store.setTyping(true);
    clearTimeout(this.#nudging);
    this.#nudging = setTimeout(() => this.endNudge(), NUDGE_PAUSE_MS);
    this.#patch(({ x, y }) => ({ x: rounded(x + dx), y: rounded(y + dy) }));
  }

  /** What comes next is a step of its own. */
  endNudge(): void {
    if (this.#nudging === undefined) return;
    clearTimeout(this.#nudging);
    this.#nudging = undefined;
    this.#store.setTyping(false);
  }

  #patch(change: (shape: Shape) => Partial<ShapeFields> | false): void {
    const patches = new Map<string, Partial<ShapeFields>>();
    for (const shape of this.#selection.shapes) {
      const fields = change(shape);
      if (fields !== false) patches.set(shape.id, fields);
    }
    if (patches.size > 0) this.#store.patch(patches);
  }
}
