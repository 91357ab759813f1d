const FIRST_BYTES = 1024;

/**
 * Bytes that are gathered until they are whole. They are copied into one buffer that doubles, so that
 * what a peer sends in the smallest pieces takes no more memory than in large ones.
 */
export class ByteQueue {
  #buffer = new Uint8Array(0);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  append(bytes: Uint8Array): void {
    this.#makeRoom(bytes.length);
    this.#buffer.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** What is there, as a view that holds until the next call. */
  peek(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /** Takes that many bytes from the front, as a copy of their own. */
  take(length: number): Uint8Array {
    const bytes = this.#buffer.slice(this.#start, this.#start + length);
    this.skip(length);
    return bytes;
  }

  skip(length: number): void {
    this.#start += length;
    if (this.#start === this.#end) this.clear();
  }

  /** Forgets all, and gives a large buffer back. */
  clear(): void {
    this.#start = 0;
    this.#end = 0;
    if (this.#buffer.length > FIRST_BYTES) this.#buffer = new Uint8Array(0);
  }

  #makeRoom(more: number): void {
    if (this.#end + more <= this.#buffer.length) return;
    const held = this.peek();
    const needed = held.length + more;
    // In the same buffer when half of it is free, so that moving stays rare.
    const reuse = needed * 2 <= this.#buffer.length;
    const buffer = reuse ? this.#buffer : new Uint8Array(Math.max(FIRST_BYTES, needed * 2));
    buffer.set(held);
    this.#buffer = buffer;
    this.#start = 0;
    this.#end = held.length;
  }
}
