import { describe, expect, it } from 'vitest';
import { shallowEqual } from './shallow-equal.ts';

const shared = {};

describe('shallowEqual', () => {
  it.each([
    [1, 1],
    [Number.NaN, Number.NaN],
    [
      [1, shared],
      [1, shared],
    ],
    [
      { a: 1, b: shared },
      { b: shared, a: 1 },
    ],
    [null, null],
  ])('holds %j and %j for the same', (a, b) => {
    expect(shallowEqual(a, b)).toBe(true);
  });

  it.each([
    [0, -0],
    [[1], [1, 2]],
    [[], {}],
    [{ a: undefined }, { b: undefined }],
    [{ a: {} }, { a: {} }],
    [null, {}],
    [new Map([[1, 1]]), new Map([[1, 2]])],
    [Uint8Array.of(1), Uint8Array.of(1)],
  ])('tells %j from %j', (a, b) => {
    expect(shallowEqual(a, b)).toBe(false);
  });
});
