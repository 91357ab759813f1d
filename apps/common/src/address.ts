/** What a page shows; the first part of its path. */
export type PageKind = 'editor' | 'board';

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
