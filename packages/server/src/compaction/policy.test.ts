import { describe, expect, it } from 'vitest';
import { hasOutgrown, isWorthCompacting } from './policy.ts';

const KIB = 1024;
const growth = (checkpointKib: number, tailKib: number, tailEntries = 100) => ({
  checkpointBytes: checkpointKib * KIB,
  tailBytes: tailKib * KIB,
  tailEntries,
});

describe('a tail', () => {
  it('has outgrown any checkpoint at 1 MiB', () => {
    expect(hasOutgrown(growth(20_000, 1023))).toBe(false);
    expect(hasOutgrown(growth(20_000, 1025))).toBe(true);
    expect(hasOutgrown(growth(1, 1023))).toBe(false);
    expect(hasOutgrown(growth(1, 1025))).toBe(true);
  });

  it('is worth a checkpoint in a quiet moment at an eighth of the last one', () => {
    expect(isWorthCompacting(growth(80, 9), false)).toBe(false);
    expect(isWorthCompacting(growth(80, 11), false)).toBe(true);
  });

  it('is not worth one when it is small, or the only entry', () => {
    expect(isWorthCompacting(growth(0, 0.4), false)).toBe(false);
    expect(isWorthCompacting(growth(0, 100, 1), false)).toBe(false);
    expect(isWorthCompacting(growth(0, 100, 2), false)).toBe(true);
  });

  it('of a small document waits until everybody has left', () => {
    expect(isWorthCompacting(growth(1, 7), true)).toBe(false);
    expect(isWorthCompacting(growth(1, 7), false)).toBe(true);
    expect(isWorthCompacting(growth(1, 9), true)).toBe(true);
    expect(isWorthCompacting(growth(80, 11), true)).toBe(true);
  });
});
