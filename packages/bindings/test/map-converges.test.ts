import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { bindMap, createUndo, type MapView, opaque, text, type Undo } from '../src/index.ts';
import { Opaque, SharedText } from '../src/schema.ts';
import { wellFormed } from '../src/text-diff.ts';
import { Random, seeds, syncAll } from './random.ts';

type Data = Record<string, unknown>;

interface Replica {
  readonly doc: Y.Doc;
  readonly map: Y.Map<unknown>;
  readonly view: MapView<Data>;
  readonly undo: Undo;
  /** What the others made, not yet here. */
  readonly inbox: Uint8Array[];
  /** The types that transactions of this step changed something in. */
  readonly touched: Set<unknown>;
  calls: number;
}

const KEYS = ['a', 'b', 'c', 'constructor', '__proto__'];

function replicas(random: Random): Replica[] {
  const all: Replica[] = Array.from({ length: 3 }, (_, i) => {
    const doc = new Y.Doc({ gc: !random.isOnce(4) });
    doc.clientID = i + 1;
    const map = doc.getMap<unknown>('map');
    const touched = new Set<unknown>();
    doc.on('afterTransaction', ({ changedParentTypes }) => {
      for (const type of changedParentTypes.keys()) touched.add(type);
    });
    const view = bindMap<Data>(map);
    const replica = { doc, map, view, undo: createUndo(map), inbox: [], touched, calls: 0 };
    replica.view.subscribe(() => replica.calls++);
    return replica;
  });
  for (const replica of all) {
    replica.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === 'network') return;
      for (const other of all) if (other !== replica) other.inbox.push(update);
    });
  }
  return all;
}

function value(random: Random, depth = 0): unknown {
  switch (random.below(depth > 2 ? 5 : 8)) {
    case 0:
      return random.below(100);
    case 1:
      return random.of(['', 'one', 'two 😀', 'aaa']);
    case 2:
      return random.of([true, false, null]);
    case 3:
      return text(random.of(['', 'hello', 'aaaa', '😀😁']));
    case 4:
      return opaque({ x: random.below(9), list: [1, { deep: random.below(3) }] });
    case 5:
      return Array.from({ length: random.below(5) }, () => value(random, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [random.of(KEYS), value(random, depth + 1)]),
      );
  }
}

/** Changes something somewhere in a draft. */
function change(random: Random, draft: unknown): void {
  if (Array.isArray(draft)) {
    const at = random.below(draft.length + 1);
    const child: unknown = draft[at];
    switch (random.below(6)) {
      case 0:
        draft.splice(
          at,
          random.below(3),
          ...Array.from({ length: random.below(3) }, () => value(random)),
        );
        return;
      case 1:
        draft.reverse();
        return;
      case 2:
        draft.push(draft[0] ?? 0);
        return;
      default:
        if (isContainer(child)) change(random, child);
        else if (typeof child === 'string') draft[at] = `${child.slice(0, 2)}+${child.slice(2)}`;
        else draft.splice(at, 1, random.below(50));
        return;
    }
  }
  const fields = draft as Data;
  const key = random.of(KEYS);
  const child = fields[key];
  switch (random.below(8)) {
    case 0:
      delete fields[key];
      return;
    case 1:
      fields[key] = value(random);
      return;
    case 2:
      // Another place's value, which stays there, too.
      fields[key] = fields[random.of(KEYS)] ?? 1;
      return;
    default:
      if (isContainer(child)) change(random, child);
      else if (typeof child === 'string') fields[key] = `${child.slice(1)}a`;
      else fields[key] = value(random, 1);
  }
}

/** What is stored as one is frozen. */
function isContainer(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Object.isFrozen(value);
}

function act(random: Random, replica: Replica): void {
  const { view, doc, map, undo, inbox } = replica;
  switch (random.below(12)) {
    case 0:
      view.set(random.of(KEYS), value(random));
      return;
    case 1:
      view.delete(random.of(KEYS));
      return;
    case 2:
      // What other code does, and reads meanwhile.
      doc.transact(() => {
        map.set('b', random.below(5));
        expect(view.get('b')).toBe(map.get('b'));
        view.update((draft) => change(random, draft));
        expect(plain(view.get())).toEqual(plain(map.toJSON()));
      });
      return;
    case 3:
      undo.undo();
      return;
    case 4:
      undo.redo();
      return;
    case 5:
    case 6:
    case 7:
      // In any order, some twice; together or alone.
      while (inbox.length > 0 && !random.isOnce(4)) {
        const at = random.below(inbox.length);
        const update = inbox[at] as Uint8Array;
        if (!random.isOnce(5)) inbox.splice(at, 1);
        Y.applyUpdate(doc, update, 'network');
      }
      return;
    default: {
      // What the same function does to plain data.
      const seed = random.below(1_000_000);
      const expected = mutable(map);
      change(new Random(seed), expected);
      view.update((draft) => change(new Random(seed), draft));
      expect(plain(view.get())).toEqual(plain(expected));
    }
  }
}

/** A copy that can be changed, but for what is stored as one. */
function mutable(type: unknown): unknown {
  if (type instanceof Y.Array) return type.toArray().map(mutable);
  if (type instanceof Y.Text) return type.toString();
  if (!(type instanceof Y.Map)) return Object.freeze(structuredClone(type));
  const fields = Object.create(null) as Data;
  for (const [key, child] of type.entries()) fields[key] = mutable(child);
  return fields;
}

/** Own fields alone: Yjs's toJSON assigns to `__proto__`. */
function plain(value: unknown): unknown {
  if (value instanceof SharedText || value instanceof Opaque) return plain(value.value);
  // What `change` cut in half.
  if (typeof value === 'string') return wellFormed(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return new Map(
    Object.keys(value)
      .filter((key) => key !== '__proto__')
      .toSorted()
      .map((key) => [key, plain((value as Data)[key])]),
  );
}

/** Each map and array with what shows it now. */
function branches(type: unknown, shown: unknown, all = new Map<unknown, unknown>()): typeof all {
  if (type instanceof Y.Map) {
    all.set(type, shown);
    type.forEach((child, key) => branches(child, (shown as Data)[key], all));
  } else if (type instanceof Y.Array) {
    all.set(type, shown);
    type.forEach((child, i) => branches(child, (shown as unknown[])[i], all));
  }
  return all;
}

/** What no transaction touched is the same object; what says something else is another one. */
function checkIdentity(
  before: Map<unknown, unknown>,
  after: Map<unknown, unknown>,
  touched: ReadonlySet<unknown>,
): number {
  let untouched = 0;
  for (const [type, shown] of after) {
    if (!before.has(type)) continue;
    const isSame = before.get(type) === shown;
    if (!touched.has(type)) {
      untouched++;
      if (!isSame) throw new Error(`another object for the untouched ${JSON.stringify(shown)}`);
    } else if (isSame) {
      expect(Object.isFrozen(shown)).toBe(true);
    }
  }
  return untouched;
}

describe('views of three replicas', () => {
  it.each(seeds(24))('converge, equal toJSON, and keep what is untouched: seed %i', (seed) => {
    const random = new Random(seed);
    const all = replicas(random);
    let untouched = 0;
    for (let step = 0; step < 80; step++) {
      const replica = random.of(all);
      const before = branches(replica.map, replica.view.get());
      const root = replica.view.get();
      const { calls, touched } = replica;
      touched.clear();
      act(random, replica);
      const shown = replica.view.get();
      expect(plain(shown)).toEqual(plain(replica.map.toJSON()));
      untouched += checkIdentity(before, branches(replica.map, shown), touched);
      if (shown !== root) expect(replica.calls).toBeGreaterThan(calls);
    }
    expect(untouched).toBeGreaterThan(10);
    for (const { doc, inbox } of all) {
      for (const update of inbox) Y.applyUpdate(doc, update, 'network');
    }
    syncAll(all.map(({ doc }) => doc));
    const [first, ...others] = all.map(({ view }) => JSON.stringify(sorted(view.get())));
    for (const other of others) expect(other).toBe(first);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.keys(value)
    .toSorted()
    .map((key) => [key, sorted((value as Data)[key])]);
}
