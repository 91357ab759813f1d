import * as provider4 from '@hocuspocus/provider';
import * as provider3 from 'hocuspocus-provider-3';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { hasContent } from './content.ts';
import { until } from './until.ts';

/** How soon a cut-off client tries again, in milliseconds. */
const BACKOFF = { delay: 50, minDelay: 50, maxDelay: 400 } as const;

type Provider = provider4.HocuspocusProvider;
type WebsocketProvider = provider4.HocuspocusProviderWebsocket;

/** The classes of both versions have what is used here. */
const PACKAGES = { 3: provider3 as unknown as typeof provider4, 4: provider4 } as const;

/** Of @hocuspocus/provider: 3.4 or 4.8. */
export type HocuspocusVersion = keyof typeof PACKAGES;

/** A socket that is thrown away while it connects has an error that nobody listens to any more. */
class QuietWebSocket extends WebSocket {
  constructor(url: string) {
    super(url);
    this.on('error', () => {});
  }
}

/** One socket of unmodified Hocuspocus providers, for several documents. */
export class HocuspocusSocket {
  readonly version: HocuspocusVersion;
  readonly provider: WebsocketProvider;
  /** Close codes of its sockets, in order. */
  readonly closeCodes: number[] = [];

  constructor(url: string, version: HocuspocusVersion = 4) {
    this.version = version;
    this.provider = new PACKAGES[version].HocuspocusProviderWebsocket({
      url,
      WebSocketPolyfill: QuietWebSocket,
      ...BACKOFF,
      onClose: ({ event }) => this.closeCodes.push(event.code),
    });
  }

  /** Cuts the socket without a goodbye. The provider notices and comes back by itself. */
  cut(): void {
    (this.provider.webSocket as unknown as WebSocket | null)?.terminate();
  }

  destroy(): void {
    this.provider.destroy();
    // Version 3 keeps a timer that would connect again.
    this.provider.connect = async () => {};
  }
}

export interface HocuspocusClientOptions {
  /** When the client makes a socket of its own; 4 is the default. */
  readonly version?: HocuspocusVersion;
  readonly token?: string | (() => string | Promise<string>);
  /** Version 4: a key of its own, so that one socket can have the same document twice. */
  readonly sessionAwareness?: boolean;
  readonly doc?: Y.Doc;
}

/** An unmodified Hocuspocus client, on a socket of its own or on one that others share. */
export class HocuspocusClient {
  readonly doc: Y.Doc;
  readonly provider: Provider;
  readonly socket: HocuspocusSocket;
  /** The scopes with which it was let in, in order. */
  readonly authenticated: string[] = [];
  /** Why it was not let in, in order. */
  readonly authenticationFailed: string[] = [];
  readonly stateless: string[] = [];
  /** How the document or its socket was closed, in order. */
  readonly closes: { readonly code: number; readonly reason: string }[] = [];

  readonly #ownsSocket: boolean;

  constructor(
    socket: string | HocuspocusSocket,
    documentId: string,
    options: HocuspocusClientOptions = {},
  ) {
    this.#ownsSocket = typeof socket === 'string';
    this.socket =
      typeof socket === 'string' ? new HocuspocusSocket(socket, options.version) : socket;
    this.doc = options.doc ?? new Y.Doc();
    this.provider = new PACKAGES[this.socket.version].HocuspocusProvider({
      websocketProvider: this.socket.provider,
      name: documentId,
      document: this.doc,
      token: (options.token ?? null) as string | null,
      ...(options.sessionAwareness && { sessionAwareness: true }),
      onAuthenticated: ({ scope }: { scope?: string }) => this.authenticated.push(scope ?? ''),
      onAuthenticationFailed: ({ reason }) => this.authenticationFailed.push(reason),
      onStateless: ({ payload }) => this.stateless.push(payload),
      onClose: ({ event }) => this.closes.push({ code: event.code, reason: event.reason }),
    });
    this.provider.attach();
  }

  get text(): Y.Text {
    return this.doc.getText('text');
  }

  get content(): string {
    return this.text.toString();
  }

  /** What the provider takes for not saved. */
  get unsyncedChanges(): number {
    return this.provider.unsyncedChanges;
  }

  async synced(timeoutMs?: number): Promise<this> {
    await until('the client is synced', () => this.provider.synced, timeoutMs);
    return this;
  }

  /** Waits until the provider takes everything for saved. */
  async saved(timeoutMs?: number): Promise<void> {
    await until('nothing is unsynced', () => !this.provider.hasUnsyncedChanges, timeoutMs);
  }

  async hasContent(content: string, timeoutMs?: number): Promise<void> {
    await hasContent(this, content, timeoutMs);
  }

  /** Leaves the document, and its own socket. */
  destroy(): void {
    this.provider.destroy();
    if (this.#ownsSocket) this.socket.destroy();
    this.doc.destroy();
  }
}
