import { readVarString, readVarUint } from 'lib0/decoding';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import { WebsocketProvider as WebsocketProvider2 } from 'y-websocket-2';
import * as Y from 'yjs';
import { hasContent } from './content.ts';
import { until } from './until.ts';

/** How long a cut-off client waits at most before it tries again, in milliseconds. */
const MAX_BACKOFF_MS = 400;
/** The message type of y-websocket that says that something is not permitted. */
const AUTH = 2;

const PROVIDERS = {
  2: WebsocketProvider2 as unknown as typeof WebsocketProvider,
  3: WebsocketProvider,
} as const;

export interface StockClientOptions {
  /** Of y-websocket: 2.1 or 3.1, which is the default. */
  readonly version?: 2 | 3;
  /** Of the URL: a token, say. */
  readonly params?: Readonly<Record<string, string>>;
  readonly doc?: Y.Doc;
}

/** An unmodified y-websocket client. BroadcastChannel is off: it would need no server. */
export class StockClient {
  readonly doc: Y.Doc;
  readonly provider: WebsocketProvider;
  /** Close codes of its sockets, in order. */
  readonly closeCodes: number[] = [];
  /** What the server said that it may not, in order. */
  readonly denials: string[] = [];

  constructor(url: string, documentId: string, options: StockClientOptions = {}) {
    const { version = 3, params = {}, doc = new Y.Doc() } = options;
    this.doc = doc;
    this.provider = new PROVIDERS[version](url, encodeURIComponent(documentId), doc, {
      // ws has all that the provider uses of a browser's WebSocket.
      WebSocketPolyfill: WebSocket as never,
      disableBc: true,
      maxBackoffTime: MAX_BACKOFF_MS,
      params: { ...params },
    });
    this.provider.on('connection-close', (event) => {
      if (event !== null) this.closeCodes.push(event.code);
    });
    // In the place of a warning on the console.
    this.provider.messageHandlers[AUTH] = (_, decoder) => {
      readVarUint(decoder);
      this.denials.push(readVarString(decoder));
    };
  }

  get text(): Y.Text {
    return this.doc.getText('text');
  }

  get content(): string {
    return this.text.toString();
  }

  async synced(timeoutMs?: number): Promise<this> {
    await until('the client is synced', () => this.provider.synced, timeoutMs);
    return this;
  }

  async hasContent(content: string, timeoutMs?: number): Promise<void> {
    await hasContent(this, content, timeoutMs);
  }

  /** Cuts the socket without a goodbye. The client notices and comes back by itself. */
  cut(): void {
    (this.provider.ws as unknown as WebSocket | null)?.terminate();
  }

  destroy(): void {
    this.provider.destroy();
    this.doc.destroy();
  }
}

/** The text that a client sees that was never there before. */
export async function readFresh(url: string, documentId: string): Promise<string> {
  const reader = new StockClient(url, documentId);
  try {
    await reader.synced();
    return reader.content;
  } finally {
    reader.destroy();
  }
}
