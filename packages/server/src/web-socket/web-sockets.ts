import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { SUBPROTOCOL, SyncError } from '@syncline/protocol';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Dialect } from '../connection.ts';
import { chooseDialect } from '../dialects/choose.ts';
import { SynclineDialect } from '../dialects/syncline/dialect.ts';
import type { Edge } from '../edge.ts';
import type { Gate } from '../gate.ts';
import { retryAfter } from '../http-transport/refusal.ts';
import { ShortFrames } from './short-frames.ts';
import { WebSocketConnection } from './web-socket-connection.ts';

/** Each so many milliseconds silent peers are looked for; one that is gone is dropped after three times that at most. */
const PROBE_MS = 20_000;
/** A message in more pieces than this is an attack on the one who gathers them. */
const MAX_FRAGMENTS = 1_024;

/** The way in by WebSocket: takes upgrades, and finds out which dialect a socket speaks. */
export class WebSockets {
  readonly #edge: Edge;
  readonly #gate: Gate;
  readonly #server: WebSocketServer;
  readonly #open = new Set<WebSocketConnection>();
  readonly #timer: NodeJS.Timeout;

  constructor(edge: Edge, gate: Gate) {
    this.#edge = edge;
    this.#gate = gate;
    this.#server = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      autoPong: false, // the connection answers, within its limits
      maxPayload: edge.limits.frameBytes,
      maxFragments: MAX_FRAGMENTS,
      handleProtocols: (offered) =>
        offered.has(SUBPROTOCOL) ? SUBPROTOCOL : ([...offered][0] ?? false),
    });
    this.#timer = setInterval(() => {
      for (const connection of this.#open) connection.probe();
    }, PROBE_MS).unref();
  }

  /** Takes an `upgrade` event of the HTTP server. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { limits, turns } = this.#edge;
    socket.on('error', () => socket.destroy());
    try {
      const visitor = this.#gate.admit(request);
      // A client of `syncline.v1` is told by a goodbye, which pages can read.
      if (!offersSyncline(request)) this.#edge.sessions.mustBeSoon();
      // What ws would do, if it had the socket itself.
      request.socket.setTimeout(0).setNoDelay();
      if (head.length > 0) socket.unshift(head);
      const frames = new ShortFrames(socket, limits.frameBytes, turns);
      this.#server.handleUpgrade(request, frames, Buffer.alloc(0), (webSocket) => {
        const connection = new WebSocketConnection({
          edge: this.#edge,
          webSocket,
          socket: request.socket,
          ...visitor,
        });
        this.#connect(webSocket, frames, connection, visitor.name);
      });
    } catch (error) {
      if (error instanceof SyncError) {
        this.#edge.metrics.refused(error.code);
        refuseUpgrade(socket, error);
      } else {
        this.#edge.logger.error({ err: error }, 'a request to connect caused a fault');
        socket.destroy();
      }
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #connect(
    webSocket: WebSocket,
    frames: ShortFrames,
    connection: WebSocketConnection,
    name: string,
  ): void {
    this.#edge.connections.add(connection);
    this.#open.add(connection);
    webSocket.on('close', () => this.#open.delete(connection));
    const choose = (first: Uint8Array): Dialect =>
      webSocket.protocol === SUBPROTOCOL
        ? new SynclineDialect(connection, this.#edge)
        : chooseDialect(first, name, connection, this.#edge);
    const take = (data: Buffer, isBinary: boolean): void => {
      if (!connection.admits(data)) return;
      this.#edge.tick.read(() => connection.read(data, isBinary, choose), data.length);
    };
    frames.onMessage = (data) => take(data, true);
    webSocket.on('message', take);
    webSocket.on('ping', (data) => connection.pinged(data));
    webSocket.on('pong', (data) => connection.admits(data));
  }
}

function offersSyncline({ headers }: IncomingMessage): boolean {
  const offered = headers['sec-websocket-protocol']?.split(',') ?? [];
  return offered.some((name) => name.trim() === SUBPROTOCOL);
}

const STATUS = {
  'origin-refused': '403 Forbidden',
  'too-many-connections': '429 Too Many Requests',
  'server-stopping': '503 Service Unavailable',
  'server-busy': '503 Service Unavailable',
} as const;

function refuseUpgrade(socket: Duplex, error: SyncError): void {
  const { code, message } = error;
  const status = code in STATUS ? STATUS[code as keyof typeof STATUS] : '400 Bad Request';
  const body = `${code}: ${message}\n`;
  socket.end(
    [
      `HTTP/1.1 ${status}`,
      'connection: close',
      ...(status.startsWith('503') ? [`retry-after: ${retryAfter(error)}`] : []),
      'content-type: text/plain; charset=utf-8',
      'x-content-type-options: nosniff',
      `content-length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
}
