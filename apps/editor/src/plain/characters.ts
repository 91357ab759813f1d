import type * as Y from 'yjs';

/** Knows whether a text is of characters alone, which have formats perhaps: those stay as they are. */
export class Characters {
  readonly #text: Y.Text;
  /** Its length when it was of characters alone; what came since was, too. */
  #length: number | undefined;

  constructor(text: Y.Text) {
    this.#text = text;
    text.observe(({ delta, keysChanged }) => {
      if (this.#length === undefined) return;
      for (const { insert, delete: removed = 0 } of delta) {
        this.#length += (typeof insert === 'string' ? insert.length : 0) - removed;
      }
      if (keysChanged.size > 0 || this.#length !== text.length) this.#length = undefined;
    });
  }

  get areAll(): boolean {
    const text = this.#text;
    // Embeds and what lists hold take places, and are no characters; a map has its values beside them.
    const isPlain = () =>
      text.toString().length === text.length && Object.keys(text.getAttributes()).length === 0;
    if (this.#length === undefined && isPlain()) this.#length = text.length;
    return this.#length !== undefined;
  }
}
