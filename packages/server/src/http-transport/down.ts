/** A poll that has nothing to bring waits so long. Proxies give up after 30 s or later. */
export const POLL_MS = 25_000;
/** One answer to a poll brings about so many bytes. */
const POLL_BYTES = 4 * 1024 * 1024;

/** What goes down to a client over HTTP: a queue of frames, read by a stream or by polls. */
export class Down {
  /** Frames that are not known to have arrived; the first has the number `#forgotten + 1`. */
  #frames: Uint8Array[] = [];
  #forgotten = 0;
  #bytes = 0;
  #isEnded = false;
  #onChange: () => void = () => {};

  /** How many bytes wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether all was taken, and nothing more comes. */
  get isDone(): boolean {
    return this.#isEnded && this.#frames.length === 0;
  }

  push(frame: Uint8Array): void {
    if (this.#isEnded) return;
    this.#frames.push(frame);
    this.#bytes += frame.length;
    this.#onChange();
  }

  /** Nothing more comes. */
  end(): void {
    this.#isEnded = true;
    this.#onChange();
  }

  /** The frames after a number, when there are some, or it is time; those up to it are forgotten. */
  async poll(after: number, waitMs = POLL_MS): Promise<{ body: Uint8Array; next: number }> {
    this.forget(after);
    if (this.#frames.length === 0 && !this.#isEnded) await this.#changed(waitMs);
    const frames: Uint8Array[] = [];
    let bytes = 0;
    for (const frame of this.#frames) {
      if (bytes > 0 && bytes + frame.length > POLL_BYTES) break;
      frames.push(frame);
      bytes += frame.length;
    }
    return { body: Buffer.concat(frames), next: this.#forgotten + frames.length };
  }

  /** All frames, as fast as they are read. @param onCancel the reader is gone. */
  stream(onCancel: () => void): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          while (this.#frames.length === 0 && !this.#isEnded) await this.#changed(POLL_MS);
          const frames = this.#frames;
          this.forget(this.#forgotten + frames.length);
          if (frames.length > 0) controller.enqueue(Buffer.concat(frames));
          else controller.close();
        },
        cancel: onCancel,
      },
      { highWaterMark: 0 },
    );
  }

  /** The frames up to a number have arrived. */
  forget(upTo: number): void {
    const count = Math.min(this.#frames.length, Math.max(0, upTo - this.#forgotten));
    for (const frame of this.#frames.slice(0, count)) this.#bytes -= frame.length;
    this.#frames = this.#frames.slice(count);
    this.#forgotten += count;
  }

  #changed(waitMs: number): Promise<void> {
    this.#onChange(); // an older reader gives way
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#onChange = () => {
        clearTimeout(timer);
        // Not at once: what this turn of the event loop still writes comes along.
        setImmediate(resolve);
      };
    });
  }
}
