import type * as Y from 'yjs';
import { Conflicts } from './conflicts.ts';
import { Listeners } from './listeners.ts';
import { DraftTree } from './map-draft.ts';
import { MapPlan } from './map-plan.ts';
import { Origin } from './origin.ts';
import { requireYjs } from './own-yjs.ts';
import { PlainTree } from './plain.ts';
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
  /** Ends subscriptions. The view can still be read and written; reading is slower then. */
  close(): void;
}

/** A map of Yjs, whatever it is said to hold: Yjs's types of two of them do not fit each other. */
// oxlint-disable-next-line typescript/no-explicit-any
export type AnyMap = Y.Map<any>;

/**
 * A view of a map in a document.
 *
 * @throws TypeError when the map is in no document, or of another copy of Yjs
 */
export function bindMap<T extends object = Record<string, Plain>>(map: AnyMap): MapView<T> {
  requireYjs('bindMap', map, 'Map');
  if (map.doc === null) throw new TypeError('bindMap needs a map that is in a document');
  return new MapBinding<T>(map, map.doc);
}

class MapBinding<T extends object> implements MapView<T> {
  readonly #doc: Y.Doc;
  readonly #map: Y.Map<unknown>;
  readonly #tree: PlainTree;
  readonly #conflicts: Conflicts;
  readonly #listeners = new Listeners();
  readonly #origin = new Origin(this);
  /** What listeners know. */
  #told: object | undefined;
  #isClosed = false;

  constructor(map: Y.Map<unknown>, doc: Y.Doc) {
    this.#doc = doc;
    this.#map = map;
    this.#tree = new PlainTree(map, doc);
    this.#conflicts = new Conflicts(this.#tree);
    map.observeDeep(this.#onChange);
  }

  get(): T;
  get<K extends keyof T>(key: K): T[K] | undefined;
  get<K extends keyof T>(key?: K): T | T[K] | undefined {
    const all = this.#tree.current() as T;
    if (key === undefined) return all;
    return Object.hasOwn(all, key) ? all[key] : undefined;
  }

  set<K extends keyof T>(key: K, value: T[K]): void {
    this.#tree.current();
    const plan = new MapPlan(this.#tree);
    plan.addKey(String(key), value);
    this.#run(plan);
  }

  delete(key: keyof T): void {
    this.set(key, undefined as T[keyof T]);
  }

  update(change: (draft: Draft<T>) => void): void {
    const before = this.#tree.current();
    const draft = new DraftTree(this.#tree);
    const plan = new MapPlan(this.#tree, draft);
    try {
      const returned: unknown = change(draft.root as Draft<T>);
      if (returned instanceof Promise) throw new TypeError('update takes no async function');
      if (this.#tree.current() !== before) {
        throw new TypeError('The map was changed otherwise while a draft of it was written');
      }
      plan.addDraft();
    } finally {
      draft.revoke();
    }
    this.#run(plan);
  }

  subscribe(listener: () => void): () => void {
    if (this.#listeners.isEmpty) this.#told = this.#tree.current();
    return this.#isClosed ? () => {} : this.#listeners.add(listener);
  }

  conflicts(key: keyof T): readonly unknown[] {
    return this.#conflicts.of(String(key));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listeners.clear();
    this.#map.unobserveDeep(this.#onChange);
    this.#tree.isWatched = false;
  }

  #run(plan: MapPlan): void {
    if (!plan.isEmpty) this.#doc.transact(() => plan.run(), this.#origin);
  }

  readonly #onChange = (_events: unknown, transaction: Y.Transaction): void => {
    this.#tree.invalidate(transaction.changed);
    const isConflictNew = this.#conflicts.look(transaction);
    if (this.#listeners.isEmpty) return;
    const all = this.#tree.current();
    if (all === this.#told && !isConflictNew) return;
    this.#told = all;
    this.#listeners.call();
  };
}
