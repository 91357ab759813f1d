import type { Held, StateVector } from '@syncline/update';
import type { Receipt } from './receipt.ts';
import type { Session } from './session.ts';

/** A client is asked for what is missing at most each so many milliseconds. */
const ASK_EVERY_MS = 5_000;
/** What lies behind gaps may not take more than this in a room, whoever sent it. */
const MAX_BYTES = 8 * 1024 * 1024;

/** What of an update lies behind a gap. */
export interface HeldUpdate {
  readonly held: Held;
  readonly receipt: Receipt;
}

/**
 * Updates of a room that lie behind a gap. They are not in the log, not acknowledged and shown to
 * nobody: their sender still has them, and sends them again when it is asked or reconnects.
 */
export class HeldUpdates {
  #waiting: HeldUpdate[] = [];
  #bytes = 0;
  readonly #bytesOf = new WeakMap<Session, number>();
  readonly #asked = new WeakMap<Session, number>();

  /** How many bytes of structs wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a session may have so many bytes more waiting, of which it has at most `limit`. */
  hasRoomFor(session: Session, bytes: number, limit: number): boolean {
    if ((this.#bytesOf.get(session) ?? 0) + bytes > limit) return false;
    if (this.#bytes + bytes > MAX_BYTES) this.#takeOut(({ receipt }) => !receipt.session.isOpen);
    return this.#bytes + bytes <= MAX_BYTES;
  }

  /** True when it is time to ask the session for what is missing. */
  add(update: HeldUpdate): boolean {
    const { session } = update.receipt;
    this.#waiting.push(update);
    this.#count(session, bytesOf(update.held));
    const now = performance.now();
    if (now - (this.#asked.get(session) ?? -Infinity) < ASK_EVERY_MS) return false;
    this.#asked.set(session, now);
    return true;
  }

  /** Takes out what something that was missing has come for. */
  takeReady(stateVector: StateVector): HeldUpdate[] {
    if (this.#waiting.length === 0) return [];
    return this.#takeOut(({ held }) =>
      [...held.needs].some(([client, at]) => (stateVector.get(client) ?? 0) > at),
    );
  }

  #takeOut(condition: (update: HeldUpdate) => boolean): HeldUpdate[] {
    const out = this.#waiting.filter(condition);
    if (out.length > 0) this.#waiting = this.#waiting.filter((update) => !condition(update));
    for (const { held, receipt } of out) this.#count(receipt.session, -bytesOf(held));
    return out;
  }

  #count(session: Session, bytes: number): void {
    this.#bytes += bytes;
    this.#bytesOf.set(session, (this.#bytesOf.get(session) ?? 0) + bytes);
  }
}

/** What a piece takes besides its structs, and a bound of a deleted range. */
const PIECE_BYTES = 100;
const BOUND_BYTES = 8;

/** About how much memory something takes that is held. */
export function bytesOf({ runs, deletes }: Held): number {
  let bytes = PIECE_BYTES;
  for (const run of runs) bytes += run.to - run.from;
  for (const ranges of deletes.values()) bytes += ranges.length * BOUND_BYTES;
  return bytes;
}
