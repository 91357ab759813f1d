const KEY = 'syncline:token';

/**
 * The token to show to the server, of a page that was opened with `#token=…`: a fragment is sent to
 * nobody. It is kept for this tab, and taken out of the address, so that a copied link does not
 * give it away.
 */
export function takeToken(): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given !== null) {
    keepToken(given);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return sessionStorage.getItem(KEY) ?? undefined;
}

/** The token to show from the next time that this page is loaded. */
export function keepToken(token: string): void {
  sessionStorage.setItem(KEY, token);
}
