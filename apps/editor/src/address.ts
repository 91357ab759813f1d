/** The page of a document. */
export function pageOf(name: string): string {
  return `/editor/${encodeURIComponent(name)}`;
}

/** The document that this page is of. */
export function documentOfPage(): string {
  const encoded = location.pathname.replace(/^\/editor\//, '');
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded; // not valid percent-encoding: the name is as it stands there
  }
}

/** Where the server is: the one that this page came from, or the usual one in development. */
export function serverUrl(): string {
  if (import.meta.env.DEV) return 'ws://127.0.0.1:1234';
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}`;
}
