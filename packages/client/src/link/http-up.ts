import { encodeBody } from '@syncline/protocol';

/** A request carries no more, in bytes: it must get through a slow network while others wait for it. */
const BODY_BYTES = 512 * 1024;

interface Waiting {
  readonly frame: Uint8Array;
  readonly onTaken: (() => void) | undefined;
}

/** What goes up: frames that gather while a request is under way, and go together in the next one. */
export class HttpUp {
  readonly #post: (body: Uint8Array) => Promise<void>;
  #waiting: Waiting[] = [];
  #bytes = 0;
  #bodyBytes = BODY_BYTES;
  #running: Promise<void> | undefined;

  /** @param post makes a request, and resolves when its body was taken */
  constructor(post: (body: Uint8Array) => Promise<void>) {
    this.#post = post;
  }

  /** What waits or is under way. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * What a request may carry from now on, without the lengths of frames: those double it at most.
   * Returns the largest frame.
   */
  limit(bytes: number): number {
    this.#bodyBytes = Math.min(bytes, BODY_BYTES);
    return this.#bodyBytes;
  }

  /** @param onTaken the server has the frame */
  push(frame: Uint8Array, onTaken?: () => void): void {
    this.#waiting.push({ frame, onTaken });
    this.#bytes += frame.length;
  }

  /** Resolves when nothing waits any more. @throws what `post` does */
  async flush(): Promise<void> {
    this.#running ??= this.#run();
    await this.#running;
  }

  async #run(): Promise<void> {
    // What is sent in the same turn comes along.
    await Promise.resolve();
    try {
      while (this.#waiting.length > 0) {
        const batch = this.#take();
        await this.#post(encodeBody(batch.map(({ frame }) => frame)));
        for (const { frame, onTaken } of batch) {
          this.#bytes -= frame.length;
          onTaken?.();
        }
      }
    } finally {
      // In the same turn as the last look at what waits, or something could be left behind.
      this.#running = undefined;
    }
  }

  #take(): Waiting[] {
    let bytes = 0;
    const limit = this.#bodyBytes;
    const beyond = this.#waiting.findIndex(({ frame }) => (bytes += frame.length) > limit);
    return this.#waiting.splice(0, beyond === -1 ? this.#waiting.length : Math.max(1, beyond));
  }
}
