import type { Dialect, ServerMessage } from './dialect.ts';

const MAX_FRAME_BYTES = 4096;
const MAX_FRAMES = 8192;

/**
 * Frames that were read before. A server sends the same frame to many clients, and reading it once
 * keeps the driver from taking the CPU that the server needs.
 */
export class FrameCache {
  readonly #dialect: Dialect;
  readonly #messages = new Map<string, ServerMessage>();

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** @param data bytes that may be overwritten later; what is returned does not refer to them. */
  decode(data: Buffer): ServerMessage {
    if (data.length > MAX_FRAME_BYTES) return this.#dialect.decode(new Uint8Array(data));
    const key = data.toString('latin1');
    let message = this.#messages.get(key);
    if (message === undefined) {
      message = this.#dialect.decode(new Uint8Array(data));
      if (this.#messages.size >= MAX_FRAMES) this.#messages.clear();
      this.#messages.set(key, message);
    }
    return message;
  }
}
