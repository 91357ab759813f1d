import { ByteReader } from './byte-reader.ts';
import type { Coverage } from './coverage.ts';
import { includesRange, subtractRanges } from './delete-set.ts';
import { findReach, fits, type Visit } from './integration.ts';
import type { Content } from './scan.ts';
import type { StateVector } from './state-vector.ts';
import { isMapValue, Kind, Struct } from './struct.ts';
import { findBadOption } from './subdocument-options.ts';
import { UpdateError } from './update-error.ts';

/**
 * How deep shared types may nest. Yjs recurses over them when one is deleted and in `toJSON`, which
 * ends with a RangeError in every reader at a depth of 1,000 to 2,000, sooner where stacks are small.
 */
export const MAX_TYPE_DEPTH = 256;

/**
 * Where a struct stands. Numbers from {@link FIRST_CHILD} name a type by its id, negative ones a root
 * type: the struct is one of its children in order.
 */
const COLLECTED = 0;
/** A value of a map. Which map and key does not matter: such a struct names one neighbour at most. */
const MAP = 1;
const FIRST_CHILD = 2 ** 32;

/** The structs of a client as ranges of clocks that stand at the same place. */
interface Column {
  /** Which one of the log's clients it is, counted from 1. */
  readonly index: number;
  /** Three numbers a range: where it begins, its place, and how many types are above. It ends where the next begins. */
  readonly ranges: number[];
  /** The clock after the last. */
  end: number;
}

const RANGE = 3;

type IsDeleted = (struct: Struct) => boolean;

/**
 * Where each struct of a log stands: in which type, or as a value of a map. It finds structs that Yjs
 * can decode, but that no honest client writes onto this log, and that break documents: Yjs throws on
 * them, or makes another document of them depending on the order in which they come.
 *
 * Takes some 24 bytes for each range of clocks at one place: for a text that one person types, that is
 * one range.
 */
export class Lineage {
  readonly #columns = new Map<number, Column>();
  readonly #roots = new Map<string, number>();
  /** What was looked up last. */
  #place = COLLECTED;
  #depth = 0;

  /** @param log what was admitted before, in order. It is not checked. */
  constructor(log: readonly Content[] = []) {
    const stateVector = new Map<number, number>();
    for (const content of log) {
      this.#walk(content, stateVector, (struct, bytes) => this.#add(struct, bytes, undefined));
      for (const { client, end } of content.runs) {
        if (end > (stateVector.get(client) ?? 0)) stateVector.set(client, end);
      }
    }
  }

  /**
   * Adds what is new in a log, see {@link Coverage.admit}.
   * @param log what the log covers without the news.
   * @throws UpdateError when a struct does not fit into the log (SPEC.md, rules L1 to L6). Nothing is added then.
   */
  add(news: Content, log: Pick<Coverage, 'stateVector' | 'deletes'>): void {
    const isDeleted = ({ client, clock, length }: Struct): boolean => {
      const rest: number[] = [];
      subtractRanges(clock, clock + length, news.deletes.get(client) ?? [], rest);
      const known = log.deletes.get(client) ?? [];
      return rest.every(
        (from, i) => i % 2 === 1 || includesRange(known, from, rest[i + 1] as number),
      );
    };
    try {
      this.#walk(news, log.stateVector, (struct, bytes) => this.#add(struct, bytes, isDeleted));
    } catch (error) {
      for (const { client, clock } of news.runs) this.#cutOff(client, clock);
      throw error;
    }
  }

  /** Adds what is in the log already, appended by another node. It is not checked. */
  addCommitted(news: Content, stateVector: StateVector): void {
    this.#walk(news, stateVector, (struct, bytes) => this.#add(struct, bytes, undefined));
  }

  #walk(content: Content, stateVector: StateVector, visit: Visit): void {
    if (!fits(content, stateVector)) {
      findReach(content, stateVector, visit);
      return;
    }
    const struct = new Struct();
    for (const { client, clock: start, end, bytes, from } of content.runs) {
      const reader = new ByteReader(bytes, from);
      for (let clock = start; clock < end; clock += struct.length) {
        struct.read(reader, client, clock);
        visit(struct, bytes);
      }
    }
  }

  /** @param isDeleted tells whether all clocks of a struct are deleted; undefined when it is not to be checked. */
  #add(struct: Struct, bytes: Uint8Array, isDeleted: IsDeleted | undefined): void {
    const { client, clock, length } = struct;
    const column = this.#column(client);
    if (clock + length <= column.end) return; // known; a log can have an entry twice
    this.#find(struct, bytes, isDeleted !== undefined);
    if (isDeleted !== undefined) this.#check(struct, bytes, isDeleted);
    const { ranges } = column;
    const last = ranges.length - RANGE;
    if (last < 0 || ranges[last + 1] !== this.#place || ranges[last + 2] !== this.#depth) {
      ranges.push(Math.max(clock, column.end), this.#place, this.#depth);
    }
    column.end = clock + length;
  }

  #column(client: number): Column {
    let column = this.#columns.get(client);
    if (column === undefined) {
      column = { index: this.#columns.size + 1, ranges: [], end: 0 };
      this.#columns.set(client, column);
    }
    return column;
  }

  /** Forgets the client's clocks from this one on. */
  #cutOff(client: number, clock: number): void {
    const column = this.#columns.get(client);
    if (column === undefined || column.end <= clock) return;
    const { ranges } = column;
    while (ranges.length > 0 && (ranges[ranges.length - RANGE] as number) >= clock) {
      ranges.length -= RANGE;
    }
    column.end = clock;
  }

  /** Finds the place and depth of a struct, as Yjs does (Item.js `getMissing`). */
  #find(struct: Struct, bytes: Uint8Array, isChecked: boolean): void {
    if (struct.kind === Kind.gc) {
      this.#place = COLLECTED;
      this.#depth = 0;
      return;
    }
    const isMap = isMapValue(bytes, struct);
    if (struct.originClient < 0 && struct.rightOriginClient < 0)
      this.#findParent(struct, bytes, isMap);
    else this.#findNeighbours(struct, isChecked);
  }

  #findParent(struct: Struct, bytes: Uint8Array, isMap: boolean): void {
    if (struct.parentClient < 0) {
      this.#place = this.#rootOf(struct, bytes);
      this.#depth = 0;
    } else {
      this.#lookUp(struct.parentClient, struct.parentClock);
      if (this.#place === COLLECTED) return;
      const { index } = this.#column(struct.parentClient);
      this.#place = index * FIRST_CHILD + struct.parentClock;
      this.#depth++;
    }
    if (isMap) this.#place = MAP;
  }

  #findNeighbours(struct: Struct, isChecked: boolean): void {
    const { originClient, originClock, rightOriginClient, rightOriginClock } = struct;
    if (originClient >= 0) this.#lookUp(originClient, originClock);
    if (rightOriginClient < 0) return;
    const place = this.#place;
    const depth = this.#depth;
    this.#lookUp(rightOriginClient, rightOriginClock);
    // What has a neighbour that was collected is collected, on whichever side it is.
    if (originClient < 0 || this.#place === COLLECTED) return;
    if (isChecked && place !== COLLECTED) {
      if (place !== this.#place) refuse(struct, 'its neighbours are in different places');
      if (originClient === rightOriginClient && originClock === rightOriginClock) {
        refuse(struct, 'it is on both sides of the same struct');
      }
    }
    this.#place = place;
    this.#depth = depth;
  }

  #check(struct: Struct, bytes: Uint8Array, isDeleted: IsDeleted): void {
    if (struct.kind === Kind.gc) return;
    const isMap = isMapValue(bytes, struct);
    if (this.#depth > MAX_TYPE_DEPTH) {
      refuse(struct, `shared types nest deeper than ${MAX_TYPE_DEPTH}`);
    }
    if (isMap) {
      if (struct.rightOriginClient >= 0)
        refuse(struct, 'a value of a map has nothing to its right');
      if (struct.length > 1 && struct.kind !== Kind.deleted && !isDeleted(struct)) {
        refuse(struct, 'a value of a map has one clock');
      }
    }
    if (this.#place !== COLLECTED && isMap !== (this.#place === MAP)) {
      refuse(
        struct,
        isMap ? 'it is no value of a map' : 'it is a value of a map, and does not say so',
      );
    }
    if (struct.kind === Kind.document) {
      const option = findBadOption(bytes, struct.contentFrom);
      if (option !== undefined) refuse(struct, `the option ${option} of a subdocument`);
    }
  }

  #rootOf({ rootFrom, rootTo }: Struct, bytes: Uint8Array): number {
    let name = '';
    for (let at = rootFrom; at < rootTo; at++) name += String.fromCharCode(bytes[at] as number);
    let root = this.#roots.get(name);
    if (root === undefined) this.#roots.set(name, (root = -1 - this.#roots.size));
    return root;
  }

  #lookUp(client: number, clock: number): void {
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
    this.#place = ranges[at + 1] ?? COLLECTED;
    this.#depth = ranges[at + 2] ?? 0;
  }
}

function refuse(struct: Struct, what: string): never {
  throw new UpdateError(`a struct does not fit into the document: ${what}`, struct.from);
}
