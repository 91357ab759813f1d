const KEY = 'syncline:token';

/** Where there is no storage it lasts as long as the page. */
let current = '';

/**
 * The token to show to the server; '': none. A page that was opened with `#token=…` brings it: a fragment is sent to
 * nobody. It is kept for this tab, and taken out of the address, so that a copied link does not
 * give it away.
 */
export function currentToken(): string {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given !== null) {
    keepToken(given);
    history.replaceState(null, '', location.pathname + location.search);
  }
  if (current !== '') return current;
  try {
    return sessionStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}

/** The token to show from now on. */
export function keepToken(token: string): void {
  current = token;
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // Storage is off.
  }
}
