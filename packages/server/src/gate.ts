import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { SyncError } from '@syncline/protocol';
import { isLoopbackAddress, isLoopbackHost } from './admin/access.ts';
import type { Connections } from './connections.ts';
import type { RequestFacts } from './identity/identity.ts';

export interface GateOptions {
  readonly connections: Connections;
  /** What all paths begin with: empty, or `/sync`, say. */
  readonly basePath: string;
  /** Origins of pages that may connect besides those of the server's own host; `*` is any. */
  readonly origins: readonly string[];
  /** How many proxies stand in front, each of which adds to `X-Forwarded-For`. */
  readonly trustProxy: number;
  /** Whether only programs on this machine reach the server: then so may all pages served by one. */
  readonly isLocal: boolean;
}

/** Who knocks, as far as that is known before a token was looked at. */
export interface Visitor {
  readonly request: RequestFacts;
  readonly token: string | undefined;
  /** What the path has after the base, still percent-encoded. */
  readonly name: string;
}

/** What looks at a request before it becomes a connection, by WebSocket or by HTTP. */
export class Gate {
  readonly #options: GateOptions;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /** @throws SyncError `origin-refused`, `too-many-connections`, `server-stopping`, `document-id-invalid` */
  admit(request: IncomingMessage): Visitor {
    const { basePath, connections } = this.#options;
    const url = request.url ?? '/';
    const [path = '/', ...query] = url.split('?');
    if (basePath !== '' && path !== basePath && !path.startsWith(`${basePath}/`)) {
      throw new SyncError('document-id-invalid', `paths of this server begin with ${basePath}/`);
    }
    const { headers } = request;
    const facts = this.factsOf(request);
    this.#checkOrigin(headers);
    connections.mustAdmit(facts.address);
    return {
      request: facts,
      token: bearerOf(headers) ?? new URLSearchParams(query.join('?')).get('token') ?? undefined,
      name: path.slice(basePath.length),
    };
  }

  factsOf(request: IncomingMessage): RequestFacts {
    const { headers, url = '/' } = request;
    const [path = '/'] = url.split('?');
    const address = this.#addressOf(request);
    return { address, origin: headers.origin, path, headers: plainHeaders(headers) };
  }

  /** @throws SyncError `origin-refused` */
  mustBeWelcome({ headers }: IncomingMessage): void {
    this.#checkOrigin(headers);
  }

  isWelcome({ headers }: IncomingMessage): boolean {
    try {
      this.#checkOrigin(headers);
      return true;
    } catch {
      return false;
    }
  }

  /** The nearest proxy adds last; what stands before those that are trusted, anybody can write. */
  #addressOf({ headers, socket }: IncomingMessage): string {
    const { trustProxy } = this.#options;
    const forwarded = trustProxy > 0 ? headers['x-forwarded-for'] : undefined;
    const hops = String(forwarded ?? '')
      .split(',')
      .map((hop) => hop.trim());
    return hops.at(-trustProxy) || (socket.remoteAddress ?? '');
  }

  /** What is no browser sends no `Origin`, and could send any. */
  #checkOrigin({ origin, host, 'x-forwarded-host': forwardedHost }: IncomingHttpHeaders): void {
    if (origin === undefined) return;
    const { origins, isLocal, trustProxy } = this.#options;
    if (origins.includes('*') || origins.includes(origin)) return;
    const page = URL.canParse(origin) ? new URL(origin).host : undefined;
    const own = (trustProxy > 0 ? forwardedHost : undefined) ?? host;
    // A name of their own that others made point here (DNS rebinding) is no host of ours.
    if (page !== undefined && page === own && (!isLocal || isLoopbackHost(page))) return;
    if (page !== undefined && isLocal && isLoopbackHost(page)) return;
    throw new SyncError('origin-refused', `pages of ${origin.slice(0, 200)} may not connect`);
  }
}

/** Whether a server that listens there is reached from its own machine only. */
export function isLocalHost(host: string): boolean {
  return isLoopbackAddress(host) || isLoopbackHost(host);
}

export function bearerOf(headers: IncomingHttpHeaders): string | undefined {
  return /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

function plainHeaders(headers: IncomingHttpHeaders): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  return Object.fromEntries(entries) as Record<string, string>;
}
