import { clamp, type ScannedUpdate, type StateVector, stateVectorKey } from '@syncline/update';
import { Delivery } from './delivery.ts';
import { type DocumentLog, joinLog } from './document-log.ts';

/** Answers to so many different state vectors are kept… */
const MAX_KEPT = 16;
/** …for so long: a storm of joins is over then, and the memory is wanted elsewhere. */
const KEEP_MS = 2_000;

/** What a client that joins is to be sent, in this order: then it has all that is committed. */
export interface Answer {
  /** What was committed after the base; absent when the client has it. */
  readonly recent: Delivery<Uint8Array> | undefined;
  /** What the client lacks of the base. "Synced" is said with this, so that it means all. */
  readonly missing: Delivery<Uint8Array>;
}

/**
 * Answers joins, and shares the work: the answer is made for the log's base, which stays while
 * people edit, and a state vector without what the log does not know, and is kept for a while.
 */
export class Answers {
  readonly #log: DocumentLog;
  #base: ScannedUpdate | undefined;
  readonly #kept = new Map<string, { readonly answer: Answer; readonly recentCount: number }>();
  #timer: NodeJS.Timeout | undefined;

  constructor(log: DocumentLog) {
    this.#log = log;
  }

  /** What a client with this state vector lacks. */
  for(stateVector: StateVector): Answer {
    const { base, recent } = this.#log;
    if (base !== this.#base) this.#kept.clear();
    this.#base = base;
    const known = clamp(stateVector, this.#log.committedStateVector);
    const key = stateVectorKey(known);
    const kept = this.#kept.get(key);
    if (kept?.recentCount === recent.length) return kept.answer;
    const answer = {
      recent: missingOfRecent(recent, known),
      missing: kept?.answer.missing ?? new Delivery(missingOfBase(base, known)),
    };
    this.#keep(key, answer, recent.length);
    return answer;
  }

  #keep(key: string, answer: Answer, recentCount: number): void {
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(key, { answer, recentCount });
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#kept.clear();
    }, KEEP_MS).unref();
  }
}

function missingOfBase(base: ScannedUpdate, known: StateVector): Uint8Array {
  return known.size === 0 ? base.bytes : joinLog([base], known).bytes;
}

function missingOfRecent(
  recent: DocumentLog['recent'],
  known: StateVector,
): Delivery<Uint8Array> | undefined {
  if (recent.length === 0) return undefined;
  const update = joinLog(recent, known);
  if (update.runs.length === 0 && update.deletes.size === 0) return undefined;
  return new Delivery(update.bytes);
}
