const INTERVAL_MS = 200;
/** Where lines cannot be written over, there is one each so many milliseconds. */
const LINE_INTERVAL_MS = 2_000;

/** How far a long operation is, on stderr: in a terminal, or where it is asked for. */
export class Progress {
  readonly #isTerminal = process.stderr.isTTY;
  readonly #isShown: boolean;
  #writtenAt = performance.now();
  #isLineOpen = false;

  constructor(isAskedFor: boolean) {
    this.#isShown = isAskedFor || this.#isTerminal;
  }

  /** Shows where the operation is now, unless it has just shown something. */
  show(text: string): void {
    const now = performance.now();
    const interval = this.#isTerminal ? INTERVAL_MS : LINE_INTERVAL_MS;
    if (!this.#isShown || now - this.#writtenAt < interval) return;
    this.#writtenAt = now;
    this.#isLineOpen = this.#isTerminal;
    const columns = process.stderr.columns ?? 80;
    process.stderr.write(this.#isTerminal ? `\r\x1b[2K${text.slice(0, columns - 1)}` : `${text}\n`);
  }

  /** Clears the line for what comes next. */
  clear(): void {
    if (this.#isLineOpen) process.stderr.write('\r\x1b[2K');
    this.#isLineOpen = false;
  }
}
