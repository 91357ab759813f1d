/** A timer that fires so much later than it should stood still with its page: a hidden tab, a sleeping machine. */
const LATE = 1.5;

/**
 * Finds out that the other end is gone (L1 and L2 of the SPEC). Timers of hidden tabs are slowed down, so
 * a late one proves nothing: what came meanwhile may wait behind it.
 */
export class Heartbeat {
  readonly #ping: () => void;
  readonly #dead: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #intervalMs = 0;
  /** When something came last. */
  #signAt = 0;
  /** When the timer was set, and for how long. */
  #setAt = 0;
  #waitMs = 0;
  /** A ping was sent, and nothing came since. */
  #asked = false;

  /** @param dead called once, after which it has to be started again. */
  constructor(ping: () => void, dead: () => void) {
    this.#ping = ping;
    this.#dead = dead;
  }

  /** @param intervalMs after so long without a sign it asks; after as long again the other end is gone. */
  start(intervalMs: number): void {
    this.#intervalMs = intervalMs;
    this.sign();
    this.#set(intervalMs);
  }

  /** Something came. */
  sign(): void {
    this.#signAt = Date.now();
    this.#asked = false;
  }

  /** Asks now, and gives it only so long. */
  probe(limitMs: number): void {
    if (this.#timer === undefined) return;
    this.#ask(limitMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #set(waitMs: number): void {
    clearTimeout(this.#timer);
    this.#setAt = Date.now();
    this.#waitMs = waitMs;
    this.#timer = setTimeout(() => this.#check(), waitMs);
  }

  #ask(limitMs: number): void {
    this.#asked = true;
    this.#ping();
    this.#set(limitMs);
  }

  #check(): void {
    const now = Date.now();
    if (!this.#asked) {
      const quietMs = now - this.#signAt;
      if (quietMs < this.#intervalMs) this.#set(this.#intervalMs - quietMs);
      else this.#ask(this.#intervalMs);
    } else if (now - this.#setAt > this.#waitMs * LATE + 1_000) {
      this.#ask(this.#intervalMs);
    } else {
      this.stop();
      this.#dead();
    }
  }
}
