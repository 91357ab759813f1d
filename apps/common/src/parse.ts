// What comes from other clients, or from this browser's storage, can be anything that JSON can hold. These make typed values of
// it: each gives undefined for what it is not, throws never, and converts nothing (an object can have a `toString` that is
// no function).

/** What JSON calls an object. */
export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Fields)
    : undefined;
}

/** A string of at most so many characters. */
export function stringOf(value: unknown, most: number): string | undefined {
  return typeof value === 'string' && value.length <= most ? value : undefined;
}

/** A number that is at most so far from 0. */
export function numberOf(value: unknown, farthest: number): number | undefined {
  return typeof value === 'number' && Math.abs(value) <= farthest ? value : undefined;
}

/** 0, 1, 2 … */
export function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** The first items of a list, as far as each can be made what it should be. */
export function listOf<T>(
  value: unknown,
  most: number,
  itemOf: (item: unknown) => T | undefined,
): T[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, most).flatMap((item: unknown) => {
    const made = itemOf(item);
    return made === undefined ? [] : [made];
  });
}
