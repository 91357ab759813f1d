/** Reads LevelDB's varints (7 bits a byte, the lowest first) and what they count. */
export class VarintReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** @throws RangeError past the end, or past what a number holds exactly */
  number(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
      const byte = this.#bytes.readUInt8(this.#at++);
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a varint is too long');
  }

  /** @throws RangeError past the end */
  bytes(length = this.number()): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError('bytes are missing');
    const found = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return found;
  }
}
