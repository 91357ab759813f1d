import { WebSocket } from 'ws';
import { until } from './until.ts';

/** A bare WebSocket on a document: sends any bytes, and keeps what comes. */
export class RawClient {
  readonly socket: WebSocket;
  readonly frames: Uint8Array[] = [];
  /** How the socket was closed. */
  closed: { readonly code: number; readonly reason: string } | undefined;

  #opened = false;

  private constructor(url: string, documentId: string) {
    this.socket = new WebSocket(`${url}/${encodeURIComponent(documentId)}`);
    this.socket.on('open', () => {
      this.#opened = true;
    });
    this.socket.on('message', (data: Buffer) => this.frames.push(new Uint8Array(data)));
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
    this.socket.on('error', () => {});
  }

  static async connect(url: string, documentId: string): Promise<RawClient> {
    const client = new RawClient(url, documentId);
    await until('the socket is open', () => client.#opened);
    return client;
  }

  send(frame: Uint8Array | readonly number[] | string): void {
    this.socket.send(typeof frame === 'string' ? frame : Uint8Array.from(frame));
  }

  /** The code with which the server closed the socket. */
  async closeCode(): Promise<number> {
    await until('the socket is closed', () => this.closed !== undefined);
    return this.closed?.code ?? 0;
  }

  /** Waits for a frame that begins with these bytes. */
  async frame(...begin: number[]): Promise<Uint8Array> {
    const matches = (frame: Uint8Array) => begin.every((byte, index) => frame[index] === byte);
    await until(`a frame that begins with ${begin.join(' ')}`, () => this.frames.some(matches));
    return this.frames.find(matches) as Uint8Array;
  }

  destroy(): void {
    this.socket.terminate();
  }
}
