import { ByteReader } from './byte-reader.ts';
import type { Content, Run } from './scan.ts';
import type { StateVector } from './state-vector.ts';
import { Struct } from './struct.ts';

/**
 * How far each client of an update can be integrated into a log, struct by struct, as Yjs would do
 * it (StructStore.js `integrateStructs`): a struct waits for the clock before its own and for what it refers to.
 */
export interface Reach {
  /** For each client of the update, the clock up to which its structs are, or can be, in the log. */
  readonly reach: ReadonlyMap<number, number>;
  /** Clocks that are missing, by client: until one of them comes, asking again gives the same answer. */
  readonly needs: Map<number, number>;
}

/** Gets each struct, and the bytes that it was read from. The struct is another one after the call. */
export type Visit = (struct: Struct, bytes: Uint8Array) => void;

/** Whether the update follows the log without a gap: the usual case, found without a look at structs. */
export function fits({ runs, references }: Content, stateVector: StateVector): boolean {
  for (const [client, clock] of references) {
    if (clock >= (stateVector.get(client) ?? 0)) return false;
  }
  let client = -1;
  let next = 0;
  for (const run of runs) {
    if (run.client !== client) next = stateVector.get(run.client) ?? 0;
    if (run.clock > next) return false;
    client = run.client;
    next = Math.max(next, run.end);
  }
  return true;
}

/**
 * @param visit is called for each struct that can be integrated and is not in the log yet, after those
 *   that it refers to.
 */
export function findReach(content: Content, stateVector: StateVector, visit?: Visit): Reach {
  const integration = new Integration(content, stateVector, visit);
  integration.run();
  return integration;
}

/** A client's place in the update. */
class Cursor {
  readonly client: number;
  reach: number;
  /** `waiting`: for another cursor; `ended`: nothing more of it can be integrated. */
  state: 'open' | 'waiting' | 'ended' = 'open';
  #run: Run;
  /** The runs after that one; most clients have one. */
  #rest: Run[] | undefined;
  /** Where the next struct begins. */
  #clock: number;
  #at: number;
  #next = 0;

  constructor(run: Run, reach: number) {
    this.client = run.client;
    this.reach = reach;
    this.#run = run;
    this.#clock = run.clock;
    this.#at = run.from;
  }

  add(run: Run): void {
    if (this.#rest === undefined) this.#rest = [run];
    else this.#rest.push(run);
  }

  /** The bytes that the next struct stands in. */
  get bytes(): Uint8Array {
    return this.#run.bytes;
  }

  /** Reads the next struct that is not in the log yet; false when there is none. */
  peek(struct: Struct): boolean {
    for (;;) {
      if (this.#clock >= this.#run.end || this.#run.end <= this.reach) {
        const next = this.#rest?.[this.#next++];
        if (next === undefined) return false;
        this.#run = next;
        this.#clock = next.clock;
        this.#at = next.from;
        continue;
      }
      struct.readOf(this.#run, new ByteReader(this.#run.bytes, this.#at), this.#clock);
      if (this.#clock + struct.length > this.reach) return true;
      this.#clock += struct.length;
      this.#at = struct.to;
    }
  }

  /** The struct that was read last is integrated. */
  take({ to, clock, length }: Struct): void {
    this.#at = to;
    this.reach = this.#clock = clock + length;
  }
}

class Integration implements Reach {
  readonly reach = new Map<number, number>();
  readonly needs = new Map<number, number>();
  readonly #cursors = new Map<number, Cursor>();
  readonly #stateVector: StateVector;
  readonly #visit: Visit | undefined;
  /** The one that was read last. */
  readonly #struct = new Struct();

  constructor({ runs }: Content, stateVector: StateVector, visit: Visit | undefined) {
    this.#stateVector = stateVector;
    this.#visit = visit;
    for (const run of runs) {
      const cursor = this.#cursors.get(run.client);
      if (cursor !== undefined) cursor.add(run);
      else this.#cursors.set(run.client, new Cursor(run, stateVector.get(run.client) ?? 0));
    }
  }

  run(): void {
    for (const cursor of this.#cursors.values()) {
      if (cursor.state === 'open') this.#integrate(cursor);
    }
    for (const [client, { reach }] of this.#cursors) this.reach.set(client, reach);
  }

  /**
   * Integrates as much of one client as can be. What it needs of other clients is integrated first;
   * a client that is needed while it waits itself is part of a circle, and ends there.
   */
  #integrate(first: Cursor): void {
    const stack: { cursor: Cursor; until: number }[] = [{ cursor: first, until: Infinity }];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const { cursor } = top;
      const stop = this.#advance(cursor, top.until);
      if (stop === 'reached') {
        cursor.state = 'open';
        stack.pop();
        continue;
      }
      if (stop !== 'ended') {
        const [client, clock] = stop;
        const other = this.#cursors.get(client);
        if (other !== undefined && other !== cursor && other.state === 'open') {
          cursor.state = 'waiting';
          stack.push({ cursor: other, until: clock });
          continue;
        }
        if (other?.state !== 'waiting') this.#need(client, clock);
      } else if (stack.length > 1) {
        this.#need(cursor.client, top.until);
      }
      // Clients that wait for this one, directly or not, wait in vain.
      for (const frame of stack.splice(0)) frame.cursor.state = 'ended';
    }
  }

  /** Takes structs until the clock is reached; says what stops it before. */
  #advance(cursor: Cursor, until: number): 'reached' | 'ended' | [number, number] {
    const struct = this.#struct;
    while (cursor.reach <= until) {
      if (!cursor.peek(struct)) return 'ended';
      if (struct.clock > cursor.reach) return [struct.client, struct.clock - 1];
      const missing = this.#missingReference();
      if (missing !== undefined) return missing;
      this.#visit?.(struct, cursor.bytes);
      cursor.take(struct);
    }
    return 'reached';
  }

  /** The first id that the struct refers to and that is not there yet. */
  #missingReference(): [number, number] | undefined {
    const { originClient, originClock, rightOriginClient, rightOriginClock } = this.#struct;
    const { parentClient, parentClock } = this.#struct;
    if (this.#isMissing(originClient, originClock)) return [originClient, originClock];
    if (this.#isMissing(rightOriginClient, rightOriginClock)) {
      return [rightOriginClient, rightOriginClock];
    }
    return this.#isMissing(parentClient, parentClock) ? [parentClient, parentClock] : undefined;
  }

  #isMissing(client: number, clock: number): boolean {
    if (client < 0 || client === this.#struct.client) return false;
    return clock >= (this.#cursors.get(client)?.reach ?? this.#stateVector.get(client) ?? 0);
  }

  #need(client: number, clock: number): void {
    if (clock < (this.needs.get(client) ?? Infinity)) this.needs.set(client, clock);
  }
}
