import type { Splice } from './text-diff.ts';

/**
 * What a field shows of a text, and which places belong together. A field shows line ends as \n; one of a single line
 * leaves them out.
 */
export class ShownText {
  /** As Yjs counts it. */
  readonly content: string;
  readonly value: string;
  readonly #isMultiline: boolean;
  /** For each place in the value its place in the content; undefined when they are the same. */
  readonly #places: readonly number[] | undefined;

  constructor(content: string, isMultiline: boolean) {
    this.content = content;
    this.#isMultiline = isMultiline;
    if (!(isMultiline ? /\r/ : /[\r\n]/).test(content)) {
      this.value = content;
      return;
    }
    const places: number[] = [];
    let value = '';
    for (let i = 0; i < content.length; i++) {
      const char = content[i] as string;
      const isLineEnd = char === '\r' || char === '\n';
      if (isLineEnd && !isMultiline) continue;
      places.push(i);
      value += isLineEnd ? '\n' : char;
      if (char === '\r' && content[i + 1] === '\n') i++;
    }
    places.push(content.length);
    this.value = value;
    this.#places = places;
  }

  toContent(place: number): number {
    return this.#places?.[place] ?? Math.min(place, this.content.length);
  }

  /** An edit of the value as one of the content. Hidden line ends at its edges stay. */
  toContentSplice({ index, remove, insert }: Splice): Splice {
    const start = this.toContent(index);
    const end = remove === 0 ? start : this.#endOf(index + remove - 1);
    // With what comes after it, a lone \r would be shown as one line end: it becomes \r\n, which is one by itself.
    const next = insert === '' ? this.content[end] : insert[0];
    const joins = this.#isMultiline && this.content[start - 1] === '\r' && next === '\n';
    return { index: start, remove: end - start, insert: joins ? `\n${insert}` : insert };
  }

  /** Where a shown character ends in the content. */
  #endOf(index: number): number {
    const at = this.toContent(index);
    const isPair = this.#isMultiline && this.content.startsWith('\r\n', at);
    return at + (isPair ? 2 : 1);
  }

  /** The place in the value; the next one for what is not shown. */
  fromContent(place: number): number {
    if (this.#places === undefined) return place;
    const at = this.#places.findIndex((content) => content >= place);
    return at === -1 ? this.value.length : at;
  }
}
