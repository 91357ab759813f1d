import type { Content } from '@syncline/update';

/**
 * For how many clocks a content brings nothing. What is typed takes at least a byte a clock; deleted
 * and collected structs take none, so that a few bytes can use up all clocks that another author has
 * left. Honest ones are as long as what was deleted.
 * @param content what is new of an update: what is known does not make up for what is hollow.
 */
export function hollowClocksOf({ runs }: Content): number {
  return runs.reduce(
    (hollow, run) => hollow + Math.max(0, run.end - run.clock - (run.to - run.from)),
    0,
  );
}
