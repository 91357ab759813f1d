import {
  type Attrs,
  type ContentMatch,
  Fragment,
  type Mark,
  type Node,
  type NodeType,
  type Schema,
} from '@tiptap/pm/model';
import * as Y from 'yjs';

/** Deeper content was made to overflow a stack. */
const DEEPEST = 100;
/** Of marks that overlap, y-tiptap stores several, by a hash. */
const HASH = /--[a-zA-Z0-9+/=]{8}$/;

/** How what an element holds is made to fit into it. */
export type Fit =
  /** As it is. */
  | { readonly type: 'fits' }
  /** Everybody deleted a part of it, and nothing is left: it goes. */
  | { readonly type: 'hollow' }
  /** With something empty before and after it: a list item that lost its first paragraph. */
  | { readonly type: 'filled'; readonly before: Fragment; readonly after: Fragment };

/**
 * Knows what an editor of a schema can show of a document. The binding deletes what it cannot make a node of, and, when
 * somebody writes nearby, also each attribute that its node does not have: so it must not see any.
 */
export class Vocabulary {
  readonly #schema: Schema;
  /** What was found to be known, as long as it does not change. */
  readonly #known = new WeakSet<object>();

  constructor(schema: Schema) {
    this.#schema = schema;
  }

  /** Whether all of it is known. Looks again at what changed: see {@link watch}. */
  isKnown(root: Y.XmlFragment): boolean {
    return this.#isKnown(root, 0);
  }

  /** To be called once, before anything is asked. */
  watch(root: Y.XmlFragment): void {
    root.observeDeep((events) => {
      for (const { target } of events) {
        let type: unknown = target;
        while (type instanceof Y.AbstractType) {
          this.#known.delete(type);
          type = type.parent;
        }
      }
    });
  }

  /** How an element's content fits into it; undefined when it does not. What it holds must be known. */
  fitOf(element: Y.XmlElement): Fit | undefined {
    const type = this.#nodeType(element.nodeName);
    if (type === undefined) return undefined;
    if (this.#fits(type, element.toArray())) return { type: 'fits' };
    const children = element.toArray().flatMap((child) => this.#stubsOf(child));
    if (children.length === 0) return { type: 'hollow' };
    const content = Fragment.from(children);
    if (!children.every(({ marks }) => type.allowsMarks(marks))) return undefined;
    const before = type.contentMatch.fillBefore(content);
    const match = before && type.contentMatch.matchFragment(before.append(content));
    const after = match?.fillBefore(Fragment.empty, true);
    return before && after ? { type: 'filled', before, after } : undefined;
  }

  #isKnown(type: unknown, depth: number): boolean {
    if (!(type instanceof Y.XmlText) && !(type instanceof Y.XmlFragment)) return false;
    if (type instanceof Y.XmlHook) return false;
    if (this.#known.has(type)) return true;
    if (depth > DEEPEST) return false;
    const isKnown =
      type instanceof Y.XmlText
        ? this.#isKnownText(type)
        : type instanceof Y.XmlElement
          ? this.#isKnownElement(type, depth)
          : depth === 0 && this.#isKnownRoot(type);
    if (isKnown) this.#known.add(type);
    return isKnown;
  }

  #isKnownRoot(root: Y.XmlFragment): boolean {
    // A map has its values beside the list.
    if ([...root._map.values()].some(({ deleted }) => !deleted)) return false;
    const children = root.toArray();
    if (!children.every((child) => this.#isKnown(child, 1))) return false;
    const rest = children.filter((child) => !this.#isHollow(child));
    // Of an empty document the editor makes an empty paragraph.
    return rest.length === 0 || this.#fits(this.#schema.topNodeType, rest);
  }

  #isHollow(child: unknown): boolean {
    if (!(child instanceof Y.XmlElement)) return false;
    // Most need no content.
    const needsContent = this.#nodeType(child.nodeName)?.contentMatch.validEnd === false;
    return needsContent && this.fitOf(child)?.type === 'hollow';
  }

  /** Whether children may stand in a node of a type, as they are. */
  #fits(type: NodeType, children: readonly unknown[]): boolean {
    let match: ContentMatch | null = type.contentMatch;
    for (const child of children) {
      if (child instanceof Y.XmlElement) {
        const childType = this.#nodeType(child.nodeName);
        match = childType === undefined ? null : match.matchType(childType);
      } else {
        const runs = child instanceof Y.XmlText ? deltaOf(child) : [];
        for (const { attributes = {} } of runs) {
          if (!type.allowsMarks(this.#marksOf(Object.keys(attributes)))) return false;
          match = match?.matchType(this.#schema.nodes['text'] as NodeType) ?? null;
        }
      }
      if (match === null) return false;
    }
    return match.validEnd;
  }

  #isKnownElement(element: Y.XmlElement, depth: number): boolean {
    const type = this.#nodeType(element.nodeName);
    return (
      type !== undefined &&
      areKnown(element.getAttributes(), type.spec.attrs) &&
      element.toArray().every((child) => this.#isKnown(child, depth + 1)) &&
      this.fitOf(element) !== undefined
    );
  }

  #isKnownText(text: Y.XmlText): boolean {
    if (Object.keys(text.getAttributes()).length > 0) return false;
    let length = 0;
    for (const { insert, attributes = {} } of deltaOf(text)) {
      if (typeof insert !== 'string') return false;
      length += insert.length;
      if (!Object.entries(attributes).every(([name, value]) => this.#isKnownMark(name, value)))
        return false;
    }
    // What is no character takes places, too.
    return length === text.length;
  }

  #isKnownMark(name: string, value: unknown): boolean {
    const type = markName(name);
    if (!Object.hasOwn(this.#schema.marks, type)) return false;
    return value === true || areKnown(value, this.#schema.marks[type]?.spec.attrs);
  }

  #nodeType(name: string): NodeType | undefined {
    return Object.hasOwn(this.#schema.nodes, name) ? this.#schema.nodes[name] : undefined;
  }

  /** Nodes of the types that a child has in the editor, without what is in them. */
  #stubsOf(child: unknown): Node[] {
    if (child instanceof Y.XmlElement) {
      const type = this.#nodeType(child.nodeName);
      return type === undefined ? [] : [type.create()];
    }
    if (!(child instanceof Y.XmlText)) return [];
    return deltaOf(child).map(({ attributes = {} }) =>
      this.#schema.text('x', this.#marksOf(Object.keys(attributes))),
    );
  }

  #marksOf(names: readonly string[]): Mark[] {
    return names.flatMap((name) => this.#schema.marks[markName(name)]?.create() ?? []);
  }
}

interface Run {
  readonly insert: unknown;
  readonly attributes?: Readonly<Record<string, unknown>>;
}

function deltaOf(text: Y.XmlText): readonly Run[] {
  return text.toDelta() as readonly Run[];
}

function markName(attribute: string): string {
  return attribute.replace(HASH, '');
}

/** Whether attributes are all among those that a node or mark has, and none of them holds others. */
function areKnown(attributes: unknown, specs: Attrs | undefined | null): boolean {
  if (typeof attributes !== 'object' || attributes === null) return false;
  return Object.entries(attributes).every(
    ([name, value]) =>
      value === null ||
      value === undefined ||
      (Object.hasOwn(specs ?? {}, name) && ['string', 'number', 'boolean'].includes(typeof value)),
  );
}
