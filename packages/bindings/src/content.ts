import * as Y from 'yjs';
import type { DraftTree } from './map-draft.ts';
import { foreign, isForeign } from './own-yjs.ts';
import type { PlainTree } from './plain.ts';
import { Opaque, SharedText } from './schema.ts';
import { isRecord } from './share.ts';
import { isWellFormed, wellFormed } from './text-diff.ts';
import type { AnyType } from './undo.ts';

/** What is nested deeper was not meant, or never ends. */
const MAX_DEPTH = 200;

export function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw new TypeError('A value is nested too deep, or contains itself');
}

/** A key of half a surrogate pair would be another key for everybody else. */
export function checkKey(key: string): void {
  if (!isWellFormed(key)) throw new TypeError('A key must be well-formed');
}

/** Makes what Yjs stores of plain values, with nested types; and keeps apart what is stored as one. */
export class ContentMaker {
  readonly #tree: PlainTree;
  readonly #draft: DraftTree | undefined;

  constructor(tree: PlainTree, draft: DraftTree | undefined) {
    this.#tree = tree;
    this.#draft = draft;
  }

  /** @throws TypeError for what cannot be stored */
  of(given: unknown, depth = 0): unknown {
    checkDepth(depth);
    const value = this.#draft === undefined ? given : this.#draft.peel(given);
    if (value instanceof Opaque) return whole(value.value);
    if (this.#tree.isOpaque(value)) return whole(value);
    if (value instanceof SharedText) return new Y.Text(wellFormed(value.value));
    const type = this.#tree.typeOf(value);
    if (type !== undefined) return this.#copyOf(value as object, type, depth);
    if (Array.isArray(value)) {
      return listOf(value, (item) => this.of(item, depth + 1));
    }
    if (isRecord(value)) {
      const fields = Object.keys(value).filter((key) => value[key] !== undefined);
      return new Y.Map(fields.map((key) => this.#entry(key, this.of(value[key], depth + 1))));
    }
    if (value instanceof Y.AbstractType || value instanceof Y.Doc) return unused(value);
    return leaf(value);
  }

  /** A copy of what is elsewhere in the map: texts stay texts, what is stored as one stays so. */
  #copyOf(value: object, type: AnyType, depth: number): unknown {
    const node = this.#draft?.find(value);
    if (node === undefined || !node.isDirty) return type.clone();
    const { base, copy } = node;
    if (Array.isArray(copy)) {
      const contents = (type as Y.Array<unknown>).toArray();
      const old = base as unknown[];
      return listOf(copy, (item) => {
        const at = typeof item === 'string' ? old.indexOf(item) : -1;
        return this.#kept(contents[at], this.#tree) ?? this.of(item, depth + 1);
      });
    }
    const fields = copy as Record<string, unknown>;
    const old = base as Record<string, unknown>;
    return new Y.Map(
      Object.keys(fields)
        .filter((key) => fields[key] !== undefined)
        .map((key) => {
          const isAsBefore = Object.hasOwn(old, key) && Object.is(old[key], fields[key]);
          const content = isAsBefore ? (type as Y.Map<unknown>).get(key) : undefined;
          return this.#entry(
            key,
            this.#kept(content, this.#tree) ?? this.of(fields[key], depth + 1),
          );
        }),
    );
  }

  /** A text, which plain data shows as a string. */
  #kept(content: unknown, tree: PlainTree): unknown {
    return content instanceof Y.AbstractType && typeof tree.of(content) === 'string'
      ? content.clone()
      : undefined;
  }

  #entry(key: string, content: unknown): [string, unknown] {
    checkKey(key);
    return [key, content];
  }
}

function listOf(items: readonly unknown[], make: (item: unknown) => unknown): Y.Array<unknown> {
  const list = new Y.Array<unknown>();
  // Array.from sees holes, as undefined. Yjs takes them as arguments, of which there can be too many.
  const contents = Array.from(items, make);
  for (let i = 0; i < contents.length; i += 10_000) list.push(contents.slice(i, i + 10_000));
  return list;
}

/** A type that is already somewhere cannot be put elsewhere. */
function unused(type: AnyType | Y.Doc): AnyType | Y.Doc {
  if (type instanceof Y.AbstractType ? type.doc !== null : type._item !== null) {
    throw new TypeError('A Yjs type can be in one place alone: write its clone()');
  }
  return type;
}

function leaf(value: unknown): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return value;
  if (typeof value === 'string') return wellFormed(value);
  // Yjs keeps what it gets; the caller may write to it.
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (isForeign(value)) throw new TypeError(foreign('This cannot be stored'));
  const what =
    value === undefined ? 'undefined in an array' : Object.prototype.toString.call(value);
  throw new TypeError(`This cannot be stored: ${what}`);
}

/** A copy of a value that is stored as one. */
function whole(value: unknown, depth = 0): unknown {
  checkDepth(depth);
  if (Array.isArray(value)) return Array.from(value, (item) => whole(item, depth + 1));
  if (!isRecord(value)) return leaf(value);
  const fields: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    // Yjs would read it as the prototype.
    if (key === '__proto__') throw new TypeError('An opaque value cannot have a key __proto__');
    checkKey(key);
    if (value[key] !== undefined) fields[key] = whole(value[key], depth + 1);
  }
  return fields;
}
