import type { LinkEnd } from './link.ts';

/** A browser's WebSocket, or what works like one. */
export interface RefusableWebSocket extends globalThis.WebSocket {
  /** Why the server refused to open it. Browsers do not tell. */
  readonly refusal?: LinkEnd | undefined;
}

export type WebSocketConstructor = new (url: string, subprotocol: string) => RefusableWebSocket;
