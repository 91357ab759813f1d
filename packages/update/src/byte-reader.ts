import { decodeUtf8 } from 'lib0/string';
import { findJsonFault } from './json.ts';
import { UpdateError } from './update-error.ts';
import { utf16Length } from './utf8.ts';

/**
 * How deep a plain value (lib0's `any`, JSON) may nest. Yjs recurses over such values when it
 * encodes them, so a deeper one would break the document for every reader; ywasm stops at 128.
 */
export const MAX_DEPTH = 100;

/** What Yjs writes in the place of JSON for undefined. */
const UNDEFINED = 'undefined';

/** Type tags of lib0's `any` encoding (lib0/encoding.js, writeAny). */
export const Any = {
  bytes: 116,
  array: 117,
  object: 118,
  string: 119,
  true: 120,
  false: 121,
  bigint: 122,
  float64: 123,
  float32: 124,
  integer: 125,
  null: 126,
  undefined: 127,
} as const;

/**
 * Reads lib0's primitives from untrusted bytes. lib0's own reader returns `undefined` past the end
 * and trusts counts; this one throws an {@link UpdateError} and never allocates by a claimed size.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  /** The next byte to read. */
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  refuse(what: string, cause?: unknown): never {
    throw new UpdateError(what, this.at, cause === undefined ? undefined : { cause });
  }

  uint8(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) this.refuse('the update ends too early');
    this.at++;
    return byte;
  }

  /** An unsigned integer of at most 2^53 - 1, in at most 8 bytes. */
  varUint(): number {
    let byte = this.uint8();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    let factor = 128;
    for (let size = 2; size <= 8; size++) {
      byte = this.uint8();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      factor *= 128;
    }
    return this.refuse('an integer is out of range');
  }

  /** A count of things that each take at least `size` bytes of what remains. */
  count(size: number): number {
    const count = this.varUint();
    if (count * size > this.bytes.length - this.at) {
      this.refuse(`${count} elements are announced, more than the remaining bytes can hold`);
    }
    return count;
  }

  skip(length: number): void {
    if (length > this.bytes.length - this.at) this.refuse('the update ends too early');
    this.at += length;
  }

  /** Skips a string; the reader stands behind it. Returns its length in UTF-16 code units. */
  skipString(): number {
    const length = this.varUint();
    const from = this.at;
    this.skip(length);
    const units = utf16Length(this.bytes, from, this.at);
    if (units < 0) {
      this.at = from;
      this.refuse('a string is not valid UTF-8');
    }
    return units;
  }

  string(): string {
    const length = this.varUint();
    const from = this.at;
    this.skip(length);
    try {
      return decodeUtf8(this.bytes.subarray(from, this.at));
    } catch (cause) {
      this.at = from;
      return this.refuse('a string is not valid UTF-8', cause);
    }
  }

  /** Skips a string that holds JSON; `orUndefined` also allows the word that Yjs writes for undefined. */
  skipJson(orUndefined = false): void {
    const start = this.at;
    const length = this.varUint();
    const from = this.at;
    this.at = start;
    this.skipString();
    if (orUndefined && length === UNDEFINED.length && this.#isAt(from, UNDEFINED)) return;
    const fault = findJsonFault(this.bytes, from, this.at, MAX_DEPTH);
    if (fault === undefined) return;
    this.at = from;
    this.refuse(`a string that should hold JSON ${fault}`);
  }

  /** Skips a value of lib0's `any` encoding. */
  skipAny(depth = 0): void {
    if (depth > MAX_DEPTH) this.refuse(`a value nests deeper than ${MAX_DEPTH}`);
    const tag = this.uint8();
    switch (tag) {
      case Any.undefined:
      case Any.null:
      case Any.true:
      case Any.false:
        return;
      case Any.integer:
        return this.#skipVarInt();
      case Any.float32:
        return this.skip(4);
      case Any.float64:
      case Any.bigint:
        return this.skip(8);
      case Any.string:
        this.skipString();
        return;
      case Any.bytes:
        return this.skip(this.varUint());
      case Any.array: {
        for (let left = this.count(1); left > 0; left--) this.skipAny(depth + 1);
        return;
      }
      case Any.object: {
        for (let left = this.count(2); left > 0; left--) {
          this.skipString();
          this.skipAny(depth + 1);
        }
        return;
      }
      default:
        this.at--;
        this.refuse(`${tag} is no type of value`);
    }
  }

  /** Skips the options of a subdocument, which must be an object. */
  skipOptions(): void {
    if (this.bytes[this.at] !== Any.object) this.refuse('subdocument options are no object');
    this.skipAny();
  }

  #isAt(from: number, text: string): boolean {
    for (let i = 0; i < text.length; i++) {
      if (this.bytes[from + i] !== text.charCodeAt(i)) return false;
    }
    return true;
  }

  #skipVarInt(): void {
    let byte = this.uint8();
    let value = byte & 0x3f; // the first byte holds the sign and six bits
    let factor = 64;
    for (let size = 1; byte >= 0x80; size++) {
      if (size === 8) this.refuse('an integer is out of range');
      byte = this.uint8();
      value += (byte & 0x7f) * factor;
      factor *= 128;
    }
    if (value > Number.MAX_SAFE_INTEGER) this.refuse('an integer is out of range');
  }
}
