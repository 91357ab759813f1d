import type * as Y from 'yjs';
import type { Draft, Plain } from './schema.ts';

/**
 * A Y.Map as a plain object. T says what is in it; others can have written something else, so T is what
 * the application makes sure of, and no check.
 */
export interface MapView<T extends object> {
  /**
   * The whole, nested maps and arrays included; a Y.Text is a string. It is the same object until something in
   * it changes, and so is each branch of it. It is frozen.
   */
  get(): T;
  /** One key of it. Keys are own keys: `constructor` is undefined when nobody set it. */
  get<K extends keyof T>(key: K): T[K] | undefined;
  /**
   * Writes what is different in the value from what is there: two people who set different fields of one record
   * both keep theirs. Objects and arrays become nested types, unless they are {@link opaque}. `undefined`
   * deletes.
   *
   * @throws TypeError for what Yjs cannot hold (functions, class instances, cycles); nothing is written then
   */
  set<K extends keyof T>(key: K, value: T[K]): void;
  delete(key: keyof T): void;
  /**
   * Lets a function change a draft, and writes the smallest set of Yjs operations that leads there, in one
   * transaction; none when nothing is different. Nothing is written when the function throws.
   *
   * The draft cannot be used later. The map must not be changed otherwise meanwhile.
   *
   * @throws TypeError as `set`
   */
  update(change: (draft: Draft<T>) => void): void;
  /**
   * Calls after a change, once a transaction, whoever made it.
   *
   * @returns ends it
   */
  subscribe(listener: () => void): () => void;
  /**
   * The values that others wrote to a key at the same time, and that lost against the one that is there; empty
   * when there is no such. They last until the key is written again.
   *
   * Yjs keeps no value that lost: they are those that this view saw losing while it was open, and those in
   * documents with `gc: false`. Values that are nested types are left out.
   */
  conflicts(key: keyof T): readonly unknown[];
  /** Ends subscriptions. The view can still be read and written. */
  close(): void;
}

/**
 * A view of a map in a document.
 *
 * @throws TypeError when the map is in no document
 */
export function bindMap<T extends object = Record<string, Plain>>(map: Y.Map<unknown>): MapView<T> {
  throw new Error(`not made yet: ${map.size}`);
}
export type { Draft };
