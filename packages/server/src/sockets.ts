import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type DocumentId, documentIdFromPath, SyncError } from '@syncline/protocol';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import { Connection } from './connection.ts';
import { YWebsocketSession } from './dialects/y-websocket.ts';
import type { Metrics } from './metrics.ts';
import type { Rooms } from './rooms.ts';

/** A socket to which nothing was sent for so long gets a keep-alive. Stock clients wait 30 s. */
const SILENT_MS = 20_000;
const KEEP_ALIVE_CHECK_MS = 5_000;
/** Peers are pinged each so many milliseconds; one that misses a ping is dropped at the next. */
const PROBE_MS = 30_000;
/** How long a peer may take to answer a close frame when the server stops. */
const CLOSE_GRACE_MS = 1_000;

export interface SocketsOptions {
  readonly rooms: Rooms;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** A larger frame closes its socket with 1009. */
  readonly maxFrameBytes: number;
}

interface Client {
  readonly connection: Connection;
  session?: YWebsocketSession;
}

/** The WebSockets of the server: takes upgrades, connects each socket with its room. */
export class Sockets {
  readonly #options: SocketsOptions;
  readonly #server: WebSocketServer;
  readonly #clients = new Set<Client>();
  readonly #timers: NodeJS.Timeout[];
  #closing = false;
  #congested = false;

  constructor(options: SocketsOptions) {
    this.#options = options;
    options.rooms.tick.onCongestion = (congested) => this.#setCongested(congested);
    this.#server = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: options.maxFrameBytes,
    });
    this.#timers = [
      setInterval(() => this.#keepAlive(), KEEP_ALIVE_CHECK_MS),
      setInterval(() => this.#probe(), PROBE_MS),
    ];
  }

  get connectionCount(): number {
    return this.#clients.size;
  }

  get sessionCount(): number {
    return Array.from(this.#clients).filter(({ session }) => session !== undefined).length;
  }

  /** Takes an `upgrade` event of the HTTP server. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    if (this.#closing) {
      refuseUpgrade(socket, '503 Service Unavailable', 'the server is stopping');
      return;
    }
    let documentId: DocumentId;
    try {
      documentId = documentIdFromPath((request.url ?? '/').replace(/[?#].*$/s, ''));
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      refuseUpgrade(socket, '400 Bad Request', error.message);
      return;
    }
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const { metrics } = this.#options;
      void this.#connect(webSocket, new Connection(webSocket, request.socket, metrics), documentId);
    });
  }

  /** Takes no more, reads no more, tells all to reconnect, and drops who does not listen. */
  async close(beforeGoodbye: () => Promise<void>): Promise<void> {
    this.#closing = true;
    for (const timer of this.#timers) clearInterval(timer);
    for (const { connection } of this.#clients) connection.pause();
    await beforeGoodbye();
    const reason = new SyncError('server-stopping', 'the server stops; reconnect');
    for (const { connection } of this.#clients) connection.close(reason);
    const deadline = performance.now() + CLOSE_GRACE_MS;
    while (this.#clients.size > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    for (const { connection } of this.#clients) connection.terminate();
  }

  async #connect(
    webSocket: WebSocket,
    connection: Connection,
    documentId: DocumentId,
  ): Promise<void> {
    const client: Client = { connection };
    const { logger, rooms } = this.#options;
    this.#clients.add(client);
    webSocket.on('close', () => {
      this.#clients.delete(client);
      client.session?.leave();
    });
    webSocket.on('message', (data: Buffer, isBinary: boolean) => {
      this.#receive(client, documentId, data, isBinary);
    });
    // Nothing is read before there is a room that has read its log.
    connection.pause();
    try {
      const room = await rooms.open(documentId);
      if (this.#closing || !connection.isOpen) return;
      client.session = new YWebsocketSession(connection, room);
      client.session.open();
      if (!this.#congested) connection.resume();
    } catch (error) {
      logger.error({ documentId, err: error }, 'a document could not be loaded');
      const damaged = error instanceof SyncError && error.code === 'store-damaged';
      connection.close(
        damaged
          ? new SyncError('store-damaged', 'the stored document is damaged')
          : new SyncError('load-failed', 'the document could not be loaded; try again later'),
      );
    }
  }

  #receive(client: Client, documentId: DocumentId, data: Buffer, isBinary: boolean): void {
    const { connection, session } = client;
    const { metrics } = this.#options;
    metrics.framesIn.inc();
    metrics.bytesIn.inc(data.length);
    // What still comes after the session was ended is not taken.
    if (session === undefined || this.#closing || !connection.isOpen) return;
    try {
      if (!isBinary) throw new SyncError('malformed-frame', 'this dialect has no text frames');
      session.receive(data);
    } catch (error) {
      this.#end(connection, documentId, error);
    }
  }

  /** Ends one connection for what came over it; everybody else goes on. */
  #end(connection: Connection, documentId: DocumentId, error: unknown): void {
    const { logger } = this.#options;
    if (error instanceof SyncError) {
      logger.warn({ documentId, code: error.code, reason: error.message }, 'a session was ended');
      connection.close(error);
    } else {
      logger.error({ documentId, err: error }, 'a frame caused a fault');
      connection.close(new SyncError('internal', 'a fault of the server'));
    }
  }

  /** While too much waits for a commit, clients keep what they have to say. */
  #setCongested(congested: boolean): void {
    this.#congested = congested;
    if (this.#closing) return;
    for (const { connection, session } of this.#clients) {
      if (session === undefined) continue; // it does not read yet
      if (congested) connection.pause();
      else connection.resume();
    }
  }

  #keepAlive(): void {
    for (const { connection, session } of this.#clients) {
      if (connection.silentMs >= SILENT_MS) session?.keepAlive();
    }
  }

  #probe(): void {
    // Who is not read cannot answer.
    if (this.#congested) return;
    for (const { connection } of this.#clients) connection.probe();
  }
}

function refuseUpgrade(socket: Duplex, status: string, message: string): void {
  const body = `${message}\n`;
  socket.end(
    [
      `HTTP/1.1 ${status}`,
      'connection: close',
      'content-type: text/plain; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  );
}
