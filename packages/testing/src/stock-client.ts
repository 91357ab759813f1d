import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { until } from './until.ts';

/** How long a cut-off client waits at most before it tries again, in milliseconds. */
const MAX_BACKOFF_MS = 400;

/** An unmodified y-websocket 3 client. BroadcastChannel is off: it would need no server. */
export class StockClient {
  readonly doc: Y.Doc;
  readonly provider: WebsocketProvider;
  /** Close codes of its sockets, in order. */
  readonly closeCodes: number[] = [];

  constructor(url: string, documentId: string, doc = new Y.Doc()) {
    this.doc = doc;
    this.provider = new WebsocketProvider(url, encodeURIComponent(documentId), doc, {
      // ws has all that the provider uses of a browser's WebSocket.
      WebSocketPolyfill: WebSocket as never,
      disableBc: true,
      maxBackoffTime: MAX_BACKOFF_MS,
    });
    this.provider.on('connection-close', (event) => {
      if (event !== null) this.closeCodes.push(event.code);
    });
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
    try {
      await until('the content is there', () => this.content === content, timeoutMs);
    } catch {
      const got = this.content;
      throw new Error(
        `the client has ${got.length} characters, not the ${content.length} that were expected: ` +
          JSON.stringify(got.slice(0, 80)),
      );
    }
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
