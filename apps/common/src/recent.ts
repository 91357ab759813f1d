import { KIND_NAMES, type PageKind } from './address.ts';
import { fieldsOf, listOf, stringOf } from './parse.ts';

const KEY = 'syncline.recent';
const MOST = 8;
/** Of the characters of a name: the server takes no longer one. */
const LONGEST_NAME = 512;

/** A document that was opened in this browser. */
export interface Recent {
  readonly kind: PageKind;
  readonly name: string;
}

/** The documents that were opened in this browser, the latest first. */
export function recentDocuments(): Recent[] {
  try {
    return listOf(JSON.parse(localStorage.getItem(KEY) ?? '[]'), MOST, recentOf);
  } catch {
    return []; // storage is off, or somebody else wrote there
  }
}

export function rememberDocument(kind: PageKind, name: string): void {
  store([{ kind, name }, ...othersThan(kind, name)].slice(0, MOST));
}

/** Takes it off the list; the document stays. */
export function forgetDocument(kind: PageKind, name: string): void {
  store(othersThan(kind, name));
}

function othersThan(kind: PageKind, name: string): Recent[] {
  return recentDocuments().filter((other) => other.kind !== kind || other.name !== name);
}

function store(documents: readonly Recent[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(documents));
  } catch {
    // Storage is off: there are no recent documents then.
  }
}

function recentOf(value: unknown): Recent | undefined {
  // Names alone are from before there were boards.
  const { kind, name } = fieldsOf(value) ?? { kind: 'editor', name: value };
  const text = stringOf(name, LONGEST_NAME);
  return isKind(kind) && text !== undefined && text !== '' ? { kind, name: text } : undefined;
}

function isKind(value: unknown): value is PageKind {
  return typeof value === 'string' && Object.hasOwn(KIND_NAMES, value);
}
