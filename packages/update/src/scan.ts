import { ByteReader } from './byte-reader.ts';
import { type DeleteSet, EMPTY_DELETE_SET, normalizeRanges, type Ranges } from './delete-set.ts';
import { EMPTY_STATE_VECTOR, MAX_CLOCK, type StateVector } from './state-vector.ts';
import { Kind, Struct } from './struct.ts';

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
 * @throws UpdateError
 */
export function scan(bytes: Uint8Array): ScannedUpdate {
  const reader = new ByteReader(bytes);
  const struct = new Struct();
  const runs: Run[] = [];
  const references = new References();
  const seen = reader.bytes[0] === 1 ? undefined : new Set<number>();
  for (let left = reader.count(SECTION_BYTES); left > 0; left--) {
    const count = reader.count(2);
    const client = reader.varUint();
    if (seen?.has(client)) reader.refuse(`client ${client} appears twice`);
    seen?.add(client);
    readSection(reader, struct, { client, count }, runs, references);
  }
  const deletes = readDeleteSet(reader);
  if (reader.at !== bytes.length) reader.refuse('bytes follow the update');
  return { bytes, runs, deletes, references: references.highest };
}

function readSection(
  reader: ByteReader,
  struct: Struct,
  section: { client: number; count: number },
  runs: Run[],
  references: References,
): void {
  const { client } = section;
  const { bytes } = reader;
  let clock = reader.varUint();
  if (clock > MAX_CLOCK) reader.refuse('a clock is out of range');
  let start = clock;
  let from = reader.at;
  let count = 0;
  let lastClock = 0;
  let lastFrom = 0;
  const endRun = (to: number) => {
    if (count === 0) return;
    runs.push({ client, clock: start, end: clock, count, bytes, from, to, lastClock, lastFrom });
  };
  for (let left = section.count; left > 0; left--) {
    struct.read(reader, client, clock);
    if (struct.kind === Kind.skip) {
      endRun(struct.from);
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
  endRun(reader.at);
}

function readDeleteSet(reader: ByteReader): DeleteSet {
  const clients = reader.count(2);
  if (clients === 0) return EMPTY_DELETE_SET;
  const deletes = new Map<number, Ranges>();
  const seen = new Set<number>();
  for (let left = clients; left > 0; left--) {
    const client = reader.varUint();
    if (seen.has(client)) reader.refuse(`client ${client} appears twice`);
    seen.add(client);
    const flat: number[] = [];
    for (let ranges = reader.count(2); ranges > 0; ranges--) {
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
