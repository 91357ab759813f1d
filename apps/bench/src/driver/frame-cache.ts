import type { Dialect, ServerMessage } from './dialect.ts';

/** Frames up to this size are found by their content, larger ones by comparing them. */
const SMALL_BYTES = 4096;
const MAX_SMALL_FRAMES = 8192;
const MAX_LARGE_FRAMES = 4;

/**
 * Frames that were read before. A server sends the same frame to many clients, and reading it once
 * keeps the driver from taking the CPU that the server needs.
 */
export class FrameCache {
  readonly #dialect: Dialect;
  readonly #small = new Map<string, ServerMessage>();
  #large: { readonly frame: Buffer; readonly message: ServerMessage }[] = [];

  constructor(dialect: Dialect) {
    this.#dialect = dialect;
  }

  /** @param data bytes that may be overwritten later; what is returned does not refer to them. */
  decode(data: Buffer): ServerMessage {
    return data.length > SMALL_BYTES ? this.#decodeLarge(data) : this.#decodeSmall(data);
  }

  #decodeSmall(data: Buffer): ServerMessage {
    const key = data.toString('latin1');
    let message = this.#small.get(key);
    if (message === undefined) {
      message = this.#dialect.decode(new Uint8Array(data));
      if (this.#small.size >= MAX_SMALL_FRAMES) this.#small.clear();
      this.#small.set(key, message);
    }
    return message;
  }

  #decodeLarge(data: Buffer): ServerMessage {
    const known = this.#large.find(({ frame }) => frame.equals(data));
    if (known !== undefined) return known.message;
    const frame = Buffer.from(data);
    const message = this.#dialect.decode(frame);
    this.#large = [{ frame, message }, ...this.#large].slice(0, MAX_LARGE_FRAMES);
    return message;
  }
}
