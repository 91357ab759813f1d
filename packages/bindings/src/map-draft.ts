import type { PlainTree } from './plain.ts';
import type { AnyType } from './undo.ts';

/** A map or an array of a draft that somebody looked into. */
export interface DraftNode {
  /** What it was. */
  readonly base: object;
  /** What it is now. Maps inside of it are what they were: their own nodes know more. */
  copy: object;
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
    // Without a prototype, `draft[key]` is nothing but what is in the map. A large map is copied when it is written to.
    const copy = Array.isArray(base) ? [...base] : (Object.create(null) as object);
    const latest = (): object => node.copy;
    const write = (change: () => boolean): boolean => {
      if (latest() !== copy) node.copy = Object.assign(copy, base);
      node.isChanged = true;
      for (let at: DraftNode | undefined = node; at && !at.isDirty; at = at.parent) {
        at.isDirty = true;
      }
      return change();
    };
    const read = (key: PropertyKey): unknown => {
      const from = latest();
      // The base has the prototype of all objects.
      const value: unknown =
        from === copy || Object.hasOwn(from, key) ? Reflect.get(from, key) : undefined;
      return this.nodeOf(value)?.proxy ?? value;
    };
    const { proxy, revoke } = Proxy.revocable<object>(copy, {
      get: (_, key) => read(key),
      has: (_, key) => (latest() === copy ? Reflect.has(copy, key) : Object.hasOwn(base, key)),
      ownKeys: () => Reflect.ownKeys(latest()),
      getOwnPropertyDescriptor: (_, key) => {
        const descriptor = Reflect.getOwnPropertyDescriptor(latest(), key);
        if (descriptor === undefined || latest() === copy) return descriptor;
        return { ...descriptor, writable: true, configurable: true };
      },
      set: (_, key, value) => write(() => Reflect.set(copy, key, this.peel(value))),
      deleteProperty: (_, key) => write(() => Reflect.deleteProperty(copy, key)),
      defineProperty: (_, key, descriptor) => {
        if (!('value' in descriptor)) throw new TypeError('A draft holds values, no accessors');
        const value = this.peel(descriptor.value);
        return write(() => Reflect.defineProperty(copy, key, { ...descriptor, value }));
      },
      setPrototypeOf: () => false,
    });
    const node: DraftNode = {
      base,
      copy: Array.isArray(base) ? copy : base,
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
