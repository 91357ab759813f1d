import * as Y from 'yjs';
import { ContentMaker, checkDepth, checkKey } from './content.ts';
import { matchLists } from './list-diff.ts';
import { movesOf } from './list-moves.ts';
import type { DraftTree } from './map-draft.ts';
import type { PlainTree } from './plain.ts';
import { Opaque, SharedText } from './schema.ts';
import { type Fields, isRecord, isSame } from './share.ts';
import { spliceText } from './text-content.ts';
import { diffText, wellFormed } from './text-diff.ts';
import type { AnyType } from './undo.ts';

/** Where a value is to be: what Yjs has there, what that shows, and how it is replaced. */
interface Slot {
  readonly content: unknown;
  readonly shown: unknown;
  readonly replace: (content: unknown) => void;
}

/** Neighbouring items of an array that go, and that come in their place. */
interface Run {
  readonly index: number;
  readonly remove: number;
  readonly contents: readonly unknown[];
}

/**
 * The operations that make maps and arrays what plain data says, and no others. They are all known before the first one is
 * done, so that a value that cannot be stored leaves everything as it was.
 */
export class MapPlan {
  readonly #tree: PlainTree;
  readonly #draft: DraftTree | undefined;
  readonly #contents: ContentMaker;
  readonly #operations: (() => void)[] = [];

  constructor(tree: PlainTree, draft?: DraftTree) {
    this.#tree = tree;
    this.#draft = draft;
    this.#contents = new ContentMaker(tree, draft);
  }

  get isEmpty(): boolean {
    return this.#operations.length === 0;
  }

  run(): void {
    for (const operation of this.#operations) operation();
  }

  /** What was written to a draft. */
  addDraft(): void {
    this.#merge(this.#tree.root, this.#tree.of(this.#tree.root), 0);
  }

  /** A key of the map. `undefined` deletes it. */
  addKey(key: string, value: unknown): void {
    const map = this.#tree.root;
    if (value !== undefined) this.#mergeKey(map, key, value, 0);
    else if (map.has(key)) this.#operations.push(() => map.delete(key));
  }

  /** @param value of the kind of the type: fields for a map, a list for an array */
  #merge(type: AnyType, value: unknown, depth: number): void {
    checkDepth(depth);
    const base = this.#tree.of(type);
    const node = this.#draft?.find(value);
    if (this.#peel(value) === base) {
      if (node === undefined || !node.isDirty) return;
      if (!node.isChanged) {
        for (const child of node.children) {
          if (child.isDirty) this.#merge(child.type, child.base, depth + 1);
        }
        return;
      }
    }
    const latest = node?.copy ?? value;
    if (type instanceof Y.Array) this.#mergeList(type, latest as unknown[], depth);
    else this.#mergeFields(type as Y.Map<unknown>, latest as Fields, depth);
  }

  #mergeFields(map: Y.Map<unknown>, fields: Fields, depth: number): void {
    const base = this.#tree.of(map) as Fields;
    for (const key of Object.keys(base)) {
      const isGone = !Object.hasOwn(fields, key);
      if (isGone || (fields[key] === undefined && base[key] !== undefined)) {
        this.#operations.push(() => map.delete(key));
      }
    }
    for (const key of Object.keys(fields)) {
      if (fields[key] !== undefined) this.#mergeKey(map, key, fields[key], depth);
    }
  }

  #mergeKey(map: Y.Map<unknown>, key: string, value: unknown, depth: number): void {
    const base = this.#tree.of(map) as Fields;
    this.#write(value, depth, {
      content: map.get(key),
      shown: Object.hasOwn(base, key) ? base[key] : undefined,
      replace: (content) => {
        checkKey(key);
        this.#operations.push(() => map.set(key, content));
      },
    });
  }

  #write(given: unknown, depth: number, { content, shown, replace }: Slot): void {
    const value = typeof given === 'string' ? wellFormed(given) : this.#peel(given);
    const latest = this.#draft?.find(value)?.copy ?? value;
    if (isText(content) && (typeof value === 'string' || value instanceof SharedText)) {
      this.#writeText(content, typeof value === 'string' ? value : wellFormed(value.value));
    } else if (content instanceof Y.AbstractType) {
      const isList = content instanceof Y.Array && Array.isArray(latest);
      const isMap = content instanceof Y.Map && isRecord(latest);
      if ((isList || isMap) && !this.#tree.isOpaque(value)) this.#merge(content, value, depth + 1);
      else if (!Object.is(value, shown)) {
        if (typeof value === 'string' && typeof shown === 'string') {
          throw new TypeError(
            'XML cannot be written as a string: change the Yjs type, or delete it',
          );
        }
        replace(this.#contents.of(value, depth + 1));
      }
    } else if (value instanceof Opaque) {
      const whole = this.#contents.of(value, depth + 1);
      if (content === undefined || !isSame(shown, whole)) replace(whole);
    } else if (content === undefined || !isSame(shown, latest)) {
      replace(this.#contents.of(value, depth + 1));
    }
  }

  #writeText(text: Y.Text, value: string): void {
    const splice = diffText(text.toString(), value);
    if (splice !== undefined) this.#operations.push(() => spliceText(text, splice));
  }

  #mergeList(array: Y.Array<unknown>, items: readonly unknown[], depth: number): void {
    const base = this.#tree.of(array) as readonly unknown[];
    const contents = array.toArray();
    const list = Array.from(items, (item) => this.#peel(item));
    const runs: Run[] = [];
    const put = (index: number, remove: number, contents: readonly unknown[]): void => {
      const last = runs.at(-1);
      if (last !== undefined && last.index + last.remove === index) {
        runs[runs.length - 1] = {
          index: last.index,
          remove: last.remove + remove,
          contents: [...last.contents, ...contents],
        };
      } else runs.push({ index, remove, contents });
    };
    const write = (index: number, value: unknown): void => {
      this.#write(value, depth, {
        content: contents[index],
        shown: base[index],
        replace: (content) => put(index, 1, [content]),
      });
    };

    const matches = matchLists(base, list, (a, b) => this.#isSameItem(a, b));
    const moves = movesOf({ base, contents, list, matches });
    const make = (y: number): unknown =>
      moves.copies.get(y)?.clone() ?? this.#contents.of(list[y], depth + 1);
    let [x, y] = [0, 0];
    for (const [nextX, nextY] of [...matches, [base.length, list.length] as const]) {
      // What was there between two that stay, and what shall be: in pairs as far as they can be merged.
      while (x < nextX && y < nextY) {
        const isMove = moves.gone.has(x) || moves.copies.has(y);
        if (!isMove && this.#canMerge(contents[x], base[x], list[y])) write(x, list[y]);
        else put(x, 1, [make(y)]);
        x++;
        y++;
      }
      if (x < nextX) put(x, nextX - x, []);
      if (y < nextY) {
        const first = y;
        put(
          nextX,
          0,
          Array.from({ length: nextY - first }, (_, i) => make(first + i)),
        );
      }
      if (nextX < base.length) write(nextX, list[nextY]);
      [x, y] = [nextX + 1, nextY + 1];
    }
    // From the end: what is before keeps its index.
    for (const { index, remove, contents } of runs.toReversed()) {
      this.#operations.push(() => {
        if (remove > 0) array.delete(index, remove);
        if (contents.length > 0) array.insert(index, [...contents]);
      });
    }
  }

  #isSameItem(before: unknown, value: unknown): boolean {
    if (Object.is(before, value)) return true;
    if (typeof before !== 'object' || typeof value !== 'object') return false;
    const id = idOf(before);
    if (id !== undefined && id === idOf(value)) return true;
    // Another item of the array, moved here.
    return this.#tree.typeOf(value) === undefined && isSame(before, value);
  }

  #canMerge(content: unknown, before: unknown, value: unknown): boolean {
    if (isText(content)) return typeof value === 'string' || value instanceof SharedText;
    if (content instanceof Y.Array) return Array.isArray(value);
    // XML: it is refused.
    if (typeof before === 'string' && content instanceof Y.AbstractType) {
      return typeof value === 'string';
    }
    // What has an id is another one when it has another id.
    return content instanceof Y.Map && isRecord(value) && idOf(before) === idOf(value);
  }

  #peel(value: unknown): unknown {
    return this.#draft === undefined ? value : this.#draft.peel(value);
  }
}

/** A text whose string is its content; XML's is markup. */
function isText(content: unknown): content is Y.Text {
  return content instanceof Y.Text && !(content instanceof Y.XmlText);
}

function idOf(item: unknown): unknown {
  if (!isRecord(item) || !Object.hasOwn(item, 'id')) return undefined;
  const { id } = item;
  return typeof id === 'string' || typeof id === 'number' ? id : undefined;
}
