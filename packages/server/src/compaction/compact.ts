import { setImmediate as turn } from 'node:timers/promises';
import {
  type Content,
  collect,
  concatenate,
  coverageOf,
  type ScannedUpdate,
  scan,
  UpdateError,
} from '@syncline/update';
import { type ReadLog, readStoredLog, type StoredLog } from '../stored-log.ts';

/** A log, merged. */
export interface Merged {
  /** The whole state as one update, with what was deleted collected as garbage. */
  readonly checkpoint: Uint8Array;
  /** Which of the entries could not be used; the checkpoint is without them. */
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

function* compactInSteps(log: StoredLog): Generator<void, Merged> {
  let all = yield* joinAll(log);
  let setAside: readonly number[] = [];
  if (all === undefined) {
    const { contents, unreadable } = readUsable(log);
    all = joinWithoutGap(contents);
    setAside = unreadable;
  }
  if (all === undefined) throw new Error('what can be read of the log leaves a gap');
  yield;
  const checkpoint = collect(all).bytes;
  yield;
  // Read again from its bytes, so that a fault in what made them is noticed.
  if (!coverageOf([scan(checkpoint)]).covers(all)) {
    throw new Error('the checkpoint does not cover the log');
  }
  return { checkpoint, setAside };
}

/** All that a log says; undefined when something cannot be read, or is missing. */
function* joinAll({ checkpoint, entries }: StoredLog): Generator<void, ScannedUpdate | undefined> {
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
  return joinWithoutGap(contents);
}

/** Undefined when clocks are missing, or something that is referred to. */
function joinWithoutGap(contents: readonly Content[]): ScannedUpdate | undefined {
  const [all, ...behindGap] = concatenate(contents);
  if (behindGap.length > 0) return undefined;
  const ends = new Map(all.runs.map(({ client, end }) => [client, end]));
  for (const run of all.runs) if (run.clock > 0) return undefined;
  for (const [client, clock] of all.references) {
    if (clock >= (ends.get(client) ?? 0)) return undefined;
  }
  return all;
}

function readUsable(log: StoredLog): ReadLog {
  try {
    return readStoredLog(log);
  } catch (cause) {
    // The document is at fault, and not the store.
    throw new Error('the stored checkpoint cannot be read', { cause });
  }
}
