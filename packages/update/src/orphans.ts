import { ByteReader } from './byte-reader.ts';
import type { DeleteSet } from './delete-set.ts';
import type { Run, ScannedUpdate } from './scan.ts';
import { Kind, Struct } from './struct.ts';
import { hasDeletedParent } from './survey.ts';

const UNKNOWN = 0;
const NO = 1;
const YES = 2;

/** The structs of a client: by place, where each begins, whether its parent is gone, and what says so. */
interface Column {
  readonly clocks: number[];
  readonly answers: (typeof UNKNOWN | typeof NO | typeof YES)[];
  /** A struct that shares its answer: that before or behind it, or its parent. */
  readonly likeClients: number[];
  readonly likeClocks: number[];
}

/**
 * The structs of an update whose parent was deleted, or the parent of that one. Most structs do not name their parent:
 * it is that of the one before or behind them (yjs 13.6, Item.js `getMissing`).
 */
export class Orphans {
  readonly #columns = new Map<number, Column>();

  /** Takes memory for all structs. */
  constructor({ runs, deletes }: ScannedUpdate) {
    for (const run of runs) this.#columns.set(run.client, columnOf(run, deletes));
  }

  /** Whether the struct at this clock is one. */
  has(client: number, clock: number): boolean {
    const path: [Column, number][] = [];
    let answer: typeof NO | typeof YES = NO;
    for (let next: [number, number] = [client, clock]; ; ) {
      const column = this.#columns.get(next[0]);
      if (column === undefined) break;
      const place = lastNotAfter(column.clocks, next[1]);
      const known = column.answers[place];
      if (known === undefined) break;
      if (known !== UNKNOWN) {
        answer = known;
        break;
      }
      column.answers[place] = NO; // where bytes of an attacker go round in a circle
      path.push([column, place]);
      next = [column.likeClients[place] as number, column.likeClocks[place] as number];
    }
    for (const [column, place] of path) column.answers[place] = answer;
    return answer === YES;
  }
}

function columnOf(run: Run, deletes: DeleteSet): Column {
  const column: Column = { clocks: [], answers: [], likeClients: [], likeClocks: [] };
  const reader = new ByteReader(run.bytes, run.from);
  const struct = new Struct();
  for (let clock = run.clock; clock < run.end; clock += struct.length) {
    struct.readOf(run, reader, clock);
    const [likeClient, likeClock] =
      struct.originClient >= 0
        ? [struct.originClient, struct.originClock]
        : struct.rightOriginClient >= 0
          ? [struct.rightOriginClient, struct.rightOriginClock]
          : [struct.parentClient, struct.parentClock];
    const isGone = struct.kind === Kind.gc || hasDeletedParent(struct, deletes);
    column.clocks.push(struct.clock);
    column.answers.push(isGone ? YES : likeClient < 0 ? NO : UNKNOWN);
    column.likeClients.push(likeClient);
    column.likeClocks.push(likeClock);
  }
  return column;
}

function lastNotAfter(clocks: readonly number[], clock: number): number {
  let low = 0;
  let high = clocks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((clocks[middle] as number) <= clock) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
