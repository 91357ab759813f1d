import type { Run } from './scan.ts';

/** Where in a run a struct begins, or where the run ends. */
export interface Place {
  /** The clock there. */
  clock: number;
  /** The byte position in the run's bytes. */
  at: number;
  /** How many structs of the run come before. */
  count: number;
}

/** How many structs lie between two places that are kept: what a cut walks at most. */
const STEP = 256;

/** Runs of at most so many structs are walked from their start: that takes some 100 µs. */
const WALKED = 4 * STEP;

/**
 * Places in a long run, each {@link STEP} structs, so that a cut need not walk from the start again for each reader.
 * They are noted by walks that pass there anyway. A place takes 16 bytes, so that an index takes at
 * most 3 % of its run (structs have 2 bytes at least), and of typed text much less than 1 %.
 */
export class RunIndex {
  readonly #clocks: number[];
  readonly #offsets: number[];

  constructor(run: Run) {
    this.#clocks = [run.clock];
    this.#offsets = [run.from];
  }

  /** The last known place whose clock is not past this one; the run's start when all are. */
  before(clock: number): Place {
    let low = 0;
    let high = this.#clocks.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if ((this.#clocks[middle] as number) <= clock) low = middle;
      else high = middle;
    }
    return {
      clock: this.#clocks[low] as number,
      at: this.#offsets[low] as number,
      count: low * STEP,
    };
  }

  /** Remembers a place that a walk has come to, if it is the next that is to be kept. */
  note(place: Place): void {
    if (place.count !== this.#clocks.length * STEP) return;
    this.#clocks.push(place.clock);
    this.#offsets.push(place.at);
  }
}

/** An index lives as long as its run. */
const indexes = new WeakMap<Run, RunIndex>();

/** The index of a run that is long enough to need one. */
export function indexOf(run: Run): RunIndex | undefined {
  if (run.count <= WALKED) return undefined;
  let index = indexes.get(run);
  if (index === undefined) {
    index = new RunIndex(run);
    indexes.set(run, index);
  }
  return index;
}
