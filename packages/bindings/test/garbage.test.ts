import { expect, it, onTestFinished, vi } from 'vitest';
import { Awareness, applyAwarenessUpdate, encodeAwarenessUpdate } from 'y-protocols/awareness';
import * as Y from 'yjs';
import { colorOf, createPresence, decodePosition, encodePosition } from '../src/index.ts';
import { garbage, garbageState } from './garbage.ts';
import { Random, seeds } from './random.ts';

function awareness(): Awareness {
  const made = new Awareness(new Y.Doc());
  onTestFinished(() => made.destroy());
  return made;
}

/** What listeners throw is told to the console, and must not be there. */
function watchReports() {
  const report = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => report.mockRestore());
  return report;
}

function send(from: Awareness, to: Awareness, state: unknown): void {
  from.setLocalState(state as Record<string, unknown>);
  applyAwarenessUpdate(to, encodeAwarenessUpdate(from, [from.clientID]), 'server');
}

it('takes somebody whose name or colour is no string for nobody', () => {
  const report = watchReports();
  const [mine, eve, bob] = [awareness(), awareness(), awareness()];
  const presence = createPresence<{ user?: { name: string; color?: string } }>(mine);
  const cursor = { x: 1, y: 2 };
  for (const user of [
    { name: 'Eve', color: { toString: 1 } },
    { name: { toString: 1 } },
    { name: 'Eve', id: [] },
    { name: null },
  ]) {
    send(eve, mine, { user, cursor });
    expect(presence.others).toEqual([]);
  }
  send(bob, mine, { user: { name: 'Bob' }, cursor });
  expect(presence.others.map(({ state }) => state.user?.name)).toEqual(['Bob']);
  send(bob, mine, { user: { name: 7 }, cursor });
  expect(presence.others).toEqual([]);
  expect(report).not.toHaveBeenCalled();
});

it('takes somebody for nobody of whom a parser makes no state', () => {
  const [mine, bob] = [awareness(), awareness()];
  let made: unknown;
  const presence = createPresence<object>(mine, { parse: () => made as object });
  for (made of [null, 'Bob', 5, undefined]) {
    send(bob, mine, { made: String(made) });
    expect(presence.others).toEqual([]);
  }
});

it.each(seeds(8))('shows whatever others send without harm: seed %i', (seed) => {
  const report = watchReports();
  const random = new Random(seed);
  const [mine, ...others] = Array.from({ length: 6 }, awareness) as [Awareness, ...Awareness[]];
  const presence = createPresence<{ user?: { name?: string; color?: string } }>(mine);
  const seen = new Set<string>();
  const look = (): void => {
    for (const { color, userId, state } of presence.others) {
      expect(color).toMatch(/^#[0-9a-f]{6}$/);
      seen.add(`${userId} ${state.user?.name ?? ''} ${state.user?.color ?? ''}`);
    }
  };
  presence.subscribe(look);
  for (const event of ['join', 'update', 'leave'] as const) presence.on(event, look);
  for (let i = 0; i < 100; i++) {
    send(random.of(others), mine, random.isOnce(20) ? garbage(random) : garbageState(random));
    look();
  }
  expect(report).not.toHaveBeenCalled();
  expect(seen.size).toBeGreaterThan(0);
  expect(Object.keys(Object.prototype)).toEqual([]);
});

it('gives whatever is taken for a user a colour', () => {
  const random = new Random(1);
  for (let i = 0; i < 300; i++) expect(colorOf(garbage(random) as string)).toMatch(/^#/);
  expect(colorOf('a'.repeat(1e6))).toBe(colorOf('a'.repeat(2e6)));
});

it.each(seeds(8))('finds a place, or none, for whatever others send: seed %i', (seed) => {
  const random = new Random(seed);
  const doc = new Y.Doc();
  doc.clientID = 1;
  const [text, list, map] = [doc.getText('text'), doc.getArray('list'), doc.getMap('map')];
  text.insert(0, 'hello world');
  text.delete(3, 2);
  list.insert(0, [1, new Y.Text('nested'), new Y.Map([['x', 1]])]);
  map.set('a', 1);
  map.set('a', new Y.Text('value'));
  map.delete('a');
  const names = [...doc.share.keys()];
  const valid = encodePosition(text, 4);
  const bytes = (): string => {
    const length = random.below(14);
    const small = (): number => random.of([0, 1, 2, 3, 5, 8, 13, 20, 127, 128, 255]);
    return btoa(String.fromCharCode(...Array.from({ length }, small)));
  };
  for (let i = 0; i < 300; i++) {
    const at = random.below(valid.length);
    const odd = random.of<unknown>([
      bytes(),
      bytes(),
      garbage(random),
      valid.slice(0, at),
      `${valid.slice(0, at)}${random.of(['A', '/', '=', '€'])}${valid.slice(at + 1)}`,
    ]);
    const place = decodePosition(doc, odd as string);
    if (place !== undefined) {
      expect(Number.isInteger(place) && place >= 0 && place <= 11, String(place)).toBe(true);
    }
    const within = decodePosition(doc, odd as string, text);
    if (within !== undefined) expect(within).toBeLessThanOrEqual(text.length);
  }
  expect([...doc.share.keys()]).toEqual(names);
});

it('finds no place in a map, at a value of a key, or in what was deleted', () => {
  const doc = new Y.Doc();
  const map = doc.getMap<unknown>('map');
  map.set('a', 1);
  const nested = new Y.Text('nested');
  map.set('b', nested);
  const of = (type: Y.AbstractType<unknown>, item: Y.ID | null): string => {
    const position = new Y.RelativePosition(type._item?.id ?? null, null, item);
    if (type._item === null && item === null) position.tname = 'map';
    return btoa(String.fromCharCode(...Y.encodeRelativePosition(position)));
  };
  const root = map as unknown as Y.AbstractType<unknown>;
  expect(decodePosition(doc, of(root, null))).toBeUndefined();
  expect(decodePosition(doc, of(root, map._map.get('a')?.id ?? null))).toBeUndefined();
  const place = encodePosition(nested, 2);
  expect(decodePosition(doc, place)).toBe(2);
  map.delete('b');
  expect(decodePosition(doc, place)).toBeUndefined();
});
