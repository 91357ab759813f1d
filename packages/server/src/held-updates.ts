import type { Content, Held } from '@syncline/update';
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
  readonly #waiting = new Set<HeldUpdate>();
  /** Those that wait, by the clients of which they need something: looked at when that client's clocks come. */
  readonly #waitingFor = new Map<number, Set<HeldUpdate>>();
  readonly #ready = new Set<HeldUpdate>();
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
    if (this.#bytes + bytes > MAX_BYTES) this.#forgetClosed();
    return this.#bytes + bytes <= MAX_BYTES;
  }

  /** The session is asked for what is missing, now or when it is time again. */
  add(update: HeldUpdate): void {
    const { session } = update.receipt;
    this.#waiting.add(update);
    for (const client of update.held.needs.keys()) {
      const waiting = this.#waitingFor.get(client) ?? new Set();
      this.#waitingFor.set(client, waiting.add(update));
    }
    this.#count(session, bytesOf(update.held));
    if (this.#toAsk.has(session)) return;
    const wait = (this.#askedAt.get(session) ?? -Infinity) + ASK_EVERY_MS - performance.now();
    this.#toAsk.add(session);
    if (wait <= 0) this.#askNow(session);
    else setTimeout(() => this.#askNow(session), wait).unref();
  }

  /** The log has these runs now. */
  arrived({ runs }: Pick<Content, 'runs'>): void {
    if (this.#waitingFor.size === 0) return;
    for (const { client, end } of runs) {
      for (const update of this.#waitingFor.get(client) ?? []) {
        if (end > (update.held.needs.get(client) ?? Infinity)) this.#ready.add(update);
      }
    }
  }

  /** Takes out what something that was missing has come for. */
  takeReady(): HeldUpdate[] {
    const ready = [...this.#ready];
    for (const update of ready) this.#remove(update);
    return ready;
  }

  #askNow(session: Session): void {
    this.#toAsk.delete(session);
    if (!session.isOpen || (this.#bytesOf.get(session) ?? 0) === 0) return;
    this.#askedAt.set(session, performance.now());
    this.#ask(session);
  }

  #forgetClosed(): void {
    for (const update of this.#waiting) {
      if (!update.receipt.session.isOpen) this.#remove(update);
    }
  }

  #remove(update: HeldUpdate): void {
    const { held, receipt } = update;
    this.#waiting.delete(update);
    this.#ready.delete(update);
    for (const client of held.needs.keys()) {
      const waiting = this.#waitingFor.get(client);
      waiting?.delete(update);
      if (waiting?.size === 0) this.#waitingFor.delete(client);
    }
    this.#count(receipt.session, -bytesOf(held));
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
