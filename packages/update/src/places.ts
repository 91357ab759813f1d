/**
 * Where a struct stands. Numbers from 2^32 name the type that it is a child of by its id, negative
 * ones a root type.
 */
export type Place = number;

/** It was collected as garbage, or stands on what was: nobody can tell where any more. */
export const COLLECTED: Place = 0;
/** A value of a map. Which map and key does not matter: such a struct names one neighbour at most. */
export const MAP: Place = 1;
const FIRST_CHILD = 2 ** 32;

/** The structs of a client as ranges of clocks that stand at the same place. */
interface Column {
  /** Which one of the log's clients it is, counted from 1. */
  readonly index: number;
  /** Three numbers a range: where it begins, its place, and how many types are above. It ends where the next one begins. */
  readonly ranges: number[];
  /** The clock after the last. */
  end: number;
}

const RANGE = 3;

/**
 * The place of each struct of a log. Takes some 24 bytes for each range of clocks at one place: for a text that one person
 * types, that is one range.
 */
export class Places {
  /** Of what was looked up last. */
  place: Place = COLLECTED;
  /** How many types are above it. */
  depth = 0;
  readonly #columns = new Map<number, Column>();
  readonly #clients: number[] = [];
  readonly #roots = new Map<string, Place>();

  /** Looks up the place and depth of a struct; {@link COLLECTED} when it is not known. */
  lookUp(client: number, clock: number): void {
    const ranges = this.#columns.get(client)?.ranges ?? [];
    let low = 0;
    let high = ranges.length / RANGE;
    if (clock >= (ranges[ranges.length - RANGE] as number)) low = high; // the usual case
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((ranges[middle * RANGE] as number) <= clock) low = middle + 1;
      else high = middle;
    }
    const at = (low - 1) * RANGE;
    this.place = ranges[at + 1] ?? COLLECTED;
    this.depth = ranges[at + 2] ?? 0;
  }

  /** How many root types are known. */
  get rootCount(): number {
    return this.#roots.size;
  }

  /** The place of the children of a root type, whose name is the bytes from `from` to `to`. */
  ofRoot(bytes: Uint8Array, from: number, to: number): Place {
    let name = '';
    for (let at = from; at < to; at++) name += String.fromCharCode(bytes[at] as number);
    let place = this.#roots.get(name);
    if (place === undefined) this.#roots.set(name, (place = -1 - this.#roots.size));
    return place;
  }

  /** The place of the children of a type that has this id, which is known. */
  ofType(client: number, clock: number): Place {
    return (this.#columns.get(client)?.index ?? 0) * FIRST_CHILD + clock;
  }

  /** The type whose children have this place; undefined for the others. */
  typeOf(place: Place): { readonly client: number; readonly clock: number } | undefined {
    if (place < FIRST_CHILD) return undefined;
    const client = this.#clients[Math.floor(place / FIRST_CHILD) - 1] as number;
    return { client, clock: place % FIRST_CHILD };
  }

  /** The clock from which on nothing of the client is known. */
  endOf(client: number): number {
    return this.#columns.get(client)?.end ?? 0;
  }

  /** The client's clocks from {@link endOf} to `end` stand where {@link place} and {@link depth} say. */
  add(client: number, end: number): void {
    const column = this.#columns.get(client);
    if (column === undefined) {
      const index = this.#clients.push(client);
      this.#columns.set(client, { index, ranges: [0, this.place, this.depth], end });
      return;
    }
    const { ranges } = column;
    const last = ranges.length - RANGE;
    if (last < 0 || ranges[last + 1] !== this.place || ranges[last + 2] !== this.depth) {
      ranges.push(column.end, this.place, this.depth);
    }
    column.end = end;
  }

  /** Forgets the client's clocks from this one on. */
  cutOff(client: number, clock: number): void {
    const column = this.#columns.get(client);
    if (column === undefined || column.end <= clock) return;
    const { ranges } = column;
    while (ranges.length > 0 && (ranges[ranges.length - RANGE] as number) >= clock) {
      ranges.length -= RANGE;
    }
    column.end = clock;
  }
}
