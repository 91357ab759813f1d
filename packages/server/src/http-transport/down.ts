import type { Polled } from './requested-connection.ts';

/** A poll that has nothing to bring waits so long. Proxies give up after 30 s or later. */
export const POLL_MS = 25_000;
/** One answer to a poll brings about so many bytes. */
export const POLL_BYTES = 4 * 1024 * 1024;

const NOTHING = new Uint8Array();

/** What goes down to a client over HTTP: a queue of frames, read by a stream or by polls. */
export class Down {
  /** Frames that are not known to have arrived; the first has the number `#forgotten + 1`. */
  #frames: Uint8Array[] = [];
  #forgotten = 0;
  #bytes = 0;
  #isEnded = false;
  /** The newest reader has the frames; older ones give way. */
  #reader = 0;
  #wake: () => void = () => {};

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
    this.#wake();
  }

  /** Nothing more comes. */
  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  /** What there is to say first, as soon as there is something. It has no numbers. */
  async first(): Promise<Uint8Array> {
    const reader = this.#takeOver();
    while (this.#isWaiting(reader)) await this.#changed(POLL_MS);
    const body = Buffer.concat(this.#frames);
    this.#forget(this.#frames.length);
    this.#forgotten = 0;
    return body;
  }

  /** The frames after a number, when there are some, or it is time; those up to it are forgotten. */
  async poll(after: number, waitMs = POLL_MS): Promise<Polled> {
    const reader = this.#takeOver();
    this.#forget(after - this.#forgotten);
    if (this.#isWaiting(reader)) await this.#changed(waitMs);
    if (reader !== this.#reader) return { body: NOTHING, next: after, isOver: true };
    const frames: Uint8Array[] = [];
    let bytes = 0;
    for (const frame of this.#frames) {
      if (bytes > 0 && bytes + frame.length > POLL_BYTES) break;
      frames.push(frame);
      bytes += frame.length;
    }
    const next = this.#forgotten + frames.length;
    return { body: Buffer.concat(frames), next, isOver: this.isDone };
  }

  /**
   * All frames, as fast as they are read.
   * @param events `ended`: all was read, or another reader has come; `cancelled`: the reader is gone.
   */
  stream(events: { ended(): void; cancelled(): void }): ReadableStream<Uint8Array> {
    const reader = this.#takeOver();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          while (this.#isWaiting(reader)) await this.#changed(POLL_MS);
          if (reader === this.#reader && this.#frames.length > 0) {
            controller.enqueue(Buffer.concat(this.#frames));
            this.#forget(this.#frames.length);
          } else {
            controller.close();
            events.ended();
          }
        },
        cancel: () => events.cancelled(),
      },
      { highWaterMark: 0 },
    );
  }

  #takeOver(): number {
    this.#wake();
    return ++this.#reader;
  }

  #isWaiting(reader: number): boolean {
    return this.#frames.length === 0 && !this.#isEnded && reader === this.#reader;
  }

  /** The oldest frames have arrived. */
  #forget(count: number): void {
    const arrived = this.#frames.splice(0, Math.max(0, count));
    for (const frame of arrived) this.#bytes -= frame.length;
    this.#forgotten += arrived.length;
  }

  #changed(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#wake = () => {
        this.#wake = () => {};
        clearTimeout(timer);
        // Not at once: what this turn of the event loop still writes comes along.
        setImmediate(resolve);
      };
    });
  }
}
