import { isIP } from 'node:net';

/** What is known of who sent a request. */
export interface Caller {
  /** The address of the socket's other end. */
  readonly address: string | undefined;
  /** The headers of the same names. */
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly secFetchSite: string | undefined;
  /** Whether a proxy says that it forwards the request for somebody else. */
  readonly isForwarded: boolean;
}

/**
 * Why a caller may not administer the server, or `undefined` when it may. As long as there is no
 * authentication, that is whoever can run programs on the server's machine: a page in a browser on
 * that machine must not, neither with a form (`Origin`), nor with an image (`Sec-Fetch-Site`), nor
 * under a name of its own that it made point here (`Host`; DNS rebinding).
 */
export function refusalOf(caller: Caller): string | undefined {
  const { address, host, origin, secFetchSite, isForwarded } = caller;
  if (address === undefined || !isLoopbackAddress(address)) {
    return "only programs on the server's machine may ask this";
  }
  if (isForwarded) return 'this is not answered through a proxy';
  if (host === undefined || !isLoopbackHost(host)) {
    return 'this is answered only under the name localhost or a loopback address';
  }
  if (origin !== undefined && origin !== `http://${host}`) return 'web pages may not ask this';
  if (secFetchSite !== undefined && secFetchSite !== 'same-origin' && secFetchSite !== 'none') {
    return 'web pages may not ask this';
  }
  return undefined;
}

/** Takes IPv4 in IPv6 (`::ffff:127.0.0.1`) as well, as a socket for both has it. */
export function isLoopbackAddress(address: string): boolean {
  const plain = address.replace(/^::ffff:/i, '');
  return plain === '::1' || (isIP(plain) === 4 && plain.startsWith('127.'));
}

export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase().replace(/:\d{1,5}$/, '');
  return name === 'localhost' || name === '[::1]' || (isIP(name) === 4 && name.startsWith('127.'));
}
