/** So much of what a client does not read may wait for it before it is not read itself, in bytes. */
const MAX_BYTES = 8 * 1024 * 1024;
/** Larger frames are documents, which a slow client may take its time for, unless they are answers. */
const LARGE_BYTES = 64 * 1024;
const CHECK_MS = 50;
/** Who has read nothing for so long is closed. */
const GRACE_MS = 30_000;

export interface UnreadOptions {
  readonly bufferedBytes: () => number;
  /** Reads no more from the client, or reads again. */
  readonly pause: (isPaused: boolean) => void;
  readonly exceeded: () => void;
}

/**
 * Bounds what waits for a client that asks and does not read: answers, acknowledgements, pongs. What
 * the server sends of its own accord has bounds of its own, and is not counted when it is large.
 */
export class Unread {
  readonly #options: UnreadOptions;
  /** What is written now answers a frame. */
  isAnswering = false;
  /** What was counted since it was seen that the socket had less. */
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: UnreadOptions) {
    this.#options = options;
  }

  /** To be called before a frame is written. */
  write(bytes: number): void {
    if (bytes <= LARGE_BYTES || this.isAnswering) this.#bytes += bytes;
    if (this.#bytes <= MAX_BYTES || this.#timer !== undefined) return;
    // Only now, since each look at the socket costs something.
    const buffered = this.#options.bufferedBytes();
    this.#bytes = Math.min(this.#bytes, buffered);
    if (this.#bytes <= MAX_BYTES) return;
    this.#options.pause(true);
    this.#wait(buffered, performance.now());
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  /** Until half of it is read. */
  #wait(last: number, since: number): void {
    this.#timer = setTimeout(() => {
      const buffered = this.#options.bufferedBytes();
      const now = performance.now();
      if (buffered <= MAX_BYTES / 2) {
        this.#timer = undefined;
        this.#bytes = buffered;
        this.#options.pause(false);
      } else if (buffered < last) {
        this.#wait(buffered, now);
      } else if (now - since < GRACE_MS) {
        this.#wait(buffered, since);
      } else {
        this.#options.exceeded();
      }
    }, CHECK_MS).unref();
  }
}
