import * as Y from 'yjs';
import { type Fields, isRecord, isSameList, isSameRecord, setField, share } from './share.ts';
import type { AnyType } from './undo.ts';

interface Entry {
  value: unknown;
  /** The reading in which it was made; -1 when something changed in it since. */
  reading: number;
  /** The keys of a map that changed since, if that is all. A board has thousands, and a change is of one. */
  keys: Set<string> | undefined;
}

/**
 * What is in a Y.Map as frozen plain data. What did not change is the same object as before: only the types that changed,
 * and those around them, are looked at again.
 */
export class PlainTree {
  readonly root: Y.Map<unknown>;
  readonly #doc: Y.Doc;
  readonly #entries = new WeakMap<AnyType, Entry>();
  readonly #types = new WeakMap<object, AnyType>();
  /** Frozen copies of values that are stored as one; the originals are Yjs's. */
  readonly #copies = new WeakMap<object, object>();
  readonly #opaque = new WeakSet<object>();
  #reading = 0;
  /** Whether somebody calls {@link invalidate} for each change. When not, all is read each time. */
  isWatched = true;

  constructor(root: Y.Map<unknown>, doc: Y.Doc) {
    this.root = root;
    this.#doc = doc;
  }

  /** As it is now, also inside of a transaction. */
  current(): Record<string, unknown> {
    if (!this.isWatched) this.#reading++;
    // What these changed, observers have not been told yet.
    for (const { changed } of this.#doc._transactionCleanups) this.invalidate(changed);
    return this.of(this.root) as Record<string, unknown>;
  }

  /** @param changed what a transaction changed: types with their keys, null for what is in a list */
  invalidate(changed: ReadonlyMap<AnyType, ReadonlySet<string | null>>): void {
    for (const [type, keys] of changed) {
      for (const key of keys) this.#makeStale(type, key);
    }
  }

  #makeStale(changed: AnyType, changedKey: string | null): void {
    let key = changedKey;
    for (let type: AnyType | null = changed; type !== null; type = type.parent) {
      const entry = this.#entries.get(type);
      if (entry !== undefined) {
        // What is around a stale one knows of it.
        const isKnown = entry.reading === -1 && (key === null || entry.keys?.has(key) !== false);
        // An earlier reading can have missed changes of other keys.
        if (entry.reading === this.#reading) entry.keys = new Set();
        else if (entry.reading !== -1) entry.keys = undefined;
        if (key === null) entry.keys = undefined;
        else entry.keys?.add(key);
        entry.reading = -1;
        if (isKnown) return;
      }
      key = type._item?.parentSub ?? null;
    }
  }

  of(type: AnyType): unknown {
    const entry = this.#entries.get(type);
    if (entry?.reading === this.#reading) return entry.value;
    const isKnown = entry?.reading === -1 && entry.keys !== undefined && type instanceof Y.Map;
    const value = isKnown
      ? this.#readKeys(type, entry.value as Fields, entry.keys as Set<string>)
      : this.#read(type, entry?.value);
    this.#entries.set(type, { value, reading: this.#reading, keys: undefined });
    if (typeof value === 'object' && value !== null) this.#types.set(value, type);
    return value;
  }

  /** The map or array that a value shows, if that is in the document and still as the value says. */
  typeOf(value: unknown): AnyType | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    const type = this.#types.get(value);
    const entry = type && this.#entries.get(type);
    const isThere =
      entry?.reading === this.#reading && entry.value === value && type?._item?.deleted !== true;
    return isThere ? type : undefined;
  }

  /** Whether it is a value of the document that is stored as one. */
  isOpaque(value: unknown): boolean {
    return typeof value === 'object' && value !== null && this.#opaque.has(value);
  }

  /** What an entry of a map or an array shows. */
  shown(content: unknown): unknown {
    if (content instanceof Y.AbstractType) return this.of(content);
    if (!isRecord(content) && !Array.isArray(content)) return content;
    let copy = this.#copies.get(content);
    if (copy === undefined) {
      copy = share(undefined, content) as object;
      this.#copies.set(content, copy);
      this.#opaque.add(copy);
    }
    return copy;
  }

  #readKeys(map: Y.Map<unknown>, before: Fields, keys: ReadonlySet<string>): Fields {
    let fields: Fields | undefined;
    for (const key of keys) {
      const had = Object.hasOwn(before, key);
      if (!map.has(key)) {
        if (had) delete (fields ??= { ...before })[key];
        continue;
      }
      const value = this.shown(map.get(key));
      if (!had || !Object.is(before[key], value)) setField((fields ??= { ...before }), key, value);
    }
    return fields === undefined ? before : Object.freeze(fields);
  }

  #read(type: AnyType, before: unknown): unknown {
    if (type instanceof Y.Map) {
      const fields: Fields = {};
      (type as Y.Map<unknown>).forEach((content, key) => {
        setField(fields, key, this.shown(content));
      });
      return isRecord(before) && isSameRecord(before, fields) ? before : Object.freeze(fields);
    }
    if (type instanceof Y.Array) {
      const items = (type as Y.Array<unknown>).toArray().map((content) => this.shown(content));
      return Array.isArray(before) && isSameList(before, items) ? before : Object.freeze(items);
    }
    return type.toJSON();
  }
}
