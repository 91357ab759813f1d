/**
 * What a field shows of a text, and which places belong together. A field shows line ends as \n; one of a single line
 * leaves them out.
 */
export class ShownText {
  /** As Yjs counts it. */
  readonly content: string;
  readonly value: string;
  /** For each place in the value its place in the content; undefined when they are the same. */
  readonly #places: readonly number[] | undefined;

  constructor(content: string, isMultiline: boolean) {
    this.content = content;
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

  /** The place in the value; the next one for what is not shown. */
  fromContent(place: number): number {
    if (this.#places === undefined) return place;
    const at = this.#places.findIndex((content) => content >= place);
    return at === -1 ? this.value.length : at;
  }
}
