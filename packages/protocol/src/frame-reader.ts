import { createDecoder, hasContent, readUint8, readUint8Array, readVarUint } from 'lib0/decoding';
import { decodeUtf8 } from 'lib0/string';
import { SyncError } from './sync-error.ts';

/**
 * Reads lib0's primitives from an untrusted frame. lib0 trusts lengths, and a frame is often a view
 * into a larger buffer with other people's bytes, so each length is checked here.
 * Every method throws a {@link SyncError} `malformed-frame`.
 */
export class FrameReader {
  readonly #decoder;

  constructor(frame: Uint8Array) {
    this.#decoder = createDecoder(frame);
  }

  varUint(): number {
    let value = Number.NaN;
    try {
      value = readVarUint(this.#decoder);
    } catch (cause) {
      this.refuse('the frame ends too early', cause);
    }
    if (!Number.isSafeInteger(value)) this.refuse('an integer is out of range');
    return value;
  }

  /** One byte. */
  u8(): number {
    if (!this.hasMore()) this.refuse('the frame ends too early');
    return readUint8(this.#decoder);
  }

  /** `varUint(length)` and that many bytes, as a view into the frame. */
  bytes(): Uint8Array {
    return this.take(this.varUint());
  }

  /** So many bytes, as a view into the frame. Never a Buffer, of which `slice` would be no copy. */
  take(length: number): Uint8Array {
    if (length > this.#remaining()) this.refuse('the frame ends too early');
    return readUint8Array(this.#decoder, length);
  }

  /** Goes over so many bytes. */
  skip(length: number): void {
    if (length > this.#remaining()) this.refuse('the frame ends too early');
    this.#decoder.pos += length;
  }

  string(): string {
    return this.text(this.bytes());
  }

  /** The text that bytes of the frame are. */
  text(bytes: Uint8Array): string {
    try {
      return decodeUtf8(bytes);
    } catch (cause) {
      return this.refuse('a string is not valid UTF-8', cause);
    }
  }

  /** A count of things that each take at least `size` bytes. */
  count(size: number): number {
    const count = this.varUint();
    if (count * size > this.#remaining()) {
      this.refuse(`${count} elements are announced, more than the frame can hold`);
    }
    return count;
  }

  /** Whether anything is left: for fields that only newer clients send. */
  hasMore(): boolean {
    return hasContent(this.#decoder);
  }

  /** Nothing may follow: a second message in a frame would be lost in silence. */
  end(): void {
    if (this.hasMore()) this.refuse('bytes follow the message');
  }

  refuse(what: string, cause?: unknown): never {
    throw new SyncError('malformed-frame', what, cause === undefined ? undefined : { cause });
  }

  #remaining(): number {
    return this.#decoder.arr.length - this.#decoder.pos;
  }
}
