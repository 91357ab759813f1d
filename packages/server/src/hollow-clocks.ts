import type { Content, StateVector } from '@syncline/update';

/**
 * How many clocks an update claims beyond a state vector for which it brings no content. What is
 * typed takes at least a byte a clock; deleted and collected structs take none, so that a few bytes
 * can use up all clocks that another author has left. Honest ones are as long as what was deleted.
 */
export function hollowClocksOf({ runs }: Content, known: StateVector): number {
  let hollow = 0;
  for (const run of runs) {
    const clocks = run.end - Math.max(run.clock, known.get(run.client) ?? 0);
    hollow += Math.max(0, clocks - (run.to - run.from));
  }
  return hollow;
}
