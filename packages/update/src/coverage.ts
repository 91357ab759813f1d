import { cutRun } from './cut.ts';
import {
  addRanges,
  type DeleteSet,
  EMPTY_DELETE_SET,
  includesRange,
  type Ranges,
  subtractRanges,
} from './delete-set.ts';
import { findReach, fits, type Reach } from './integration.ts';
import type { Content, Run } from './scan.ts';
import { EMPTY_STATE_VECTOR, type StateVector } from './state-vector.ts';

/** What becomes of an update that meets a log. */
export interface Admission {
  /** What the log does not have and can take now; undefined when there is nothing new. */
  readonly news: Content | undefined;
  /** What must wait until something that is missing has come; undefined when nothing must. */
  readonly held: Held | undefined;
}

/** The part of an update that lies behind a gap. */
export interface Held extends Content {
  /** Missing clocks, by client. As long as the log covers none of them, the content stays held. */
  readonly needs: StateVector;
}

/**
 * What a log of updates covers: its state vector and delete set. The log has no gaps: everything in
 * it can be integrated, and nothing is in it twice.
 */
export class Coverage {
  readonly #stateVector = new Map<number, number>();
  readonly #deletes = new Map<number, number[]>();
  #deletedRanges = 0;

  get stateVector(): StateVector {
    return this.#stateVector;
  }

  get deletes(): DeleteSet {
    return this.#deletes;
  }

  /** How many ranges the deletions are. */
  get deletedRanges(): number {
    return this.#deletedRanges;
  }

  /** Whether every struct and deletion of the content is there already. */
  covers(content: Content): boolean {
    for (const run of content.runs) {
      if (run.end > this.#reach(run.client)) return false;
    }
    for (const [client, ranges] of content.deletes) {
      const known = this.#deletes.get(client) ?? [];
      for (let i = 0; i < ranges.length; i += 2) {
        if (!includesRange(known, ranges[i] as number, ranges[i + 1] as number)) return false;
      }
    }
    return true;
  }

  /** Divides an update into what is new and what must wait; what is known falls out. */
  admit(content: Content): Admission {
    const found = fits(content, this.#stateVector)
      ? undefined
      : findReach(content, this.#stateVector);
    let same = content.runs.length > 0 || content.deletes.size > 0; // as long as the news are the whole content
    const news: Run[] = [];
    const held: Run[] = [];
    for (const run of content.runs) {
      const since = this.#reach(run.client);
      const until = found === undefined ? run.end : (found.reach.get(run.client) ?? since);
      if (run.clock >= since && run.end <= until) {
        news.push(run);
        continue;
      }
      same = false;
      news.push(...cutRun(run, since, Math.min(until, run.end)));
      held.push(...cutRun(run, Math.max(since, until)));
    }
    const deletes = this.#divideDeletes(content, found);
    same &&= deletes.same;
    const { references } = content;
    const { needs } = deletes;
    return {
      news: same ? content : contentOf({ runs: news, deletes: deletes.news, references }),
      held: contentOf({ runs: held, deletes: deletes.held, references, needs }),
    };
  }

  /** Takes note of news that were appended to the log. */
  add(news: Content): void {
    for (const run of news.runs) {
      if (run.end > this.#reach(run.client)) this.#stateVector.set(run.client, run.end);
    }
    for (const [client, ranges] of news.deletes) {
      const known = this.#deletes.get(client) ?? [];
      const before = known.length;
      const all = addRanges(known, ranges);
      this.#deletedRanges += (all.length - before) / 2;
      this.#deletes.set(client, all);
    }
  }

  #reach(client: number): number {
    return this.#stateVector.get(client) ?? 0;
  }

  /** @param found how far the update reaches; undefined when all of its runs fit. */
  #divideDeletes({ runs, deletes }: Content, found: Reach | undefined): DividedDeletes {
    if (deletes.size === 0 && found === undefined) return NO_DELETES;
    const reach = found?.reach ?? new Map(runs.map((run) => [run.client, run.end]));
    const needs = found?.needs ?? new Map<number, number>();
    const news = new Map<number, Ranges>();
    const held = new Map<number, Ranges>();
    let same = true;
    for (const [client, ranges] of deletes) {
      const until = Math.max(reach.get(client) ?? 0, this.#reach(client));
      const known = this.#deletes.get(client) ?? [];
      const newRanges: number[] = [];
      const heldRanges: number[] = [];
      for (let i = 0; i < ranges.length; i += 2) {
        const start = ranges[i] as number;
        const end = ranges[i + 1] as number;
        if (start < until) subtractRanges(start, Math.min(end, until), known, newRanges);
        if (end > until) heldRanges.push(Math.max(start, until), end);
      }
      if (newRanges.length > 0) news.set(client, newRanges);
      if (heldRanges.length > 0) {
        held.set(client, heldRanges);
        needs.set(client, Math.min(needs.get(client) ?? Infinity, heldRanges[0] as number));
      }
      same &&=
        newRanges.length === ranges.length && newRanges.every((bound, i) => bound === ranges[i]);
    }
    return { news, held, needs, same };
  }
}

/** Deletions that are new and that must wait; `same` when all are new. */
interface DividedDeletes {
  readonly news: DeleteSet;
  readonly held: DeleteSet;
  /** As of a {@link Held}, for runs as well. */
  readonly needs: StateVector;
  readonly same: boolean;
}

const NO_DELETES: DividedDeletes = {
  news: EMPTY_DELETE_SET,
  held: EMPTY_DELETE_SET,
  needs: EMPTY_STATE_VECTOR,
  same: true,
};

function contentOf<C extends Content>(content: C): C | undefined {
  return content.runs.length > 0 || content.deletes.size > 0 ? content : undefined;
}

/** The coverage of a log that consists of these updates. */
export function coverageOf(contents: readonly Content[]): Coverage {
  const coverage = new Coverage();
  for (const content of contents) coverage.add(content);
  return coverage;
}
