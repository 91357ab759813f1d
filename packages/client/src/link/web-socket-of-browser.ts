import type { WebSocketConstructor } from './web-socket.ts';

export const WebSocket: WebSocketConstructor = globalThis.WebSocket;
