import { Listeners } from '@syncline/bindings';
import { type Box, union } from './geometry.ts';
import type { Shape } from './shape.ts';
import type { BoardStore } from './store.ts';

/** The shapes that this user has selected. */
export class Selection {
  readonly #store: BoardStore;
  readonly #listeners = new Listeners();
  #ids: ReadonlySet<string> = new Set();

  constructor(store: BoardStore) {
    this.#store = store;
    store.subscribe(() => {
      const left = [...this.#ids].filter((id) => store.get(id) !== undefined);
      if (left.length < this.#ids.size) this.set(left);
    });
  }

  get ids(): ReadonlySet<string> {
    return this.#ids;
  }

  /** From the lowest to the topmost. */
  get shapes(): Shape[] {
    if (this.#ids.size === 0) return [];
    return this.#store.shapes.filter(({ id }) => this.#ids.has(id));
  }

  /** Around all of them. */
  get bounds(): Box | undefined {
    return union(this.shapes.map(({ bounds }) => bounds));
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  set(ids: Iterable<string>): void {
    const next = new Set(ids);
    if (next.size === this.#ids.size && [...next].every((id) => this.#ids.has(id))) return;
    this.#ids = next;
    this.#listeners.call();
  }

  toggle(id: string): void {
    const next = new Set(this.#ids);
    if (!next.delete(id)) next.add(id);
    this.set(next);
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }
}
