import fc from 'fast-check';
import type { Editing } from './editing.ts';

/** One damage to some bytes; the numbers are reduced to what the bytes allow. */
export interface Mutation {
  readonly what: 'set' | 'flip' | 'insert' | 'delete' | 'copy';
  readonly where: number;
  readonly value: number;
}

/** Bytes that mean something in an update: kinds, flags, tags of values, ends of varints, brackets. */
const TELLING: readonly number[] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0x0f, 0x10, 0x20, 0x24, 0x40, 0x44, 0x7f, 0x80, 0x81, 0x84,
  0x88, 0xa8, 0xc4, 0xff, 116, 117, 118, 119, 122, 123, 124, 125, 126, 127,
];
const telling = fc.constantFrom(...TELLING, ...new TextEncoder().encode('"[]{}:,-e9\\u'));

export const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    what: fc.constantFrom('set', 'set', 'set', 'flip', 'flip', 'insert', 'delete', 'copy'),
    where: fc.nat(),
    value: fc.oneof(telling, fc.nat(255)),
  }),
  { minLength: 1, maxLength: 3 },
);

/** Damaged updates of editings, together with the undamaged ones. */
export function damagedUpdates(editings: fc.Arbitrary<Editing>) {
  return fc
    .tuple(editings, fc.nat(), mutations)
    .filter(([{ updates }]) => updates.length > 0)
    .map(([{ updates, states }, which, damages]) => {
      const all = [...updates, ...states];
      let damaged = [...(all[which % all.length] as Uint8Array)];
      for (const damage of damages) damaged = mutate(damaged, damage);
      return { updates, damaged: new Uint8Array(damaged) };
    });
}

export function mutate(bytes: readonly number[], { what, where, value }: Mutation): number[] {
  if (bytes.length === 0) return [value];
  const at = where % bytes.length;
  const head = bytes.slice(0, at);
  const byte = bytes[at] as number;
  const tail = bytes.slice(at + 1);
  const changed = {
    set: [value],
    flip: [byte ^ (1 << (value % 8))],
    insert: [value, byte],
    delete: [],
    copy: [...bytes.slice(at, at + (value % 16)), byte],
  };
  return [...head, ...changed[what], ...tail];
}
