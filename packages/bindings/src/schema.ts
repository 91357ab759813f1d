/** What a view shows, and what can be written through it. */
export type Plain =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly Plain[]
  | { readonly [key: string]: Plain };

/** A draft of T: as T, and what is readonly in it can be changed. */
export type Draft<T> = T extends
  | null
  | undefined
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | ((...args: never[]) => unknown)
  ? T
  : T extends object
    ? { -readonly [K in keyof T]: Draft<T[K]> }
    : T;

/** A value that is stored as one; see {@link opaque}. */
export class Opaque {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}

/** A string that is stored as a Y.Text; see {@link text}. */
export class SharedText {
  readonly value: string;

  constructor(value: string) {
    this.value = value;
  }
}

/**
 * A value to write that is stored as one, not as nested Yjs types: it takes less room, and when two people
 * write it at a time, one of them wins as a whole. For what is never changed in part: a point, the points of
 * a finished line, a date range.
 *
 * @returns what stands for it in `set` and in a draft; the view shows the value itself
 */
export function opaque<V>(value: V): V {
  return new Opaque(value) as V;
}

/**
 * A string to write that becomes a Y.Text: people can write in it at a time. The view shows a string, and a
 * string that is assigned to it later becomes the smallest edit. Others are stored as one value.
 *
 * @returns what stands for it in `set` and in a draft
 */
export function text(value = ''): string {
  return new SharedText(value) as unknown as string;
}
