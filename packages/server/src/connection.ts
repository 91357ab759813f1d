import type { Socket } from 'node:net';
import { ERROR_CODES, type SyncError } from '@syncline/protocol';
import type { WebSocket } from 'ws';
import type { Metrics } from './metrics.ts';

/** A close frame holds at most 123 bytes of reason (RFC 6455, 5.5). */
const MAX_REASON_BYTES = 123;

/** A larger frame is not worth gathering with others. */
const MAX_CORKED_BYTES = 16 * 1024;

/** One socket. Writing to a closed one does nothing. */
export class Connection {
  readonly #webSocket: WebSocket;
  readonly #socket: Socket;
  readonly #metrics: Metrics;
  /** When a frame was last written, in milliseconds of the monotonic clock. */
  #writtenAt = performance.now();
  #corked = false;
  #answered = true;

  /** @param socket the one that `webSocket` runs over. */
  constructor(webSocket: WebSocket, socket: Socket, metrics: Metrics) {
    this.#webSocket = webSocket;
    this.#socket = socket;
    this.#metrics = metrics;
    webSocket.on('pong', () => {
      this.#answered = true;
    });
    // The socket closes itself after an error (a frame over the limit, a broken frame).
    webSocket.on('error', () => {});
  }

  get isOpen(): boolean {
    return this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  /** How many bytes wait to be sent. */
  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  /**
   * Writes a whole frame (see `webSocketFrame`) past ws, which would frame it for each socket again.
   * That is safe as long as nothing is compressed or fragmented. Small frames that are written in
   * one turn of the event loop go out in one system call; a large one goes at once, so that who
   * paces large writes sees the time that they take.
   */
  write(frame: Uint8Array): void {
    if (!this.isOpen) return;
    this.#writtenAt = performance.now();
    this.#metrics.framesOut.inc();
    this.#metrics.bytesOut.inc(frame.length);
    if (frame.length <= MAX_CORKED_BYTES) this.#cork();
    else this.#uncork();
    this.#socket.write(frame);
  }

  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => this.#uncork());
  }

  #uncork(): void {
    if (!this.#corked) return;
    this.#corked = false;
    this.#socket.uncork();
  }

  /** For how long nothing was written, in milliseconds. */
  get silentMs(): number {
    return performance.now() - this.#writtenAt;
  }

  /** Pings the peer; one that did not answer the last ping is taken for gone. */
  probe(): void {
    if (this.#answered) {
      this.#answered = false;
      if (this.isOpen) this.#webSocket.ping();
    } else {
      this.#webSocket.terminate();
    }
  }

  /** Stops reading: what the peer sends waits, until {@link resume}, on its own side. */
  pause(): void {
    this.#webSocket.pause();
  }

  resume(): void {
    this.#webSocket.resume();
  }

  close(reason: SyncError): void {
    if (!this.isOpen) return;
    this.#metrics.refused(reason.code);
    const text = Buffer.from(`${reason.code}: ${reason.message}`).subarray(0, MAX_REASON_BYTES);
    // Without a character that was cut in two.
    const whole = text.toString('utf8').replace(/\ufffd$/, '');
    this.#webSocket.close(ERROR_CODES[reason.code].close, whole);
    this.#webSocket.resume(); // or the peer's goodbye would not be read
  }

  /** Drops the socket without waiting for the peer. */
  terminate(): void {
    this.#webSocket.terminate();
  }
}
