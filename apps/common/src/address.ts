/** What a page shows, and the first part of its path: plain text, rich text, a board. */
export type PageKind = 'editor' | 'text' | 'board';

/** What people call them. */
export const KIND_NAMES: Record<PageKind, string> = {
  editor: 'Plain text',
  text: 'Rich text',
  board: 'Board',
};

/** The page of a document. */
export function pageOf(kind: PageKind, name: string): string {
  return `/${kind}/${encodeURIComponent(name)}`;
}

/** The document that this page is of. */
export function documentOfPage(): string {
  const encoded = location.pathname.replace(/^\/[^/]*\//, '');
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded; // not valid percent-encoding: the name is as it stands there
  }
}

/** Where the server is: the one that this page came from, or the usual one in development. */
export function serverUrl(): string {
  return import.meta.env.DEV ? 'http://127.0.0.1:1234' : location.origin;
}
