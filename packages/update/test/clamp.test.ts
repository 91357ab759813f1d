import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import {
  clamp,
  concatenate,
  coverageOf,
  decodeStateVector,
  type StateVector,
  scan,
  stateVectorKey,
} from '../src/index.ts';
import { contentOf, docOf, editings } from './editing.ts';

/** Vectors that know some of the clients of {@link editings}, and others. */
const vectors: fc.Arbitrary<StateVector> = fc
  .uniqueArray(
    fc.tuple(
      fc.oneof(fc.constantFrom(3, 70_000, 2 ** 40), fc.maxSafeNat()),
      fc.oneof(fc.nat(60), fc.nat(2 ** 32 - 1)),
    ),
    { selector: ([client]) => client, maxLength: 8 },
  )
  .map((entries) => new Map(entries));

describe('a clamped state vector', () => {
  it('gets the answer that the raw one gets', () => {
    fc.assert(
      fc.property(editings, vectors, ({ updates }, vector) => {
        const log = updates.map(scan);
        const clamped = clamp(vector, coverageOf(log).stateVector);
        expect(concatenate(log, clamped)[0].bytes).toEqual(concatenate(log, vector)[0].bytes);
      }),
    );
  });

  it('brings a reader to the document that the raw one brings it to', () => {
    fc.assert(
      fc.property(editings, fc.nat(), fc.nat(), ({ updates }, read, logged) => {
        const log = updates.slice(0, logged % (updates.length + 1)).map(scan);
        const raw = docOf(updates.slice(0, read % (updates.length + 1)));
        const clamped = docOf([Y.encodeStateAsUpdate(raw)]);
        const vector = decodeStateVector(Y.encodeStateVector(raw));
        Y.applyUpdate(raw, concatenate(log, vector)[0].bytes);
        const known = coverageOf(log).stateVector;
        Y.applyUpdate(clamped, concatenate(log, clamp(vector, known))[0].bytes);
        expect(contentOf(clamped)).toEqual(contentOf(raw));
      }),
    );
  });

  it('has only clients and clocks of the log, and is clamped already', () => {
    fc.assert(
      fc.property(vectors, vectors, (vector, log) => {
        const clamped = clamp(vector, log);
        for (const [client, clock] of clamped) {
          expect(clock).toBeGreaterThan(0);
          expect(clock).toBeLessThanOrEqual(log.get(client) ?? 0);
        }
        expect([...clamp(clamped, log)]).toEqual([...clamped]);
      }),
    );
  });
});

describe('the key of a state vector', () => {
  it('is that of the same vector in another order, and of no other', () => {
    fc.assert(
      fc.property(vectors, vectors, (vector, other) => {
        const entries = [...vector].filter(([, clock]) => clock > 0);
        expect(stateVectorKey(new Map(entries.toReversed()))).toBe(stateVectorKey(vector));
        const equal = stateVectorKey(clamp(vector, other)) === stateVectorKey(clamp(other, vector));
        expect(equal).toBe(
          JSON.stringify([...clamp(vector, other)]) === JSON.stringify([...clamp(other, vector)]),
        );
      }),
    );
    expect(stateVectorKey(new Map([[1, 2]]))).not.toBe(stateVectorKey(new Map([[1, 3]])));
    expect(stateVectorKey(new Map([[12, 3]]))).not.toBe(stateVectorKey(new Map([[1, 23]])));
  });
});
