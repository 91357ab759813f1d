/** So long without an answer, and it is stuck. */
const STUCK_MS = 10_000;

/** Notices that what should come does not: "stuck" is said once, and taken back when something comes. */
export class StuckWatch {
  readonly #onStuck: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onStuck is called again for as long as nothing comes. */
  constructor(onStuck: () => void) {
    this.#onStuck = onStuck;
  }

  /** Something is awaited from now on, or nothing is. */
  setWaiting(isWaiting: boolean): void {
    if (!isWaiting) this.#stop();
    else this.#timer ??= setInterval(this.#onStuck, STUCK_MS);
  }

  /** Something came. */
  progress(): void {
    if (this.#timer === undefined) return;
    this.#stop();
    this.setWaiting(true);
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
