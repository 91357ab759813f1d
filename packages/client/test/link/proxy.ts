import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach } from 'vitest';

/**
 * What becomes of a request: it goes through; the server gets it, and its answer is lost; the answer
 * begins, and its body never comes; its answer comes when it is whole; it is answered here.
 */
export type Fate =
  | 'pass'
  | 'lose-answer'
  | 'hold-body'
  | 'buffer'
  | ((response: ServerResponse) => void);

const proxies: Proxy[] = [];

afterEach(() => {
  for (const proxy of proxies.splice(0)) proxy.cut();
});

/** Stands before a server, and does what networks do. */
export class Proxy {
  /** `METHOD path`, of all that came. */
  readonly requests: string[] = [];
  /** `METHOD status`, of all that the server answered. */
  readonly answers: string[] = [];
  /** How many WebSockets were asked for. */
  upgrades = 0;
  /** WebSockets go through; are answered with 403; are opened, and nothing comes down. */
  webSockets: 'pass' | 'refuse' | 'silence' = 'pass';
  /** How many are under way. */
  underWay = 0;
  fateOf: (request: IncomingMessage) => Fate = () => 'pass';
  readonly #target: string;
  readonly #headers: Record<string, string>;
  readonly #server = createServer((incoming, response) => this.#forward(incoming, response));
  readonly #sockets = new Set<Socket>();
  #port = 0;
  /** Ends the passing of an answer. */
  readonly #passing = new Set<() => unknown>();

  private constructor(target: string, headers: Record<string, string>) {
    this.#target = target;
    this.#headers = headers;
    this.#server.on('connection', (socket) => this.#sockets.add(socket));
    this.#server.on('upgrade', (incoming: IncomingMessage, socket: Socket) =>
      this.#upgrade(incoming, socket),
    );
  }

  /**
   * @param target `http://HOST:PORT`
   * @param headers to add to all requests
   */
  static async start(target: string, headers: Record<string, string> = {}): Promise<Proxy> {
    const proxy = new Proxy(target, headers);
    proxies.push(proxy);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    proxy.#port = (proxy.#server.address() as AddressInfo).port;
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** What is under way brings no more, and nobody is told. */
  freeze(): void {
    for (const freeze of this.#passing) freeze();
  }

  /** All is broken off, and nothing comes through any more. */
  cut(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** After `cut`, at the same address. */
  async listenAgain(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  #forward(incoming: IncomingMessage, response: ServerResponse): void {
    this.requests.push(`${incoming.method} ${incoming.url}`);
    this.underWay++;
    response.on('close', () => this.underWay--);
    const fate = this.fateOf(incoming);
    if (typeof fate === 'function') {
      incoming.resume().on('end', () => fate(response));
      return;
    }
    const outgoing = this.#request(incoming);
    outgoing.on('error', () => response.destroy());
    outgoing.on('response', (answer) => {
      this.answers.push(`${incoming.method} ${answer.statusCode}`);
      if (fate === 'lose-answer') {
        answer.resume();
        response.destroy();
        return;
      }
      if (fate === 'buffer') {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          response.end(Buffer.concat(chunks));
        });
        return;
      }
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      response.flushHeaders();
      if (fate === 'hold-body') {
        answer.resume();
        return;
      }
      answer.pipe(response);
      const freeze = (): unknown => answer.unpipe(response).resume();
      this.#passing.add(freeze);
      answer.on('end', () => this.#passing.delete(freeze));
    });
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  }

  #upgrade(incoming: IncomingMessage, socket: Socket): void {
    this.upgrades++;
    if (this.webSockets === 'refuse') {
      socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
      return;
    }
    const outgoing = this.#request(incoming);
    const statusLine = (answer: IncomingMessage): void => {
      const headers = answer.rawHeaders.map((text, at) => text + (at % 2 === 0 ? ': ' : '\r\n'));
      const { statusCode, statusMessage } = answer;
      socket.write(`HTTP/1.1 ${statusCode} ${statusMessage}\r\n${headers.join('')}\r\n`);
    };
    outgoing.on('error', () => socket.destroy());
    outgoing.on('response', (answer) => {
      statusLine(answer);
      answer.pipe(socket);
    });
    outgoing.on('upgrade', (answer: IncomingMessage, other: Socket, head: Buffer) => {
      statusLine(answer);
      socket.write(head);
      socket.pipe(other);
      if (this.webSockets === 'silence') other.resume();
      else other.pipe(socket);
      for (const [one, peer] of [[socket, other] as const, [other, socket] as const]) {
        one.on('error', () => {});
        one.on('close', () => peer.destroy());
      }
    });
    outgoing.end();
  }

  #request({ method, url, headers }: IncomingMessage) {
    return request(`${this.#target}${url}`, {
      method,
      headers: { ...headers, ...this.#headers },
      agent: false,
    });
  }
}
