import type { Counts } from './counters.ts';

/** The most that each case may count, a piece of its work. */
export type Bounds = Readonly<Record<string, Counts>>;

export interface Excess {
  readonly case: string;
  readonly count: keyof Counts;
  readonly value: number;
  readonly bound: number;
}

/** Counts beyond their bounds. What has no bound is beyond it. */
export function excesses(name: string, counts: Counts, bounds: Bounds): readonly Excess[] {
  return keysOf(counts).flatMap((count) => {
    const value = counts[count];
    const bound = bounds[name]?.[count] ?? Number.NaN;
    return value <= bound ? [] : [{ case: name, count, value, bound }];
  });
}

/** Bounds that these counts, and what differs from run to run, stay within. */
export function boundsFor(counts: Counts): Counts {
  const bounds = keysOf(counts).map((key) => [key, roundUp(counts[key] * SLACK[key])] as const);
  return Object.fromEntries(bounds) as Record<keyof Counts, number>;
}

/**
 * A burst sometimes falls into two commits, which makes more frames of the same bytes; how much is
 * allocated depends a little on what was compiled when.
 */
const SLACK: Counts = {
  framesOut: 1.6,
  bytesOut: 1.25,
  writes: 1.6,
  commits: 1.6,
  allocated: 1.5,
};

function keysOf(counts: Counts): readonly (keyof Counts)[] {
  return Object.keys(counts) as (keyof Counts)[];
}

/** To three digits. */
function roundUp(value: number): number {
  if (value <= 0) return 0;
  const step = 10 ** (Math.floor(Math.log10(value)) - 2);
  return Number((Math.ceil(value / step) * step).toPrecision(3));
}
