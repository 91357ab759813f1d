/** How much of something a client may send: so much a second, and so much at once. */
class Bucket {
  readonly #perSecond: number;
  /** What is left; below zero when more was taken than there was. */
  #left: number;
  #at = performance.now();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
  }

  /** Takes an amount at this time; gives how long to wait until it was there, in milliseconds. */
  take(amount: number, now: number): number {
    const refill = ((now - this.#at) / 1000) * this.#perSecond;
    this.#left = Math.min(this.#perSecond, this.#left + refill) - amount;
    this.#at = now;
    return this.#left >= 0 ? 0 : (-this.#left / this.#perSecond) * 1000;
  }
}

/** A message of presence, or a broadcast, counts as one change and one more for each this many bytes. */
const CHANGE_BYTES = 4 * 1024;

/** As how many changes of presence a message of this many bytes counts. */
export function changesOf(bytes: number): number {
  return 1 + Math.floor(bytes / CHANGE_BYTES);
}

export type Charge = 'frames' | 'updates' | 'bytes' | 'awareness';

export interface ThrottleOptions {
  readonly perSecond: Readonly<Record<Charge, number>>;
  /** How long a client may be slowed without a pause. */
  readonly graceMs: number;
  /** Reads no more from the client, or reads again. */
  readonly slow: (isSlow: boolean) => void;
  /** The client was slowed for too long; it is not read any more. */
  readonly exceeded: (charge: Charge) => void;
}

/**
 * Slows a client that sends more than it may, by not reading its socket: what it sends waits on its
 * own side. An honest client that types fast is never cut off; one that floods without end is.
 */
export class Throttle {
  readonly #options: ThrottleOptions;
  readonly #buckets: Readonly<Record<Charge, Bucket>>;
  #timer: NodeJS.Timeout | undefined;
  #until = -Infinity;
  /** Since when there was no second without being slowed. */
  #since = 0;

  constructor(options: ThrottleOptions) {
    this.#options = options;
    const { frames, updates, bytes, awareness } = options.perSecond;
    this.#buckets = {
      frames: new Bucket(frames),
      updates: new Bucket(updates),
      bytes: new Bucket(bytes),
      awareness: new Bucket(awareness),
    };
  }

  charge(charge: Charge, amount: number): void {
    const now = performance.now();
    const wait = this.#buckets[charge].take(amount, now);
    if (wait === 0) return;
    if (now - this.#until > 1000) this.#since = now;
    if (now - this.#since > this.#options.graceMs) {
      this.close();
      this.#options.exceeded(charge);
      return;
    }
    if (now + wait <= this.#until) return;
    this.#until = now + wait;
    clearTimeout(this.#timer);
    this.#options.slow(true);
    const left = this.#since + this.#options.graceMs - now;
    // Who owes more than can be paid in time is not waited for any longer than that.
    const end =
      wait <= left ? () => this.#options.slow(false) : () => this.#options.exceeded(charge);
    this.#timer = setTimeout(end, Math.min(wait, left)).unref();
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
