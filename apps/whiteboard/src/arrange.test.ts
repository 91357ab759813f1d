import { expect, it } from 'vitest';
import { type Arrangement, arranged } from './arrange.ts';
import { newShape, type Shape } from './shape.ts';
import { compareOrder, keysBetween } from './z-order.ts';

const keys = keysBetween(undefined, undefined, 5);
/** Five in a pile, but for the one called c, which lies alone. */
const pile = ['a', 'b', 'c', 'd', 'e'].map((id, index) =>
  newShape({
    id,
    kind: 'sticky',
    x: id === 'c' ? 1_000 : 0,
    y: 0,
    w: 10,
    h: 10,
    z: keys[index] as string,
    color: 'ink',
  }),
);

function after(ids: string, arrangement: Arrangement, shapes: readonly Shape[] = pile): string {
  const patches = arranged(shapes, new Set(ids), arrangement);
  return shapes
    .map((shape) => ({ id: shape.id, z: patches.get(shape.id)?.z ?? shape.z }))
    .sort(compareOrder)
    .map(({ id }) => id)
    .join('');
}

it.each([
  ['a', 'front', 'bcdea'],
  ['ac', 'front', 'bdeac'],
  ['e', 'back', 'eabcd'],
  ['be', 'back', 'beacd'],
  ['a', 'forward', 'bacde'],
  // c does not touch it, d does.
  ['b', 'forward', 'acdbe'],
  ['d', 'backward', 'adbce'],
  ['bd', 'forward', 'acebd'],
  ['e', 'forward', 'abcde'],
  ['a', 'backward', 'abcde'],
] as const)('%s to %s: %s', (ids, arrangement, result) => {
  expect(after(ids, arrangement)).toBe(result);
});

it('writes nothing for what is there already, and only what moves', () => {
  expect(arranged(pile, new Set('de'), 'front').size).toBe(0);
  expect(arranged(pile, new Set('a'), 'back').size).toBe(0);
  expect([...arranged(pile, new Set('b'), 'front').keys()]).toEqual(['b']);
});
