import { SyncError } from '@syncline/protocol';

/** What one piece of a pattern matches; `part` and `rest` stand for characters that vary. */
type Piece =
  | { readonly kind: 'text'; readonly text: string }
  /** One or more characters but `/`; with a name, what they were is kept. */
  | { readonly kind: 'part'; readonly name: string | undefined }
  /** Any characters; at the end, behind a `/`, at least one. */
  | { readonly kind: 'rest'; readonly isEmptyAllowed: boolean };

/** What stands in braces, by name. */
export type Params = Readonly<Record<string, string>>;

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * A pattern of document names: text stands for itself, `{name}` for one or more characters but `/`,
 * `*` for the same without a name, `**` for anything. `\` makes the next character plain text.
 * Where a name could be divided in several ways, each piece takes as little as it can.
 */
export class DocumentPattern {
  readonly text: string;
  /** The names in braces, in their order. */
  readonly names: readonly string[];
  readonly #pieces: readonly Piece[];

  /** @throws SyncError `rules-invalid` for what is no pattern. */
  constructor(text: string) {
    this.text = text;
    this.#pieces = readPieces(text);
    this.names = this.#pieces.flatMap((piece) =>
      piece.kind === 'part' && piece.name !== undefined ? [piece.name] : [],
    );
    const twice = this.names.find((name, index) => this.names.indexOf(name) !== index);
    if (twice !== undefined) refuse(`has {${twice}} twice`);
  }

  /**
   * What stood for the names in braces, or undefined when the pattern does not match. Takes
   * time in proportion to the length of the name times the number of pieces, whatever they are.
   */
  match(documentId: string): Params | undefined {
    const [first] = this.#pieces;
    if (first?.kind === 'text' && !documentId.startsWith(first.text)) return undefined;
    const fits = this.#fits(documentId);
    const width = documentId.length + 1;
    if (fits[0] !== 1) return undefined;
    const params: Record<string, string> = {};
    let at = 0;
    for (const [index, piece] of this.#pieces.entries()) {
      const start = at;
      if (piece.kind === 'text') at += piece.text.length;
      else {
        if (piece.kind === 'part' || !piece.isEmptyAllowed) at++;
        while (fits[(index + 1) * width + at] !== 1) at++;
      }
      if (piece.kind === 'part' && piece.name !== undefined) {
        params[piece.name] = documentId.slice(start, at);
      }
    }
    return params;
  }

  /** For each piece and position, whether the pieces from there on match the rest of the name. */
  #fits(name: string): Uint8Array {
    const width = name.length + 1;
    const fits = new Uint8Array((this.#pieces.length + 1) * width);
    fits[this.#pieces.length * width + name.length] = 1;
    for (let index = this.#pieces.length - 1; index >= 0; index--) {
      const piece = this.#pieces[index] as Piece;
      const [row, next] = [index * width, (index + 1) * width];
      for (let at = name.length; at >= 0; at--) {
        let isFit: boolean;
        if (piece.kind === 'text') {
          isFit = fits[next + at + piece.text.length] === 1 && name.startsWith(piece.text, at);
        } else {
          const isOver = at === name.length || (piece.kind === 'part' && name[at] === '/');
          const isMore = !isOver && (fits[row + at + 1] === 1 || fits[next + at + 1] === 1);
          const isEmpty = piece.kind === 'rest' && piece.isEmptyAllowed && fits[next + at] === 1;
          isFit = isMore || isEmpty;
        }
        if (isFit) fits[row + at] = 1;
      }
    }
    return fits;
  }
}

function readPieces(pattern: string): Piece[] {
  const pieces: Piece[] = [];
  const tokens = pattern.match(/\\[^]|\{[^{}]*\}|\*+|[^]/gu) ?? refuse('must not be empty');
  for (const [index, token] of tokens.entries()) {
    const last = pieces.at(-1);
    if (token.startsWith('{') && token.length > 1) {
      const name = token.slice(1, -1);
      if (!NAME.test(name)) refuse(`has ${token}: a name is letters, digits and _`);
      pieces.push({ kind: 'part', name });
    } else if (token === '*') {
      pieces.push({ kind: 'part', name: undefined });
    } else if (token === '**') {
      const isBehindSlash = last?.kind === 'text' && last.text.endsWith('/');
      const isLast = index === tokens.length - 1;
      pieces.push({ kind: 'rest', isEmptyAllowed: !(isLast && isBehindSlash) });
    } else if (token.startsWith('***')) {
      refuse('has more than two * in a row');
    } else if (token === '{' || token === '}') {
      refuse(`has a ${token} without the other one (the character itself is \\${token})`);
    } else if (token === '\\') {
      refuse('ends with \\ (the character itself is \\\\)');
    } else {
      const text = token.startsWith('\\') ? token.slice(1) : token;
      if (last?.kind === 'text') pieces[pieces.length - 1] = { ...last, text: last.text + text };
      else pieces.push({ kind: 'text', text });
      continue;
    }
    if (last !== undefined && last.kind !== 'text') {
      refuse('has two pieces that vary side by side: put text between them');
    }
  }
  return pieces;
}

function refuse(what: string): never {
  throw new SyncError('rules-invalid', `the pattern ${what}`);
}
