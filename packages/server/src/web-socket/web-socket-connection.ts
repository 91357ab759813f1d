import type { Socket } from 'node:net';
import { ERROR_CODES, SyncError } from '@syncline/protocol';
import type { WebSocket } from 'ws';
import { Connection } from '../connection.ts';
import type { Edge } from '../edge.ts';
import type { RequestFacts } from '../identity/identity.ts';
import { webSocketFrame } from './frame.ts';

/** A close frame holds at most 123 bytes of reason (RFC 6455, 5.5). */
const MAX_REASON_BYTES = 123;

/** A larger frame is not worth gathering with others. */
const MAX_CORKED_BYTES = 16 * 1024;

/** What one read of the socket may bring besides, which its limits are checked after. */
const SLACK_BYTES = 256 * 1024;

export interface WebSocketConnectionOptions {
  readonly edge: Edge;
  readonly webSocket: WebSocket;
  /** The one that `webSocket` runs over. */
  readonly socket: Socket;
  readonly request: RequestFacts;
  readonly token: string | undefined;
}

/** One WebSocket. */
export class WebSocketConnection extends Connection {
  readonly transport = 'websocket';
  readonly frame = webSocketFrame;
  /** Those that were written to in this turn of the event loop. */
  static #corkedInTurn: WebSocketConnection[] = [];
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  /** When a frame was last written, in milliseconds of the monotonic clock. */
  #writtenAt = performance.now();
  #corked = false;
  /** How many probes came since anything was read, and how many bytes had been read by the last one. */
  #silentProbes = 0;
  #readBytes = 0;
  /** What came before it was of use, in bytes. */
  #received = 0;

  constructor({ edge, webSocket, socket, request, token }: WebSocketConnectionOptions) {
    super(edge, request, token);
    this.#webSocket = webSocket;
    this.#socket = socket;
    // The socket closes itself after an error (a frame over the limit, a broken frame).
    webSocket.on('error', () => {});
    webSocket.on('close', () => {
      edge.tick.readAll(); // what came before it was closed
      this.gone();
    });
    socket.on('data', this.#count);
  }

  /** What is gathered for a message that is not whole is not seen as a frame, and takes memory too. */
  override hasBeenOfUse(): void {
    super.hasBeenOfUse();
    this.#socket.off('data', this.#count);
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  get silentMs(): number {
    return performance.now() - this.#writtenAt;
  }

  /**
   * Writes past ws, which would frame a message for each socket again. That is safe as long as
   * nothing is compressed or fragmented. Small frames that are written in one turn of the event loop
   * go out in one system call; a large one goes at once, so that who paces large writes sees the time
   * that they take.
   */
  write(frame: Uint8Array): void {
    if (!this.isOpen) return;
    this.unread.write(frame.length);
    this.#writtenAt = performance.now();
    this.edge.metrics.framesOut.inc();
    this.edge.metrics.bytesOut.inc(frame.length);
    if (frame.length <= MAX_CORKED_BYTES) this.#cork();
    else this.#uncork();
    this.#socket.write(frame);
  }

  /**
   * Pings a peer of which nothing came since the last probe, be it a part of a long message; one that did
   * not answer to that is taken for gone. Stock clients renew their awareness each 15 s, and need no ping.
   */
  probe(): void {
    this.contain(() => this.#probe());
  }

  #probe(): void {
    // Who is not read cannot answer.
    if (!this.isReading) return;
    const { bytesRead } = this.#socket;
    this.#silentProbes = bytesRead === this.#readBytes ? this.#silentProbes + 1 : 0;
    this.#readBytes = bytesRead;
    if (this.#silentProbes > 1) this.#webSocket.terminate();
    else if (this.#silentProbes === 1 && this.isOpen) this.#webSocket.ping();
  }

  /** The peer asks whether it is heard: a frame like others, which counts, and whose answer has to be read. */
  pinged(data: Buffer): void {
    if (!this.admits(data)) return;
    this.contain(() => {
      this.unread.write(data.length);
      this.#webSocket.pong(data);
    });
  }

  terminate(): void {
    this.#webSocket.terminate();
  }

  protected setReading(isReading: boolean): void {
    if (isReading) this.#webSocket.resume();
    else this.#webSocket.pause();
  }

  protected end(reason: SyncError): void {
    const text = Buffer.from(`${reason.code}: ${reason.message}`).subarray(0, MAX_REASON_BYTES);
    // Without a character that was cut in two.
    const whole = text.toString('utf8').replace(/\ufffd$/, '');
    this.#webSocket.close(ERROR_CODES[reason.code].close, whole);
    this.#webSocket.resume(); // or the peer's goodbye would not be read
  }

  readonly #count = ({ length }: Buffer): void => {
    this.#received += length;
    const { queueBytes } = this.edge.limits;
    if (this.#received <= queueBytes + SLACK_BYTES) return;
    this.#socket.off('data', this.#count);
    const reason = `over limits.queueBytes (${queueBytes}) before a document was opened`;
    this.close(new SyncError('auth-queue-full', reason));
    this.terminate(); // what is under way of its message is not waited for
  };

  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    if (WebSocketConnection.#corkedInTurn.length === 0) {
      process.nextTick(WebSocketConnection.#endTurn);
    }
    WebSocketConnection.#corkedInTurn.push(this);
  }

  static readonly #endTurn = (): void => {
    const corked = WebSocketConnection.#corkedInTurn;
    WebSocketConnection.#corkedInTurn = [];
    for (const connection of corked) connection.#uncork();
  };

  #uncork(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#socket.uncork();
  }
}
