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
  readonly #askedAt = new WeakMap<Session, number>();
  /** Sessions that are asked as soon as it is time again. */
  readonly #toAsk = new WeakSet<Session>();
  readonly #ask: (session: Session) => void;

  /** @param ask asks an open session for what is missing. */
  constructor(ask: (session: Session) => void) {
    this.#ask = ask;
  }

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

  /** The session is asked for what is missing, now or when it is time again. */
  add(update: HeldUpdate): void {
    const { session } = update.receipt;
    this.#waiting.push(update);
    this.#count(session, bytesOf(update.held));
    if (this.#toAsk.has(session)) return;
    const wait = (this.#askedAt.get(session) ?? -Infinity) + ASK_EVERY_MS - performance.now();
    this.#toAsk.add(session);
    if (wait <= 0) this.#askNow(session);
    else setTimeout(() => this.#askNow(session), wait).unref();
  }

  /** Takes out what something that was missing has come for. */
  takeReady(stateVector: StateVector): HeldUpdate[] {
    if (this.#waiting.length === 0) return [];
    return this.#takeOut(({ held }) =>
      [...held.needs].some(([client, at]) => (stateVector.get(client) ?? 0) > at),
    );
  }

  #askNow(session: Session): void {
    this.#toAsk.delete(session);
    if (!session.isOpen || (this.#bytesOf.get(session) ?? 0) === 0) return;
    this.#askedAt.set(session, performance.now());
    this.#ask(session);
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

/** What a piece takes besides its structs; a run or a client's deletions; a client in a map; a bound. */
const PIECE_BYTES = 500;
const PART_BYTES = 150;
const CLIENT_BYTES = 50;
const BOUND_BYTES = 8;

/** About how much memory something takes that is held. */
export function bytesOf({ runs, deletes, needs, references }: Held): number {
  let bytes = PIECE_BYTES + (runs.length + deletes.size) * PART_BYTES;
  bytes += (needs.size + references.size) * CLIENT_BYTES;
  for (const run of runs) bytes += run.to - run.from;
  for (const ranges of deletes.values()) bytes += ranges.length * BOUND_BYTES;
  return bytes;
}
