/**
 * Where the line breaks of a text take two characters (`\r\n`), which in the editor are one. Places in the one become places
 * in the other.
 */
export class LineBreaks {
  /** Whether there is a `\r` at all; in most texts there is none. */
  #hasReturns = false;
  /** The places, in the editor, of those breaks that take two characters. */
  #pairs: readonly number[] = [];

  get hasReturns(): boolean {
    return this.#hasReturns;
  }

  /** To be called for each new content. */
  read(content: string): void {
    this.#hasReturns = content.includes('\r');
    const pairs: number[] = [];
    if (this.#hasReturns) {
      for (let at = content.indexOf('\r\n'); at >= 0; at = content.indexOf('\r\n', at + 2)) {
        pairs.push(at - pairs.length);
      }
    }
    this.#pairs = pairs;
  }

  /** A place in the text, for one in the editor. */
  toContent(shown: number): number {
    return shown + this.#count((pair) => pair < shown);
  }

  /** A place in the editor; one within a break is before it. */
  toShown(content: number): number {
    const before = this.#count((pair, before) => pair + before + 2 <= content);
    return Math.min(content - before, this.#pairs[before] ?? Number.POSITIVE_INFINITY);
  }

  /** How many of the first pairs fit; none after one that does not. */
  #count(fits: (pair: number, before: number) => boolean): number {
    let [low, high] = [0, this.#pairs.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (fits(this.#pairs[middle] as number, middle)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The text as the editor has it: CodeMirror takes `\r\n`, `\r` and `\n` for line breaks. */
export function shownOf(content: string): string {
  return content.replaceAll(/\r\n?/g, '\n');
}
