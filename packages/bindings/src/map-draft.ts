import type { PlainTree } from './plain.ts';
import type { AnyType } from './undo.ts';

/** A map or an array of a draft that somebody looked into. */
export interface DraftNode {
  /** What it was. */
  readonly base: object;
  /** What it is now. Maps inside of it are what they were: their own nodes know more. */
  readonly copy: object;
  readonly type: AnyType;
  readonly parent: DraftNode | undefined;
  readonly children: DraftNode[];
  readonly proxy: object;
  readonly revoke: () => void;
  /** Whether something was written to it. */
  isChanged: boolean;
  /** Whether something was written to it, or in it. */
  isDirty: boolean;
}

/** What a function writes to plain data that must not change: copies, made as they are looked into. */
export class DraftTree {
  readonly #tree: PlainTree;
  readonly #nodes = new Map<object, DraftNode>();
  readonly #ofProxies = new WeakMap<object, DraftNode>();

  constructor(tree: PlainTree) {
    this.#tree = tree;
  }

  get root(): object {
    return (this.nodeOf(this.#tree.current()) as DraftNode).proxy;
  }

  /** What a proxy stands for; what is none is itself. */
  peel(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return value;
    return this.#ofProxies.get(value)?.base ?? value;
  }

  /** The node of a proxy, or of a value of the tree that was looked into. */
  find(value: unknown): DraftNode | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    return this.#ofProxies.get(value) ?? this.#nodes.get(value);
  }

  /** The node of a map or array of the tree; undefined for other values. */
  nodeOf(value: unknown): DraftNode | undefined {
    const known = this.find(value);
    if (known !== undefined) return known;
    const type = this.#tree.typeOf(value);
    return type === undefined ? undefined : this.#make(value as object, type);
  }

  /** From now on the proxies throw. */
  revoke(): void {
    for (const { revoke } of this.#nodes.values()) revoke();
  }

  #make(base: object, type: AnyType): DraftNode {
    const isRoot = type === this.#tree.root || type.parent === null;
    // Not who asks: a value can also be put elsewhere before it is looked into.
    const parent = isRoot ? undefined : this.nodeOf(this.#tree.of(type.parent as AnyType));
    // Without a prototype, `draft[key]` is nothing but what is in the map.
    const copy = Array.isArray(base) ? [...base] : Object.assign(Object.create(null), base);
    const write = (done: boolean): boolean => {
      node.isChanged = true;
      for (let at: DraftNode | undefined = node; at && !at.isDirty; at = at.parent) {
        at.isDirty = true;
      }
      return done;
    };
    const { proxy, revoke } = Proxy.revocable<object>(copy, {
      get: (copy, key) => {
        const value: unknown = Reflect.get(copy, key);
        return this.nodeOf(value)?.proxy ?? value;
      },
      set: (copy, key, value) => write(Reflect.set(copy, key, this.peel(value))),
      deleteProperty: (copy, key) => write(Reflect.deleteProperty(copy, key)),
      defineProperty: (copy, key, descriptor) => {
        if (!('value' in descriptor)) throw new TypeError('A draft holds values, no accessors');
        return write(
          Reflect.defineProperty(copy, key, { ...descriptor, value: this.peel(descriptor.value) }),
        );
      },
      setPrototypeOf: () => false,
    });
    const node: DraftNode = {
      base,
      copy,
      type,
      parent,
      children: [],
      proxy,
      revoke,
      isChanged: false,
      isDirty: false,
    };
    parent?.children.push(node);
    this.#nodes.set(base, node);
    this.#ofProxies.set(proxy, node);
    return node;
  }
}
