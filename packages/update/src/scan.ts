import { ByteReader } from './byte-reader.ts';
import { type DeleteSet, EMPTY_DELETE_SET, normalizeRanges, type Ranges } from './delete-set.ts';
import { EMPTY_STATE_VECTOR, MAX_CLOCK, type StateVector } from './state-vector.ts';
import { Kind, Struct } from './struct.ts';
import { UpdateError } from './update-error.ts';

/** Structs of one client whose clocks follow each other, as they stand in some update's bytes. */
export interface Run {
  readonly client: number;
  /** The first clock, and the clock after the last. */
  readonly clock: number;
  readonly end: number;
  /** How many structs. */
  readonly count: number;
  /** The structs are `bytes` from `from` to `to` (exclusive). */
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
  /** Where the last of them begins: its clock, and its place in `bytes`. */
  readonly lastClock: number;
  readonly lastFrom: number;
}

/** What an update says, without its framing. */
export interface Content {
  /** A client's runs are in ascending order and do not overlap; there may be gaps between them. */
  readonly runs: readonly Run[];
  readonly deletes: DeleteSet;
  /**
   * The highest clock of each *other* client that a struct refers to (as origin, right origin or
   * parent). May name more than needed, never less.
   */
  readonly references: StateVector;
}

/** An update that was found to be one that yjs can decode and integrate. */
export interface ScannedUpdate extends Content {
  readonly bytes: Uint8Array;
}

/** How much one update may say: each takes time, or many times its bytes in memory. */
export interface Bounds {
  readonly structs: number;
  /** Clients that have structs, or deletions. */
  readonly clients: number;
  /** Runs of structs, and ranges of deletions. */
  readonly ranges: number;
}

const UNBOUNDED: Bounds = { structs: Infinity, clients: Infinity, ranges: Infinity };

/** The least that a client's section takes: count, client, clock and a struct of two bytes. */
const SECTION_BYTES = 3;

/**
 * Checks an update of format v1 (yjs 13.6, `encoding.js`: `varUint(n) n × section deleteSet`), and
 * tells what is in it. Takes time linear in the bytes, and memory for runs and delete ranges.
 *
 * Stricter than yjs, because yjs swallows the exception of an update that it cannot integrate and
 * then shows an empty document: invalid UTF-8 or JSON, unknown types, structs of no length or that
 * refer to themselves, a client twice, clocks of 2^32 and more, and counts that the remaining bytes
 * cannot hold are all refused.
 *
 * @throws UpdateError `update-refused`
 */
export function scan(bytes: Uint8Array): ScannedUpdate {
  return scanWithin(bytes, UNBOUNDED);
}

/**
 * The same for an update that may say no more than the bounds allow.
 * @throws UpdateError `update-too-large` when it does
 */
export function scanWithin(bytes: Uint8Array, bounds: Bounds): ScannedUpdate {
  const reader = new ByteReader(bytes);
  const struct = new Struct();
  const runs: Run[] = [];
  const references = new References();
  const clients = new DistinctClients(reader, bounds.clients);
  let structsLeft = bounds.structs;
  for (let left = clients.count(SECTION_BYTES); left > 0; left--) {
    const count = reader.count(2);
    structsLeft -= count;
    if (structsLeft < 0) tooLarge(reader, 'structs', bounds.structs);
    const client = clients.read();
    readSection(reader, struct, client, count, runs, references);
    if (runs.length > bounds.ranges) tooLarge(reader, 'runs of structs', bounds.ranges);
  }
  const deletes = readDeleteSet(reader, bounds, runs.length);
  if (reader.at !== bytes.length) reader.refuse('bytes follow the update');
  return { bytes, runs, deletes, references: references.highest };
}

/** Reads the structs of a client, of which there are `left`. */
function readSection(
  reader: ByteReader,
  struct: Struct,
  client: number,
  left: number,
  runs: Run[],
  references: References,
): void {
  const { bytes } = reader;
  let clock = reader.varUint();
  if (clock > MAX_CLOCK) reader.refuse('a clock is out of range');
  let start = clock;
  let from = reader.at;
  let count = 0;
  let lastClock = 0;
  let lastFrom = 0;
  for (; left > 0; left--) {
    struct.read(reader, client, clock);
    if (struct.kind === Kind.skip) {
      const to = struct.from;
      if (count > 0) {
        runs.push({
          client,
          clock: start,
          end: clock,
          count,
          bytes,
          from,
          to,
          lastClock,
          lastFrom,
        });
      }
      start = clock + struct.length;
      from = struct.to;
      count = 0;
    } else {
      references.add(struct);
      count++;
      lastClock = clock;
      lastFrom = struct.from;
    }
    clock += struct.length;
  }
  if (count === 0) return;
  const to = reader.at;
  runs.push({ client, clock: start, end: clock, count, bytes, from, to, lastClock, lastFrom });
}

/** @param runCount of the bound on ranges, so many are used up. */
function readDeleteSet(reader: ByteReader, bounds: Bounds, runCount: number): DeleteSet {
  const clients = new DistinctClients(reader, bounds.clients);
  const clientCount = clients.count(2);
  if (clientCount === 0) return EMPTY_DELETE_SET;
  const deletes = new Map<number, Ranges>();
  let rangesLeft = bounds.ranges - runCount;
  for (let left = clientCount; left > 0; left--) {
    const client = clients.read();
    const flat: number[] = [];
    const count = reader.count(2);
    rangesLeft -= count;
    if (rangesLeft < 0) tooLarge(reader, 'runs and deleted ranges', bounds.ranges);
    for (let ranges = count; ranges > 0; ranges--) {
      const clock = reader.varUint();
      const length = reader.varUint();
      if (length === 0) reader.refuse('a deletion has no length');
      const end = clock + length;
      if (end > MAX_CLOCK) reader.refuse('a clock is out of range');
      flat.push(clock, end);
    }
    const ranges = normalizeRanges(flat);
    if (ranges.length > 0) deletes.set(client, ranges);
  }
  return deletes;
}

function tooLarge(reader: ByteReader, what: string, most: number): never {
  throw new UpdateError(`there are more than ${most} ${what}`, reader.at, {
    code: 'update-too-large',
  });
}

/** Reads the clients of an update, of which none may come twice. Yjs writes them in descending order. */
class DistinctClients {
  readonly #reader: ByteReader;
  readonly #most: number;
  readonly #inOrder: number[] = [];
  /** All, once they were out of order. */
  #all: Set<number> | undefined;

  constructor(reader: ByteReader, most: number) {
    this.#reader = reader;
    this.#most = most;
  }

  /** How many follow, each of at least so many bytes. */
  count(bytes: number): number {
    const count = this.#reader.count(bytes);
    if (count > this.#most) tooLarge(this.#reader, 'clients', this.#most);
    return count;
  }

  read(): number {
    const client = this.#reader.varUint();
    const before = this.#inOrder.at(-1) ?? Infinity;
    if (this.#all === undefined && client < before) {
      this.#inOrder.push(client);
      return client;
    }
    this.#all ??= new Set(this.#inOrder);
    if (this.#all.has(client)) this.#reader.refuse(`client ${client} appears twice`);
    this.#all.add(client);
    return client;
  }
}

/** Collects the highest clock that is referred to, per client. */
class References {
  highest: StateVector = EMPTY_STATE_VECTOR;

  add(struct: Struct): void {
    this.#note(struct, struct.originClient, struct.originClock);
    this.#note(struct, struct.rightOriginClient, struct.rightOriginClock);
    this.#note(struct, struct.parentClient, struct.parentClock);
  }

  #note(struct: Struct, client: number, clock: number): void {
    if (client < 0 || client === struct.client) return;
    if ((this.highest.get(client) ?? -1) >= clock) return;
    if (this.highest === EMPTY_STATE_VECTOR) this.highest = new Map();
    (this.highest as Map<number, number>).set(client, clock);
  }
}
