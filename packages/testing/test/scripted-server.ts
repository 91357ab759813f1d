import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  Defragmenter,
  decodeBody,
  decodeClientMessage,
  encodeBody,
  encodeServerMessage,
  fragmentsOf,
  SUBPROTOCOL,
  type SynclineClientMessage,
  type SynclineServerMessage,
} from '@syncline/protocol';
import { WebSocketServer } from 'ws';

const POLL_MS = 100;
const MAX_BYTES = 10_000_000;

/** What the test answers. */
export type Script = (message: SynclineClientMessage, say: Say) => void;
export type Say = (message: SynclineServerMessage) => void;

/** The three transports of `syncline.v1`, with a test in the place of a server. */
export class ScriptedServer {
  url = '';
  readonly heard: SynclineClientMessage[] = [];
  /** Answers of the HTTP transport that get lost. */
  lose = 0;
  readonly #fragmentBytes: number;
  readonly #script: Script;
  readonly #http = createServer((request, response) => void this.#onRequest(request, response));
  readonly #sockets = new WebSocketServer({
    server: this.#http,
    handleProtocols: (offered) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
  });
  readonly #polled = new Map<string, Polled>();

  private constructor(script: Script, fragmentBytes: number) {
    this.#script = script;
    this.#fragmentBytes = fragmentBytes;
    this.#sockets.on('connection', (socket) => {
      const receive = this.#connection((frame) => socket.send(frame));
      socket.on('message', (data: Buffer) => receive(new Uint8Array(data)));
    });
  }

  static async start(script: Script, fragmentBytes = MAX_BYTES): Promise<ScriptedServer> {
    const server = new ScriptedServer(script, fragmentBytes);
    await once(server.#http.listen(0, '127.0.0.1'), 'listening');
    server.url = `http://127.0.0.1:${(server.#http.address() as AddressInfo).port}`;
    return server;
  }

  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#http.closeAllConnections();
    this.#http.close();
  }

  #connection(send: (frame: Uint8Array) => void): (frame: Uint8Array) => void {
    const fragments = new Defragmenter(MAX_BYTES);
    const say: Say = (message) => {
      for (const frame of fragmentsOf(encodeServerMessage(message), this.#fragmentBytes))
        send(frame);
    };
    return (frame) => {
      const bytes = fragments.accept(frame);
      if (bytes === undefined) return;
      const message = decodeClientMessage(bytes);
      this.heard.push(message);
      this.#script(message, say);
    };
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const frames = decodeBody(new Uint8Array(Buffer.concat(chunks)));
    const { pathname, searchParams } = new URL(request.url ?? '', this.url);
    const id = pathname.split('/')[3] ?? '';
    if (id === '') return this.#open(frames, response);
    const polled = this.#polled.get(id);
    if (polled === undefined) {
      response.writeHead(404).end('{"code":"connection-unknown"}');
    } else if (request.method === 'POST') {
      polled.take(Number(searchParams.get('n')), frames);
      if (this.lose-- > 0) response.destroy();
      else response.writeHead(204).end();
    } else if (request.method === 'DELETE') {
      this.#polled.delete(id);
      response.writeHead(204).end();
    } else if (searchParams.get('mode') === 'stream') {
      response.writeHead(200).flushHeaders();
      polled.stream = response;
      polled.flow();
    } else {
      await polled.answer(Number(searchParams.get('after')), response, this.lose-- > 0);
    }
  }

  #open(frames: Iterable<Uint8Array>, response: ServerResponse): void {
    const id = `c${this.#polled.size}`;
    const polled = new Polled((send) => this.#connection(send));
    polled.take(1, frames);
    const answer = encodeBody(polled.waiting.splice(0));
    polled.restart();
    this.#polled.set(id, polled);
    response.writeHead(200, { 'syncline-connection': id }).end(answer);
  }
}

/** One connection of the HTTP transport. */
class Polled {
  waiting: Uint8Array[] = [];
  stream: ServerResponse | undefined;
  #taken = 0;
  #forgotten = 0;
  readonly #receive: (frame: Uint8Array) => void;

  constructor(connect: (send: (frame: Uint8Array) => void) => (frame: Uint8Array) => void) {
    this.#receive = connect((frame) => {
      this.waiting.push(frame);
      this.flow();
    });
  }

  /** The numbers of the requests begin after the one that opened. */
  restart(): void {
    this.#taken = 0;
  }

  take(number: number, frames: Iterable<Uint8Array>): void {
    if (number !== this.#taken + 1) return;
    this.#taken = number;
    for (const frame of frames) this.#receive(frame);
  }

  flow(): void {
    this.stream?.write(encodeBody(this.waiting.splice(0)));
  }

  async answer(after: number, response: ServerResponse, lost: boolean): Promise<void> {
    this.waiting.splice(0, after - this.#forgotten);
    this.#forgotten = after;
    for (let ms = 0; ms < POLL_MS && this.waiting.length === 0; ms += 10) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    if (lost) return void response.destroy();
    const next = String(after + this.waiting.length);
    response.writeHead(200, { 'syncline-next': next }).end(encodeBody(this.waiting));
  }
}
