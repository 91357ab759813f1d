import { expect, it } from 'vitest';
import { compareOrder, isKey, keyBetween, keysBetween } from './z-order.ts';

it('finds a key between any two, however often', () => {
  let seed = 1;
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const keys = [keyBetween(undefined, undefined)];
  for (let round = 0; round < 3_000; round++) {
    const at = random(keys.length + 1);
    keys.splice(at, 0, keyBetween(keys[at - 1], keys[at]));
  }
  expect(keys.every(isKey)).toBe(true);
  for (const [index, key] of keys.entries()) {
    if (index > 0) expect((keys[index - 1] as string) < key).toBe(true);
  }
});

it('keeps keys short when each comes on top, or below', () => {
  let [top, bottom]: (string | undefined)[] = [undefined, undefined];
  for (let index = 0; index < 10_000; index++) {
    top = keyBetween(top, undefined);
    bottom = keyBetween(undefined, bottom);
    expect(isKey(top) && isKey(bottom)).toBe(true);
  }
  expect(top?.length).toBeLessThanOrEqual(6);
  expect(bottom?.length).toBeLessThanOrEqual(6);
});

it('finds keys in order, between neighbours and at the ends', () => {
  for (const [below, above] of [
    [undefined, undefined],
    ['V', undefined],
    [undefined, 'V'],
    ['V', 'W'],
    ['V', 'V1'],
    ['V', 'V01'],
    ['zzzzzz', undefined],
    [undefined, '000001'],
  ]) {
    const keys = keysBetween(below, above, 20);
    const all = [
      ...(below === undefined ? [] : [below]),
      ...keys,
      ...(above === undefined ? [] : [above]),
    ];
    expect(all.every((key, index) => index === 0 || (all[index - 1] as string) < key)).toBe(true);
  }
});

it('goes above a key that two shapes have', () => {
  expect(keyBetween('V', 'V') > 'V').toBe(true);
  expect(keyBetween('W', 'V') > 'W').toBe(true);
});

it('orders shapes with the same key by id', () => {
  const shapes = [
    { z: 'V', id: 'b' },
    { z: 'W', id: 'a' },
    { z: 'V', id: 'a' },
  ];
  expect(shapes.sort(compareOrder).map(({ z, id }) => z + id)).toEqual(['Va', 'Vb', 'Wa']);
});
