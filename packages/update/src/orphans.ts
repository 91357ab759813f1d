import { ByteReader } from './byte-reader.ts';
import { type DeleteSet, includesRange } from './delete-set.ts';
import type { Run, ScannedUpdate } from './scan.ts';
import { Kind, Struct } from './struct.ts';

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

  /** Undefined where no parent was deleted, which is usual. Takes memory for all structs otherwise. */
  static of(update: ScannedUpdate): Orphans | undefined {
    const { runs, deletes } = update;
    return runs.some((run) => mayHaveOrphans(run, deletes)) ? new Orphans(update) : undefined;
  }

  private constructor({ runs, deletes }: ScannedUpdate) {
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

function mayHaveOrphans(run: Run, deletes: DeleteSet): boolean {
  for (const struct of structsOf(run)) {
    if (struct.kind === Kind.gc || hasDeletedParent(struct, deletes)) return true;
  }
  return false;
}

function columnOf(run: Run, deletes: DeleteSet): Column {
  const column: Column = { clocks: [], answers: [], likeClients: [], likeClocks: [] };
  for (const struct of structsOf(run)) {
    const [client, clock] =
      struct.originClient >= 0
        ? [struct.originClient, struct.originClock]
        : struct.rightOriginClient >= 0
          ? [struct.rightOriginClient, struct.rightOriginClock]
          : [struct.parentClient, struct.parentClock];
    const isGone = struct.kind === Kind.gc || hasDeletedParent(struct, deletes);
    column.clocks.push(struct.clock);
    column.answers.push(isGone ? YES : client < 0 ? NO : UNKNOWN);
    column.likeClients.push(client);
    column.likeClocks.push(clock);
  }
  return column;
}

function hasDeletedParent({ parentClient, parentClock }: Struct, deletes: DeleteSet): boolean {
  if (parentClient < 0) return false;
  const ranges = deletes.get(parentClient);
  return ranges !== undefined && includesRange(ranges, parentClock, parentClock + 1);
}

/** The same object again and again. */
function* structsOf(run: Run): Generator<Struct, void> {
  const reader = new ByteReader(run.bytes, run.from);
  const struct = new Struct();
  for (let clock = run.clock; clock < run.end; clock += struct.length) {
    struct.read(reader, run.client, clock);
    yield struct;
  }
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
