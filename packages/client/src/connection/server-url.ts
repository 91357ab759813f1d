/**
 * The address of a server: `ws:` and `wss:` as `http:` and `https:`, without a slash at its end.
 * @throws TypeError when it is none.
 */
export function serverUrl(url: string): string {
  const base = globalThis.location as Location | undefined;
  const parsed = new URL(url, base?.href);
  const protocol = parsed.protocol.replace(/^ws/, 'http');
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new TypeError(
      `the URL of a server begins with ws(s):// or http(s)://, not ${parsed.protocol}`,
    );
  }
  return `${protocol}//${parsed.host}${parsed.pathname.replace(/\/+$/, '')}`;
}
