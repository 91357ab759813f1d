import { setImmediate as turn } from 'node:timers/promises';
import {
  type Content,
  collect,
  coverageOf,
  join,
  type ScannedUpdate,
  scan,
  UpdateError,
} from '@syncline/update';
import { type ReadLog, readStoredLog, type StoredLog } from '../stored-log.ts';

/** A log, merged. */
export interface Merged {
  /** The whole state as one update, with what was deleted collected as garbage. */
  readonly checkpoint: Uint8Array;
  /** Which of the entries could not be used, or not all of them: the checkpoint is without the rest. */
  readonly setAside: readonly number[];
}

/** So many updates are read in a step of {@link compactInSteps}. */
const UPDATES_A_STEP = 64;

/** Who merges beside other work does so for this long, in milliseconds, and lets the others have their turn. */
const TURN_MS = 4;

/**
 * Merges a document's log.
 * @throws Error when the old checkpoint cannot be read (there is nothing to stand on then), or the new one does
 *   not cover what went in.
 */
export function compact(log: StoredLog): Merged {
  const steps = compactInSteps(log);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** Does what {@link compact} does, and lets others have their turn meanwhile. */
export async function compactInTurns(log: StoredLog): Promise<Merged> {
  const steps = compactInSteps(log);
  for (let turnEnd = performance.now() + TURN_MS; ; ) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (performance.now() < turnEnd) continue;
    await turn();
    turnEnd = performance.now() + TURN_MS;
  }
}

/** What can be used of a log, each update and as one. */
interface Joined {
  readonly contents: readonly Content[];
  readonly all: ScannedUpdate;
  readonly unusable: readonly number[];
}

function* compactInSteps(log: StoredLog): Generator<void, Merged> {
  const { contents, all, unusable } = (yield* joinAll(log)) ?? joinUsable(log);
  yield;
  const checkpoint = collect(all).bytes;
  yield;
  // Read again from its bytes, so that a fault in what made them is noticed.
  const covered = coverageOf([scan(checkpoint)]);
  if (!contents.every((content) => covered.covers(content))) {
    throw new Error('the checkpoint does not cover the log');
  }
  return { checkpoint, setAside: unusable };
}

/** All of a log; undefined when something cannot be read, or is missing. */
function* joinAll({ checkpoint, entries }: StoredLog): Generator<void, Joined | undefined> {
  const contents: Content[] = [];
  try {
    if (checkpoint !== undefined) contents.push(scan(checkpoint));
    for (const [index, entry] of entries.entries()) {
      contents.push(scan(entry));
      if (index % UPDATES_A_STEP === UPDATES_A_STEP - 1) yield;
    }
  } catch (error) {
    if (error instanceof UpdateError) return undefined;
    throw error;
  }
  yield;
  const all = join(contents);
  return all !== undefined && isWhole(all) ? { contents, all, unusable: [] } : undefined;
}

/** Whether each client begins at clock 0, and all is there that is referred to or deleted. */
function isWhole({ runs, references, deletes }: ScannedUpdate): boolean {
  const ends = new Map<number, number>();
  for (const { client, clock, end } of runs) {
    if (clock > 0) return false;
    ends.set(client, end);
  }
  const reach = (client: number) => ends.get(client) ?? 0;
  for (const [client, clock] of references) if (clock >= reach(client)) return false;
  for (const [client, ranges] of deletes) {
    if ((ranges.at(-1) as number) > reach(client)) return false;
  }
  return true;
}

function joinUsable(log: StoredLog): Joined {
  const { contents, unreadable } = readUsable(log);
  const all = join(contents);
  if (all === undefined) throw new Error('what can be read of the log leaves a gap');
  return { contents, all, unusable: unreadable };
}

function readUsable(log: StoredLog): ReadLog {
  try {
    return readStoredLog(log);
  } catch (cause) {
    // The document is at fault, and not the store.
    throw new Error('the stored checkpoint cannot be read', { cause });
  }
}
