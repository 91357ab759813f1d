import { KIND_NAMES, type PageKind } from './address.ts';

const KEY = 'syncline.recent';
const MOST = 8;

/** A document that was opened in this browser. */
export interface Recent {
  readonly kind: PageKind;
  readonly name: string;
}

/** The documents that were opened in this browser, the latest first. */
export function recentDocuments(): Recent[] {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(stored) ? stored.flatMap(recentOf) : [];
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

function recentOf(value: unknown): Recent[] {
  // Names alone are from before there were boards.
  if (typeof value === 'string') return [{ kind: 'editor', name: value }];
  const { kind, name } = (value ?? {}) as { readonly kind?: unknown; readonly name?: unknown };
  const isKnown = typeof kind === 'string' && Object.hasOwn(KIND_NAMES, kind);
  return isKnown && typeof name === 'string' ? [{ kind: kind as PageKind, name }] : [];
}
