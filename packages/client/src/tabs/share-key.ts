/** Claims that differ between two tokens of one and the same person. */
const OF_ONE_TOKEN = new Set(['iat', 'exp', 'nbf', 'jti']);

/** Numbers that a double may not hold exactly, when the strings are left out. */
const INEXACT_NUMBER = /[\d.]{16}|\de/i;

/**
 * What tabs must have in common to share a connection: the server, the version of the application's data,
 * and what the token says. A JWT says its claims, apart from its times and its id; any other token only
 * itself. A hash, so that nobody reads a token in the name of a lock.
 * @param url of the server
 * @param token empty: none
 */
export async function shareKey(url: string, schemaVersion: number, token: string): Promise<string> {
  const text = JSON.stringify([url, schemaVersion, claimsOf(token) ?? token]);
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The claims of a JWT, in an order of their own; undefined when it is none. */
function claimsOf(token: string): object | undefined {
  const part = /^[\w-]+\.([\w-]+)\.[\w-]*$/.exec(token)?.[1];
  if (part === undefined) return undefined;
  try {
    const binary = atob(part.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
    const json = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const claims: unknown = JSON.parse(json, (_name, value: unknown) => sorted(value));
    // Two that differ would be read as one. The strings of what is JSON end, so this takes linear time.
    if (INEXACT_NUMBER.test(json.replace(/"(?:[^"\\]|\\.)*"/g, '""'))) return undefined;
    if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) return undefined;
    return Object.fromEntries(Object.entries(claims).filter(([name]) => !OF_ONE_TOKEN.has(name)));
  } catch {
    return undefined;
  }
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
