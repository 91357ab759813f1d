import { positionIn } from '@syncline/server/access';
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  type YAMLMap,
} from 'yaml';
import type { z } from 'zod';
import { type Problem, problemsOf } from './problems.ts';

/** A place in a text, counted from 1. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** What is wrong in a file, and where. */
export interface FileProblem extends Position {
  readonly message: string;
}

export interface FileContent<T> {
  /** Undefined when there are problems. */
  readonly value: T | undefined;
  /** All that is wrong, in the order of the file. */
  readonly problems: readonly FileProblem[];
}

/**
 * Reads YAML or JSON of a shape; problems point at the place in the text.
 * @param check finds what else is wrong, in content that need not have the shape.
 */
export function readYaml<T>(
  text: string,
  schema: z.ZodType<T>,
  check: (content: unknown, file: YamlFile) => readonly FileProblem[] = () => [],
): FileContent<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map(({ pos, message }) => {
      const { line, col } = lines.linePos(pos[0]);
      return { line, column: col, message };
    });
    return { value: undefined, problems };
  }
  const file = new YamlFile(text, document, lines);
  const content: unknown = document.toJS();
  const parsed = schema.safeParse(content);
  const ofShape = parsed.success ? [] : problemsOf(schema, content, parsed.error);
  const problems = [
    ...ofShape.map((problem) => toFileProblem(problem, file)),
    ...check(content, file),
  ];
  return {
    value: problems.length === 0 ? parsed.data : undefined,
    problems: problems.toSorted((a, b) => a.line - b.line || a.column - b.column),
  };
}

function toFileProblem({ path, message }: Problem, file: YamlFile): FileProblem {
  const name = path.findLast((part) => typeof part === 'string');
  if (name === undefined) return { ...file.positionOf(path), message };
  const isMust = message.startsWith('must');
  return isMust
    ? { ...file.positionOf(path), message: `${name} ${message}` }
    : { ...file.positionOfKey(path), message: `${name}: ${message}` };
}

/** Where things are in a text of YAML. */
export class YamlFile {
  readonly #text: string;
  readonly #document: Document;
  readonly #lines: LineCounter;

  constructor(text: string, document: Document, lines: LineCounter) {
    this.#text = text;
    this.#document = document;
    this.#lines = lines;
  }

  /** The place of a value, or of the nearest thing around it; and in a text, of an offset in it. */
  positionOf(path: readonly PropertyKey[], offset?: number): Position {
    const node = this.#find(path);
    const start = node?.range?.[0] ?? 0;
    if (offset === undefined || !isScalar(node) || typeof node.value !== 'string') {
      return this.#position(start);
    }
    // Text that is written as it is read has the same offsets. Other text is pointed at as a whole.
    const quote = node.type === Scalar.QUOTE_DOUBLE || node.type === Scalar.QUOTE_SINGLE ? 1 : 0;
    if (this.#text.startsWith(node.value, start + quote)) {
      return this.#position(start + quote + offset);
    }
    if (node.type === Scalar.BLOCK_LITERAL) {
      const { line, column } = positionIn(node.value, offset);
      const header = this.#position(start);
      const [indent = ''] = /^ */.exec(this.#text.split('\n')[header.line] ?? '') ?? [];
      return { line: header.line + line, column: indent.length + column };
    }
    return this.#position(start);
  }

  /** The place of the key that a path ends with. */
  positionOfKey(path: readonly PropertyKey[]): Position {
    const map = this.#find(path.slice(0, -1));
    const key = isMap(map) ? pairOf(map, path.at(-1))?.key : undefined;
    return this.#position((isNode(key) ? key : map)?.range?.[0] ?? 0);
  }

  #position(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }

  #find(path: readonly PropertyKey[]): Node | undefined {
    let found: Node | undefined = this.#document.contents ?? undefined;
    for (const part of path) {
      const node: Node | undefined = isAlias(found) ? found.resolve(this.#document) : found;
      let next: unknown;
      if (isMap(node)) next = pairOf(node, part)?.value;
      else if (isSeq(node)) next = node.items[Number(part)];
      if (!isNode(next)) break;
      found = next;
    }
    return found;
  }
}

function pairOf(map: YAMLMap, name: PropertyKey | undefined): Pair | undefined {
  return map.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(name));
}
