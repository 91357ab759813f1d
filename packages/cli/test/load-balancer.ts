import { createConnection, createServer, type Server, type Socket } from 'node:net';

/** Gives each connection to a node that takes it, as what stands before a cluster does. */
export class LoadBalancer {
  readonly #nodes: readonly { readonly url: string }[];
  readonly #choose: (count: number) => number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** How many bytes clients have sent. */
  bytes = 0;

  /** @param choose which of so many nodes is to be tried first; those after it follow */
  private constructor(
    nodes: readonly { readonly url: string }[],
    choose: (count: number) => number,
  ) {
    this.#nodes = nodes;
    this.#choose = choose;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  static async start(
    nodes: readonly { readonly url: string }[],
    choose: (count: number) => number,
  ): Promise<LoadBalancer> {
    const balancer = new LoadBalancer(nodes, choose);
    await new Promise<void>((resolve) => balancer.#server.listen(0, '127.0.0.1', resolve));
    return balancer;
  }

  /** `ws://HOST:PORT` */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `ws://127.0.0.1:${address.port}`;
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #accept(client: Socket): void {
    this.#keep(client);
    client.on('data', ({ length }) => {
      this.bytes += length;
    });
    client.pause();
    const first = this.#choose(this.#nodes.length);
    this.#try(client, [...this.#nodes.slice(first), ...this.#nodes.slice(0, first)]);
  }

  #try(client: Socket, [node, ...others]: readonly { readonly url: string }[]): void {
    if (node === undefined || client.destroyed) {
      client.destroy();
      return;
    }
    const { hostname, port } = new URL(node.url);
    const upstream = createConnection({ host: hostname, port: Number(port), noDelay: true });
    const next = () => this.#try(client, others);
    upstream.once('error', next);
    upstream.once('connect', () => {
      upstream.off('error', next);
      this.#keep(upstream);
      client.setNoDelay(true);
      client.once('close', () => upstream.destroy());
      upstream.once('close', () => client.destroy());
      if (client.destroyed) upstream.destroy();
      else client.pipe(upstream).pipe(client);
    });
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
  }
}
