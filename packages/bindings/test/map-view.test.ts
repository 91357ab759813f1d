import { describe, expect, expectTypeOf, it, vi } from 'vitest';
import * as Y from 'yjs';
import { bindMap, createUndo, type Draft, type MapView, opaque, text } from '../src/index.ts';

interface Shape {
  readonly x: number;
  readonly y: number;
  readonly label?: string;
  readonly points?: readonly number[];
}

interface Board {
  readonly title: string;
  readonly shapes: Readonly<Record<string, Shape>>;
  readonly order: readonly string[];
  readonly tasks: readonly { readonly id: string; readonly done: boolean }[];
}

interface Bound {
  doc: Y.Doc;
  map: Y.Map<unknown>;
  view: MapView<Board>;
}

function board(): Bound {
  const doc = new Y.Doc();
  doc.clientID = 1;
  const map = doc.getMap<unknown>('board');
  const view = bindMap<Board>(map);
  view.update((draft) => {
    draft.title = text('title');
    draft.shapes = { a: { x: 1, y: 2 }, b: { x: 3, y: 4, label: text('note') } };
    draft.order = ['a', 'b', 'c', 'd'];
    draft.tasks = [
      { id: '1', done: false },
      { id: '2', done: false },
      { id: '3', done: false },
    ];
  });
  return { doc, map, view };
}

/** What a change sends: structs, deleted units, bytes. */
function cost(
  { doc }: Bound,
  change: () => void,
): { structs: number; deleted: number; bytes: number; updates: number } {
  const updates: Uint8Array[] = [];
  const listener = (update: Uint8Array) => updates.push(update);
  doc.on('update', listener);
  change();
  doc.off('update', listener);
  const decoded = updates.map((update) => Y.decodeUpdate(update));
  const deletes = decoded.flatMap(({ ds }) => [...ds.clients.values()].flat());
  return {
    updates: updates.length,
    structs: decoded.flatMap(({ structs }) => structs).length,
    deleted: deletes.reduce((sum, { len }) => sum + len, 0),
    bytes: updates.reduce((sum, update) => sum + update.length, 0),
  };
}

describe('a draft sends', () => {
  it('one operation for one nested key', () => {
    const bound = board();
    const sent = cost(bound, () =>
      bound.view.update((draft) => {
        (draft.shapes['a'] as Draft<Shape>).x = 5;
      }),
    );
    expect(sent).toMatchObject({ updates: 1, structs: 1, deleted: 1 });
    expect(sent.bytes).toBeLessThan(30);
    expect(bound.view.get().shapes['a']).toEqual({ x: 5, y: 2 });
  });

  it('the same when a whole record is written anew', () => {
    const bound = board();
    const { shapes } = bound.view.get();
    const sent = cost(bound, () =>
      bound.view.set('shapes', { ...shapes, a: { ...(shapes['a'] as Shape), x: 5 } }),
    );
    expect(sent).toMatchObject({ updates: 1, structs: 1, deleted: 1 });
  });

  it('nothing for what is as it was', () => {
    const bound = board();
    const before = bound.view.get();
    const sent = cost(bound, () => {
      bound.view.update((draft) => {
        draft.title = 'title';
        draft.order = ['a', 'b', 'c', 'd'];
        draft.order.push('e');
        draft.order.pop();
        draft.order.sort();
        draft.shapes['a'] = { x: 1, y: 2 };
        draft.tasks = draft.tasks.map((task) => ({ ...task }));
        delete draft.shapes['none'];
      });
      bound.view.set('tasks', structuredClone(before.tasks) as Board['tasks']);
      bound.view.delete('none' as keyof Board);
    });
    expect(sent).toMatchObject({ updates: 0 });
    expect(bound.view.get()).toBe(before);
  });

  it.each<[string, (draft: Draft<Board>) => unknown, number, number]>([
    ['one insertion', (draft) => draft.order.splice(2, 0, 'x', 'y'), 1, 0],
    ['one deletion', (draft) => draft.order.splice(1, 2), 0, 2],
    ['an item that moves', (draft) => draft.order.push(draft.order.shift() as string), 1, 1],
    ['an item of records that goes', (draft) => draft.tasks.shift(), 0, 3],
    // A map and its two fields.
    ['a record that comes', (draft) => draft.tasks.unshift({ id: '0', done: true }), 3, 0],
    [
      'a record that changes while another goes',
      (draft) => {
        draft.tasks = draft.tasks.slice(1).map(({ id }) => ({ id, done: id === '3' }));
      },
      1,
      4,
    ],
    [
      'records that all change, known by their ids',
      (draft) => {
        draft.tasks = ['1', '3'].map((id) => ({ id, done: true }));
      },
      2,
      5,
    ],
    ['letters of a text', (draft) => (draft.title = 'tittle'), 1, 0],
    ['a key that goes', (draft) => delete (draft.shapes['b'] as Draft<Shape>).label, 0, 5],
    [
      'undefined, which is a key that goes',
      (draft) => Object.assign(draft.shapes['a'] as object, { x: undefined }),
      0,
      1,
    ],
  ])('the least for %s', (_, change, structs, deleted) => {
    const bound = board();
    expect(cost(bound, () => bound.view.update(change))).toMatchObject({
      structs,
      deleted,
    });
    expect(bound.view.get()).toEqual(bound.map.toJSON());
  });

  it('nothing for what is deleted in the end', () => {
    const bound = board();
    const sent = cost(bound, () =>
      bound.view.update((draft) => {
        (draft.shapes['b'] as Draft<Shape>).x = 99;
        delete draft.shapes['b'];
      }),
    );
    expect(sent.structs).toBe(0);
  });
});

describe('a view', () => {
  it('keeps two fields of one record that two people set', () => {
    const { doc, view } = board();
    const other = new Y.Doc();
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
    const theirs = bindMap<Board>(other.getMap('board'));
    view.update((draft) => Object.assign(draft.shapes['a'] as object, { x: 10 }));
    const { shapes } = theirs.get();
    theirs.set('shapes', { ...shapes, a: { ...(shapes['a'] as Shape), y: 20 } });
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
    expect(view.get().shapes['a']).toEqual({ x: 10, y: 20 });
    expect(theirs.get()).toEqual(view.get());
  });

  it('is frozen, and keeps what others do not touch', () => {
    const { doc, view } = board();
    const before = view.get();
    expect(Object.isFrozen(before) && Object.isFrozen(before.shapes['a'])).toBe(true);
    const other = new Y.Doc();
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
    bindMap<Board>(other.getMap('board')).update((draft) => {
      (draft.shapes['b'] as Draft<Shape>).label += '!';
    });
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(other), 'network');
    const after = view.get();
    expect(after.shapes['b']?.label).toBe('note!');
    expect(after).not.toBe(before);
    expect(after.shapes).not.toBe(before.shapes);
    expect(after.shapes['a']).toBe(before.shapes['a']);
    expect(after.tasks).toBe(before.tasks);
  });

  it('calls once a transaction, after it, though another listener throws', () => {
    const { doc, map, view } = board();
    const report = vi.spyOn(console, 'error').mockImplementation(() => {});
    const seen: string[] = [];
    view.subscribe(() => {
      throw new Error('of a listener');
    });
    const stop = view.subscribe(() => seen.push(view.get().title));
    map.observe(() => {
      throw new Error('of an observer');
    });
    expect(() =>
      doc.transact(() => {
        view.set('title', 'one');
        expect(view.get().title).toBe('one');
        view.set('title', 'two');
        map.set('other', 1);
      }),
    ).toThrow('of an observer');
    expect(seen).toEqual(['two']);
    expect(report).toHaveBeenCalledTimes(1);
    stop();
    stop();
    view.set('title', 'three');
    expect(seen).toHaveLength(1);
    report.mockRestore();
  });

  it('is right for observers that are called before it', () => {
    const { map, view } = board();
    const seen: unknown[] = [];
    map.observe(() => seen.push(view.get('order'), map.get('n') === 1 && view.set('order', ['z'])));
    map.set('n', 1);
    expect(view.get('order')).toEqual(['z']);
    expect(view.get()).toEqual(map.toJSON());
  });

  it('has own keys alone', () => {
    const { doc } = board();
    const view = bindMap<Record<string, unknown>>(doc.getMap('keys'));
    expect([view.get('constructor'), view.get('__proto__'), view.get('toString')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    view.update((draft) => {
      expect(draft['__proto__']).toBeUndefined();
      expect(draft['constructor']).toBeUndefined();
      draft['__proto__'] = { polluted: true };
      draft['constructor'] = 'own';
    });
    view.set('nested', JSON.parse('{"__proto__": {"polluted": true}}'));
    expect(view.get('__proto__')).toEqual({ polluted: true });
    expect(Object.keys(view.get()).toSorted()).toEqual(['__proto__', 'constructor', 'nested']);
    expect(Object.getPrototypeOf(view.get())).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
    const other = new Y.Doc();
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
    expect(bindMap(other.getMap('keys')).get('__proto__')).toEqual({ polluted: true });
  });

  it.each<[string, unknown]>([
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a bigint', 1n],
    ['a Date', new Date(0)],
    ['a Map', new Map()],
    ['undefined in an array', [1, undefined]],
    ['a type that is elsewhere', new Y.Doc().getText('t')],
    ['a key that is half a character', { '\ud83d': 1 }],
    ['an opaque function', opaque({ f: () => 1 })],
    ['an opaque __proto__', opaque(JSON.parse('{"__proto__": 1}'))],
  ])('refuses %s, and writes nothing', (_, value) => {
    const bound = board();
    const before = bound.view.get();
    const cyclic: unknown[] = [value];
    cyclic.push(cyclic);
    for (const refused of [value, { deep: [value] }, cyclic]) {
      expect(() =>
        bound.view.update((draft) => {
          draft.title = 'changed';
          Object.assign(draft, { refused });
        }),
      ).toThrow(TypeError);
      expect(() => bound.view.set('title', refused as string)).toThrow(TypeError);
    }
    expect(bound.view.get()).toBe(before);
  });

  it('writes nothing of a draft whose function throws, and takes no draft later', () => {
    const bound = board();
    const before = bound.view.get();
    let kept: Draft<Board> | undefined;
    expect(() =>
      bound.view.update((draft) => {
        kept = draft;
        draft.title = 'x';
        throw new Error('stop');
      }),
    ).toThrow('stop');
    expect(() => kept?.title).toThrow(TypeError);
    expect(() => bound.view.update(() => bound.view.set('title', 'y'))).toThrow(TypeError);
    expect(bound.view.get()).toEqual({ ...before, title: 'y' });
    expect(() => bound.view.update((async () => {}) as () => void)).toThrow(TypeError);
  });

  it('stores as one what is opaque, and keeps it so when it is copied', () => {
    const { map, view } = board();
    view.update((draft) => {
      draft.shapes['p'] = { x: 0, y: 0, points: opaque([1, 2, 3]), label: text('copied') };
    });
    view.update((draft) => {
      draft.shapes['q'] = draft.shapes['p'] as Draft<Shape>;
      draft.shapes['r'] = { ...(draft.shapes['p'] as Draft<Shape>), x: 1 };
    });
    const shapes = map.get('shapes') as Y.Map<Y.Map<unknown>>;
    for (const id of ['p', 'q', 'r']) expect(shapes.get(id)?.get('points')).toEqual([1, 2, 3]);
    expect(shapes.get('q')?.get('label')).toBeInstanceOf(Y.Text);
    expect(() =>
      view.update((draft) => (draft.shapes['p'] as { points: number[] }).points.push(4)),
    ).toThrow(TypeError);
    expect(view.get().shapes['q']).toEqual(view.get().shapes['p']);
  });

  it('writes what other replicas read', () => {
    const { doc, view } = board();
    view.set('title', 'a\ud83db');
    const other = new Y.Doc();
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
    expect(bindMap<Board>(other.getMap('board')).get()).toEqual(view.get());
    expect(view.get('title')).toBe('a\ufffdb');
  });

  it('edits a text around what is no character', () => {
    const { map, view } = board();
    const title = map.get('title') as Y.Text;
    title.insertEmbed(2, { image: 1 });
    title.format(0, 2, { bold: true });
    view.set('title', 'tXle');
    expect(view.get('title')).toBe('tXle');
    expect(title.toDelta()).toContainEqual({ insert: { image: 1 } });
  });

  it('goes on as it was when it is closed, without calls', () => {
    const { view } = board();
    const listener = vi.fn();
    view.subscribe(listener);
    view.close();
    view.close();
    const before = view.get();
    expect(view.get()).toBe(before);
    view.update((draft) => Object.assign(draft.shapes['a'] as object, { x: 7 }));
    expect(view.get().shapes['a']?.x).toBe(7);
    expect(view.get().tasks).toBe(before.tasks);
    expect(listener).not.toHaveBeenCalled();
  });

  it('is typed by its schema', () => {
    const { doc, view } = board();
    // Whatever the map is said to hold.
    bindMap<Board>(doc.getMap<number | Y.Map<string>>('board')).close();
    expectTypeOf(view.get('shapes')).toEqualTypeOf<Board['shapes'] | undefined>();
    // @ts-expect-error
    const wrong = () => view.set('title', 5);
    // @ts-expect-error
    const unknown = () => view.get('nothing');
    expect([wrong, unknown]).toHaveLength(2);
  });
});

describe('conflicts', () => {
  function pair(
    gc = true,
  ): [MapView<Record<string, unknown>>, MapView<Record<string, unknown>>, () => void, Y.Doc[]] {
    const docs = [1, 2].map((clientID) => Object.assign(new Y.Doc({ gc }), { clientID }));
    const [a, b] = docs as [Y.Doc, Y.Doc];
    const sync = () => {
      const [fromA, fromB] = [Y.encodeStateAsUpdate(a), Y.encodeStateAsUpdate(b)];
      Y.applyUpdate(a, fromB, 'network');
      Y.applyUpdate(b, fromA, 'network');
    };
    return [bindMap(a.getMap('m')), bindMap(b.getMap('m')), sync, docs];
  }

  it('shows on both sides what lost, until the key is written again', () => {
    const [a, b, sync] = pair();
    a.set('k', 'base');
    sync();
    a.set('k', 'lost');
    b.set('k', 'first');
    b.set('k', 'won');
    const listener = vi.fn();
    b.subscribe(listener);
    sync();
    expect([a.get('k'), b.get('k')]).toEqual(['won', 'won']);
    expect(a.conflicts('k')).toEqual(['lost']);
    expect(b.conflicts('k')).toEqual(['lost']);
    expect(listener).toHaveBeenCalledTimes(1);
    expect(a.conflicts('other')).toEqual([]);
    b.set('k', 'decided');
    sync();
    expect(a.conflicts('k')).toEqual([]);
    expect(b.conflicts('k')).toEqual([]);
  });

  it('has none for what was written one after the other', () => {
    const [a, b, sync] = pair(false);
    for (let i = 0; i < 3; i++) {
      a.set('k', `a${i}`);
      sync();
      b.set('k', `b${i}`);
      b.set('k', `c${i}`);
      sync();
      expect([a.conflicts('k'), b.conflicts('k')]).toEqual([[], []]);
    }
    b.delete('k');
    sync();
    expect(a.conflicts('k')).toEqual([]);
  });

  it('shows a view that comes later what is kept: all without collection, else nothing', () => {
    for (const gc of [true, false]) {
      const [a, b, sync, docs] = pair(gc);
      a.set('k', opaque({ lost: 1 }));
      b.set('k', 'won');
      sync();
      const later = bindMap<Record<string, unknown>>((docs[0] as Y.Doc).getMap('m'));
      expect(later.conflicts('k')).toEqual(gc ? [] : [{ lost: 1 }]);
    }
  });
});

describe('undo', () => {
  it('takes back own edits alone, step by step', () => {
    const { doc, map, view } = board();
    const undo = createUndo(map);
    const told = vi.fn();
    undo.subscribe(told);
    view.set('title', 'mine');
    undo.stop();
    view.update((draft) => Object.assign(draft.shapes['a'] as object, { x: 7 }));
    const other = new Y.Doc();
    Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
    bindMap<Board>(other.getMap('board')).update((draft) => {
      Object.assign(draft.shapes['a'] as object, { y: 8 });
    });
    // As from a provider, and as some do it: without an origin.
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
    expect(undo.undo()).toBe(true);
    expect(view.get().shapes['a']).toEqual({ x: 1, y: 8 });
    expect(undo.undo()).toBe(true);
    expect(view.get('title')).toBe('title');
    expect([undo.undo(), undo.canUndo, undo.canRedo]).toEqual([false, false, true]);
    expect(undo.redo()).toBe(true);
    expect(view.get('title')).toBe('mine');
    expect(told).toHaveBeenCalledTimes(4);
    undo.clear();
    expect([undo.canUndo, undo.canRedo]).toEqual([false, false]);
    view.set('title', 'again');
    undo.close();
    undo.close();
    expect([undo.undo(), undo.canUndo]).toEqual([false, false]);
  });

  it('joins what follows soon, and takes further origins', () => {
    const { doc, map, view } = board();
    const undo = createUndo([map], { origins: ['editor'] });
    view.set('title', 'a');
    doc.transact(() => map.set('n', 1), 'editor');
    doc.transact(() => map.set('m', 1), 'else');
    undo.undo();
    expect(view.get()).toMatchObject({ title: 'title', m: 1 });
    expect(map.has('n')).toBe(false);
    expect(() => createUndo(new Y.Map())).toThrow(TypeError);
    expect(() => bindMap(new Y.Map())).toThrow(TypeError);
  });
});
