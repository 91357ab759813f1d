import { once } from 'node:events';
import { SUBPROTOCOL } from '@syncline/protocol';
import { WebSocket } from 'ws';
import { SYNC_PATH, type Transport, type TransportListener } from './transport.ts';

/** One message a binary frame. */
export class WebSocketTransport implements Transport {
  readonly #socket: WebSocket;
  readonly #unsent: Uint8Array[] = [];

  /** @param url `ws://HOST:PORT` */
  constructor(url: string, listener: TransportListener) {
    this.#socket = new WebSocket(`${url}${SYNC_PATH}`, SUBPROTOCOL);
    let error = '';
    this.#socket.on('open', () => {
      for (const frame of this.#unsent.splice(0)) this.#socket.send(frame);
    });
    this.#socket.on('message', (data: Buffer) => listener.onFrame(new Uint8Array(data)));
    this.#socket.on('error', (cause) => {
      error = ` ${cause.message}`;
    });
    this.#socket.on('close', (code, reason) =>
      listener.onEnd(`${code} ${reason.toString()}${error}`),
    );
  }

  send(frame: Uint8Array): void {
    if (this.#socket.readyState === WebSocket.CONNECTING) this.#unsent.push(frame);
    else this.#socket.send(frame);
  }

  async close(): Promise<void> {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    const closed = once(this.#socket, 'close');
    this.#socket.close(1000);
    await closed;
  }

  cut(): void {
    this.#socket.terminate();
  }
}
