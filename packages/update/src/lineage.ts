import { ByteReader } from './byte-reader.ts';
import { type DeleteSet, includesRange, subtractRanges } from './delete-set.ts';
import { findReach, fits, type Visit } from './integration.ts';
import { COLLECTED, MAP, Places } from './places.ts';
import type { Content } from './scan.ts';
import type { StateVector } from './state-vector.ts';
import { flagMapValue, isMapValue, Kind, Struct } from './struct.ts';
import { findBadOption } from './subdocument-options.ts';
import { UpdateError } from './update-error.ts';

/**
 * How deep shared types may nest. Yjs recurses over them when one is deleted and in `toJSON`, which
 * ends with a RangeError in every reader at a depth of 1,000 to 2,000, sooner where stacks are small.
 */
export const MAX_TYPE_DEPTH = 256;

/** How many root types a document may have: each takes much time and memory in every reader, and never goes. */
export const MAX_ROOTS = 65_536;

/** What a log covers; see {@link Coverage}. */
interface Log {
  readonly stateVector: StateVector;
  readonly deletes: DeleteSet;
}

/** Tells whether clocks of a client from `start` to `end` are all deleted. */
type IsDeleted = (client: number, start: number, end: number) => boolean;

/**
 * What a log knows of the types that its structs stand in. It finds structs that Yjs can decode, but
 * that no honest client writes onto this log, and that break documents: Yjs throws on them, or makes
 * another document of them depending on the order in which they come.
 *
 * Values of maps that do not say so in their bytes are made to. `Y.mergeUpdates` drops the flag where there is an origin, since
 * Yjs has no use for it there; here structs are joined and collected by it.
 */
export class Lineage {
  readonly #places = new Places();

  /** @param log what was admitted before, in order. It is not checked. */
  constructor(log: readonly Content[] = []) {
    const stateVector = new Map<number, number>();
    for (const content of log) {
      this.addCommitted(content, stateVector);
      for (const { client, end } of content.runs) {
        if (end > (stateVector.get(client) ?? 0)) stateVector.set(client, end);
      }
    }
  }

  /**
   * Adds what is new in a log, see {@link Coverage.admit}.
   * @param log what the log covers without the news.
   * @throws UpdateError when a struct does not fit into the log (SPEC.md, rules L1 to L7). Nothing is
   *   added then.
   */
  add(news: Content, log: Log): void {
    const isDeleted = deletedBy(news, log);
    try {
      walk(news, log.stateVector, (struct, bytes) => this.#add(struct, bytes, isDeleted));
    } catch (error) {
      for (const { client, clock } of news.runs) this.#places.cutOff(client, clock);
      throw error;
    }
  }

  /** Adds what is in the log already, appended by another node. It is not checked. */
  addCommitted(news: Content, stateVector: StateVector): void {
    walk(news, stateVector, (struct, bytes) => this.#add(struct, bytes, undefined));
  }

  /** @param isDeleted undefined when the struct is not to be checked. */
  #add(struct: Struct, bytes: Uint8Array, isDeleted: IsDeleted | undefined): void {
    const { client } = struct;
    const end = struct.clock + struct.length;
    if (end <= this.#places.endOf(client)) return; // known: a log can have an entry twice
    this.#find(struct, bytes, isDeleted);
    if (isDeleted !== undefined) {
      this.#check(struct, bytes, isDeleted);
      if (this.#places.rootCount > MAX_ROOTS) refuse(struct, `it has more than ${MAX_ROOTS} roots`);
    }
    if (this.#places.place === MAP) flagMapValue(bytes, struct);
    this.#places.add(client, end);
  }

  /** Looks up where a struct stands, as Yjs does (Item.js `getMissing`). */
  #find(struct: Struct, bytes: Uint8Array, isDeleted: IsDeleted | undefined): void {
    const places = this.#places;
    if (struct.kind === Kind.gc) {
      places.place = COLLECTED;
      places.depth = 0;
    } else if (struct.originClient >= 0 && struct.rightOriginClient >= 0) {
      this.#findBetween(struct, isDeleted);
    } else if (struct.originClient >= 0) {
      places.lookUp(struct.originClient, struct.originClock);
    } else if (struct.rightOriginClient >= 0) {
      places.lookUp(struct.rightOriginClient, struct.rightOriginClock);
    } else {
      this.#findParent(struct, bytes);
      if (places.place !== COLLECTED && isMapValue(bytes, struct)) places.place = MAP;
    }
  }

  #findParent({ parentClient, parentClock, rootFrom, rootTo }: Struct, bytes: Uint8Array): void {
    const places = this.#places;
    if (parentClient < 0) {
      places.place = places.ofRoot(bytes, rootFrom, rootTo);
      places.depth = 0;
      return;
    }
    places.lookUp(parentClient, parentClock);
    if (places.place === COLLECTED) return;
    places.place = places.ofType(parentClient, parentClock);
    places.depth++;
  }

  #findBetween(struct: Struct, isDeleted: IsDeleted | undefined): void {
    const { originClient, originClock, rightOriginClient, rightOriginClock } = struct;
    const places = this.#places;
    places.lookUp(rightOriginClient, rightOriginClock);
    const right = places.place;
    places.lookUp(originClient, originClock);
    const left = places.place;
    if (isDeleted !== undefined && left !== right) {
      if (left !== COLLECTED && right !== COLLECTED) {
        refuse(struct, 'its neighbours are in different places');
      }
      const type = places.typeOf(left === COLLECTED ? right : left);
      if (type === undefined || !isDeleted(type.client, type.clock, type.clock + 1)) {
        refuse(struct, 'one of its neighbours is garbage, and the other one is alive');
      }
    }
    // What has a neighbour that was collected is collected, on whichever side it is.
    if (right === COLLECTED) places.place = COLLECTED;
  }

  #check(struct: Struct, bytes: Uint8Array, isDeleted: IsDeleted): void {
    const { client, clock, length, kind } = struct;
    const { place, depth } = this.#places;
    if (kind === Kind.gc) return;
    if (depth > MAX_TYPE_DEPTH) refuse(struct, `shared types nest deeper than ${MAX_TYPE_DEPTH}`);
    const isSaid = isMapValue(bytes, struct);
    const isMap = place === MAP || (place === COLLECTED && isSaid);
    if (isSaid && !isMap) refuse(struct, 'it is no value of a map');
    if (isMap) {
      if (struct.rightOriginClient >= 0) refuse(struct, 'a value of a map has no right neighbour');
      if (length > 1 && kind !== Kind.deleted && !isDeleted(client, clock, clock + length)) {
        refuse(struct, 'a value of a map has one clock');
      }
    } else if (
      struct.originClient >= 0 &&
      struct.originClient === struct.rightOriginClient &&
      struct.originClock === struct.rightOriginClock
    ) {
      refuse(struct, 'it is on both sides of the same struct');
    }
    if (kind === Kind.document) {
      const option = findBadOption(bytes, struct.contentFrom);
      if (option !== undefined) refuse(struct, `the option ${option} of a subdocument`);
    }
  }
}

/** Visits structs so that each comes after those that it refers to. */
function walk(content: Content, stateVector: StateVector, visit: Visit): void {
  if (!fits(content, stateVector)) {
    findReach(content, stateVector, visit);
    return;
  }
  const struct = new Struct();
  for (const run of content.runs) {
    const reader = new ByteReader(run.bytes, run.from);
    for (let { clock } = run; clock < run.end; clock += struct.length) {
      struct.readOf(run, reader, clock);
      visit(struct, run.bytes);
    }
  }
}

/** What is deleted in a log with these news. */
function deletedBy(news: Content, log: Log): IsDeleted {
  return (client, start, end) => {
    const rest: number[] = [];
    subtractRanges(start, end, news.deletes.get(client) ?? [], rest);
    const known = log.deletes.get(client) ?? [];
    for (let i = 0; i < rest.length; i += 2) {
      if (!includesRange(known, rest[i] as number, rest[i + 1] as number)) return false;
    }
    return true;
  };
}

function refuse(struct: Struct, what: string): never {
  throw new UpdateError(`a struct does not fit into the document: ${what}`, struct.from);
}
