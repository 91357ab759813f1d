import { ERROR_CODES, SyncError } from '@syncline/protocol';
import type { WebSocket } from 'ws';

/** A close frame holds at most 123 bytes of reason (RFC 6455, 5.5). */
const MAX_REASON_BYTES = 123;

/** One socket. Sending on a closed one does nothing. */
export class Connection {
  readonly #socket: WebSocket;
  /** When a frame was last sent, in milliseconds of the monotonic clock. */
  #sentAt = performance.now();
  #answered = true;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('pong', () => {
      this.#answered = true;
    });
    // The socket closes itself after an error (a frame over the limit, a broken frame).
    socket.on('error', () => {});
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: Uint8Array): void {
    if (!this.isOpen) return;
    this.#sentAt = performance.now();
    this.#socket.send(frame);
  }

  /** For how long nothing was sent, in milliseconds. */
  get silentMs(): number {
    return performance.now() - this.#sentAt;
  }

  /** Pings the peer; one that did not answer the last ping is taken for gone. */
  probe(): void {
    if (this.#answered) {
      this.#answered = false;
      if (this.isOpen) this.#socket.ping();
    } else {
      this.#socket.terminate();
    }
  }

  /** Stops reading: what the peer sends waits, until {@link resume}, on its own side. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(reason: SyncError): void {
    const text = Buffer.from(`${reason.code}: ${reason.message}`).subarray(0, MAX_REASON_BYTES);
    // Without a character that was cut in two.
    const whole = text.toString('utf8').replace(/\ufffd$/, '');
    this.#socket.close(ERROR_CODES[reason.code].close, whole);
  }

  /** Drops the socket without waiting for the peer. */
  terminate(): void {
    this.#socket.terminate();
  }
}
