import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collect, concatenate, scan } from '../src/index.ts';
import { portableEditings } from './editing.ts';
import { inYjs, inYwasm } from './ywasm.ts';

/** Updates and states of a session, some missing, some twice, in any order. */
const deliveries = fc
  .tuple(portableEditings, fc.array(fc.nat(1000), { maxLength: 60 }))
  .map(([{ updates, states }, order]) => {
    const all = [...updates, ...states];
    return order.flatMap((index) => all[index % all.length] ?? []);
  });

describe('ywasm', () => {
  it('takes what is accepted, and comes to the state that yjs comes to', () => {
    fc.assert(
      fc.property(portableEditings, ({ updates, states }) => {
        for (const update of [...updates, ...states]) expect(() => scan(update)).not.toThrow();
        for (const list of [updates, [...states, ...updates]]) {
          expect(inYwasm(list)).toEqual(inYjs(list));
        }
      }),
    );
  });

  it('takes joined updates, and comes to the state that yjs comes to', () => {
    fc.assert(
      fc.property(portableEditings, ({ updates }) => {
        const joined = concatenate(updates.map(scan)).map(({ bytes }) => bytes);
        expect(inYwasm(joined)).toEqual(inYjs(updates));
      }),
    );
  });

  it('takes what is left when garbage was collected, and comes to the state that yjs comes to', () => {
    fc.assert(
      fc.property(portableEditings, fc.nat(100), ({ updates }, part) => {
        const count = Math.floor((updates.length * part) / 100);
        const collected = collect(concatenate(updates.slice(0, count).map(scan))[0]).bytes;
        expect(inYwasm([collected, ...updates.slice(count)])).toEqual(inYjs(updates));
      }),
    );
  });

  it('takes joined updates from a bad network as yjs takes them', () => {
    fc.assert(
      fc.property(deliveries, (delivered) => {
        const joined = concatenate(delivered.map(scan)).map(({ bytes }) => bytes);
        expect(inYwasm(joined)).toEqual(inYjs(joined));
      }),
    );
  });
});
