/** What goes to many sessions alike. Each way to frame it is run once, however many sessions there are. */
export class Delivery<T> {
  readonly content: T;
  readonly #frames = new Map<unknown, Uint8Array>();

  constructor(content: T) {
    this.content = content;
  }

  /** The content as `encode` frames it. `key` stands for that way: the same key, the same frame. */
  framed(key: unknown, encode: (content: T) => Uint8Array): Uint8Array {
    let frame = this.#frames.get(key);
    if (frame === undefined) {
      frame = encode(this.content);
      this.#frames.set(key, frame);
    }
    return frame;
  }
}
