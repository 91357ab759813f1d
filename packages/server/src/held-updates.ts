import type { Held, StateVector } from '@syncline/update';
import type { Session } from './session.ts';

/** A client is asked for what is missing at most each so many milliseconds. */
const ASK_EVERY_MS = 5_000;
/** What lies behind a gap may not take more than this in a room; the oldest goes first. */
const MAX_BYTES = 1024 * 1024;

interface Waiting {
  readonly session: Session;
  readonly held: Held;
  readonly bytes: number;
}

/**
 * Updates of a room that lie behind a gap. They are not in the log, not acknowledged and shown to
 * nobody: their sender still has them, and sends them again when it is asked or reconnects.
 */
export class HeldUpdates {
  #waiting: Waiting[] = [];
  #bytes = 0;
  readonly #asked = new WeakMap<Session, number>();

  /** How many bytes of structs wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True when it is time to ask the session for what is missing. */
  add(session: Session, held: Held): boolean {
    const bytes = held.runs.reduce((sum, run) => sum + run.to - run.from, 0);
    this.#waiting.push({ session, held, bytes });
    this.#bytes += bytes;
    while (this.#bytes > MAX_BYTES) this.#bytes -= this.#waiting.shift()?.bytes ?? 0;
    const now = performance.now();
    if (now - (this.#asked.get(session) ?? -Infinity) < ASK_EVERY_MS) return false;
    this.#asked.set(session, now);
    return true;
  }

  /** Takes out what something that was missing has come for. */
  takeReady(stateVector: StateVector): [Session, Held][] {
    if (this.#waiting.length === 0) return [];
    const ready: [Session, Held][] = [];
    this.#waiting = this.#waiting.filter(({ session, held, bytes }) => {
      const helped = [...held.needs].some(([client, at]) => (stateVector.get(client) ?? 0) > at);
      if (!helped) return true;
      this.#bytes -= bytes;
      ready.push([session, held]);
      return false;
    });
    return ready;
  }
}
