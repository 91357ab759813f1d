import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { encodeBody, encodeServerMessage } from '@syncline/protocol';
import { afterEach } from 'vitest';
import { WebSocketServer } from 'ws';

const WELCOME = encodeServerMessage({
  type: 'welcome',
  version: 1,
  connectionId: 'connection',
  serverVersion: '',
  userId: '',
  tokenExpiresInMs: 0,
  heartbeatMs: 20_000,
  limits: {
    fragmentBytes: 1024,
    updateBytes: 2 ** 20,
    documents: 10,
    awarenessBytes: 1024,
    broadcastBytes: 1024,
  },
});

export interface Script {
  /** The frames that follow the welcome. */
  readonly frames?: readonly Uint8Array[];
  /** Takes the place of their body over HTTP. */
  readonly body?: Uint8Array;
  /** What became of a WebSocket that was opened, in the place of frames. */
  readonly onWebSocket?: (socket: import('ws').WebSocket) => void;
  /** Whether the subprotocol is confirmed. */
  readonly speaks?: boolean;
}

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** Says welcome in all transports, then what it was given, and nothing more. Returns its URL. */
export async function startScript(script: Script): Promise<string> {
  const { frames = [], body = encodeBody(frames), onWebSocket, speaks = true } = script;
  const server = createServer((request, response) => serveHttp(request, response, body));
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  const webSockets = new WebSocketServer({
    server,
    perMessageDeflate: false,
    handleProtocols: ([first]) => (speaks && first !== undefined ? first : false),
  });
  webSockets.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.once('message', () => {
      socket.send(WELCOME);
      for (const frame of frames) socket.send(frame);
      onWebSocket?.(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function serveHttp(request: IncomingMessage, response: ServerResponse, body: Uint8Array): void {
  const { method, url = '' } = request;
  request.resume();
  const type = { 'content-type': 'application/octet-stream' };
  if (method === 'POST' && url.endsWith('/v1/sync')) {
    response.writeHead(200, { ...type, 'syncline-connection': 'abc' });
    response.end(encodeBody([WELCOME]));
  } else if (method !== 'GET') {
    response.writeHead(204).end();
  } else if (url.endsWith('mode=stream')) {
    response.writeHead(200, type);
    response.write(body);
  } else if (url.endsWith('after=0')) {
    response.writeHead(200, { ...type, 'syncline-next': '9' });
    response.end(body);
  }
}
