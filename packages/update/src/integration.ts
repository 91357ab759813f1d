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

export function findReach(content: Content, stateVector: StateVector): Reach {
  const cursors = new Map<number, Cursor>();
  for (const run of content.runs) {
    const cursor = cursors.get(run.client);
    if (cursor === undefined) {
      cursors.set(run.client, new Cursor(run, stateVector.get(run.client) ?? 0));
    } else {
      cursor.runs.push(run);
    }
  }
  const needs = new Map<number, number>();
  for (const cursor of cursors.values()) {
    if (cursor.state === 'open') integrate(cursor, cursors, stateVector, needs);
  }
  return { reach: new Map([...cursors].map(([client, { reach }]) => [client, reach])), needs };
}

/** A client's place in the update. */
class Cursor {
  readonly runs: Run[];
  reach: number;
  /** `waiting`: for another cursor; `ended`: nothing more of it can be integrated. */
  state: 'open' | 'waiting' | 'ended' = 'open';
  /** The next struct, when `filled`. */
  readonly struct = new Struct();
  #filled = false;
  #index = 0;
  #clock: number;
  #reader: ByteReader;

  constructor(run: Run, reach: number) {
    this.runs = [run];
    this.reach = reach;
    this.#clock = run.clock;
    this.#reader = new ByteReader(run.bytes, run.from);
  }

  /** Reads the next struct that is not in the log yet; false when there is none. */
  peek(): boolean {
    while (!this.#filled) {
      const run = this.runs[this.#index];
      if (run === undefined) return false;
      if (this.#clock >= run.end || run.end <= this.reach) {
        const next = this.runs[++this.#index];
        if (next === undefined) return false;
        this.#clock = next.clock;
        this.#reader = new ByteReader(next.bytes, next.from);
        continue;
      }
      this.struct.read(this.#reader, run.client, this.#clock);
      this.#clock += this.struct.length;
      this.#filled = this.#clock > this.reach;
    }
    return true;
  }

  take(): void {
    this.reach = this.struct.clock + this.struct.length;
    this.#filled = false;
  }
}

/**
 * Integrates as much of one client as can be. What it needs of other clients is integrated first;
 * a client that is needed while it waits itself is part of a circle, and ends there.
 */
function integrate(
  first: Cursor,
  cursors: ReadonlyMap<number, Cursor>,
  stateVector: StateVector,
  needs: Map<number, number>,
): void {
  const reachOf = (client: number) => cursors.get(client)?.reach ?? stateVector.get(client) ?? 0;
  const need = (client: number, clock: number) => {
    if (clock < (needs.get(client) ?? Infinity)) needs.set(client, clock);
  };
  /** Takes structs until the clock is reached; says what stops it before. */
  const advance = (cursor: Cursor, until: number): 'reached' | 'ended' | [number, number] => {
    while (cursor.reach <= until) {
      if (!cursor.peek()) return 'ended';
      const { struct } = cursor;
      if (struct.clock > cursor.reach) return [struct.client, struct.clock - 1];
      const missing = missingReference(struct, reachOf);
      if (missing !== undefined) return missing;
      cursor.take();
    }
    return 'reached';
  };

  const stack: { cursor: Cursor; until: number }[] = [{ cursor: first, until: Infinity }];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const { cursor } = top;
    const stop = advance(cursor, top.until);
    if (stop === 'reached') {
      cursor.state = 'open';
      stack.pop();
      continue;
    }
    if (stop !== 'ended') {
      const [client, clock] = stop;
      const other = cursors.get(client);
      if (other !== undefined && other !== cursor && other.state === 'open') {
        cursor.state = 'waiting';
        stack.push({ cursor: other, until: clock });
        continue;
      }
      if (other?.state !== 'waiting') need(client, clock);
    } else if (stack.length > 1) {
      need((cursor.runs[0] as Run).client, top.until);
    }
    // Who waits for this cursor, directly or not, waits in vain.
    for (const frame of stack.splice(0)) frame.cursor.state = 'ended';
  }
}

/** The first id that a struct refers to and that is not there yet. */
function missingReference(
  struct: Struct,
  reachOf: (client: number) => number,
): [number, number] | undefined {
  const { client, originClient, rightOriginClient, parentClient } = struct;
  if (originClient >= 0 && originClient !== client && struct.originClock >= reachOf(originClient)) {
    return [originClient, struct.originClock];
  }
  if (
    rightOriginClient >= 0 &&
    rightOriginClient !== client &&
    struct.rightOriginClock >= reachOf(rightOriginClient)
  ) {
    return [rightOriginClient, struct.rightOriginClock];
  }
  if (parentClient >= 0 && parentClient !== client && struct.parentClock >= reachOf(parentClient)) {
    return [parentClient, struct.parentClock];
  }
  return undefined;
}
