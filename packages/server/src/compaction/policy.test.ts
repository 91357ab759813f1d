import { describe, expect, it } from 'vitest';
import { hasOutgrown, isWorthCompacting } from './policy.ts';

const KIB = 1024;
const growth = (checkpointKib: number, tailKib: number, tailEntries = 100) => ({
  checkpointBytes: checkpointKib * KIB,
  tailBytes: tailKib * KIB,
  tailEntries,
});

describe('a tail', () => {
  it('has outgrown a small checkpoint at 256 KiB', () => {
    expect(hasOutgrown(growth(1, 255))).toBe(false);
    expect(hasOutgrown(growth(1, 257))).toBe(true);
  });

  it('has outgrown a larger checkpoint when it is larger itself', () => {
    expect(hasOutgrown(growth(600, 599))).toBe(false);
    expect(hasOutgrown(growth(600, 601))).toBe(true);
  });

  it('has outgrown any checkpoint at 1 MiB', () => {
    expect(hasOutgrown(growth(20_000, 1023))).toBe(false);
    expect(hasOutgrown(growth(20_000, 1025))).toBe(true);
  });

  it('is worth a checkpoint in a quiet moment at an eighth of the last one', () => {
    expect(isWorthCompacting(growth(80, 9))).toBe(false);
    expect(isWorthCompacting(growth(80, 11))).toBe(true);
  });

  it('is not worth one when it is small, or the only entry', () => {
    expect(isWorthCompacting(growth(0, 0.4))).toBe(false);
    expect(isWorthCompacting(growth(0, 100, 1))).toBe(false);
    expect(isWorthCompacting(growth(0, 100, 2))).toBe(true);
  });
});
