const FIRST_MS = 300;
const MAX_MS = 20_000;

/**
 * How long to wait before the next try, in milliseconds: doubled each time up to 20 s, and then anything
 * from the half of it to the whole, so that the clients of a server that restarts do not come back at once.
 */
export class Backoff {
  readonly #random: () => number;
  #tries = 0;

  /** @param random from 0 to 1 */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  next(): number {
    const whole = Math.min(MAX_MS, FIRST_MS * 2 ** this.#tries++);
    return whole / 2 + (whole / 2) * this.#random();
  }

  /** It went well. */
  reset(): void {
    this.#tries = 0;
  }
}
