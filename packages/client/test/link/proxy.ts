import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach } from 'vitest';

/**
 * What becomes of a request: it goes through; the server gets it, and its answer is lost; the answer
 * begins, and its body never comes; it is answered here.
 */
export type Fate = 'pass' | 'lose-answer' | 'hold-body' | ((response: ServerResponse) => void);

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
  /** How many are under way. */
  underWay = 0;
  fateOf: (request: IncomingMessage) => Fate = () => 'pass';
  readonly #target: string;
  readonly #headers: Record<string, string>;
  readonly #server = createServer((incoming, response) => this.#forward(incoming, response));
  readonly #sockets = new Set<Socket>();
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
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
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
      other.pipe(socket).pipe(other);
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
