import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Random } from './random.ts';
import { sleep } from './until.ts';

/** What a {@link FaultyNetwork} can hold back without a word: one direction, or both. */
export type Direction = 'up' | 'down';

interface Line {
  readonly client: Socket;
  readonly server: Socket;
  /** What these bring goes nowhere, and neither end is told. */
  readonly silent: Set<Direction>;
}

/** A TCP proxy that does to connections what bad networks do. It looks into nothing that it carries. */
export class FaultyNetwork {
  /** How long a piece is on its way at most, in milliseconds. 0: bytes are passed on as they come. */
  latencyMs = 0;
  /** How large a piece is at most, in bytes. */
  pieceBytes = 64 * 1024;
  /** How many connections there were. */
  dialed = 0;
  readonly #target: number;
  readonly #random: Random;
  readonly #lines = new Set<Line>();
  readonly #server = createServer((client) => this.#open(client));

  private constructor(target: number, random: Random) {
    this.#target = target;
    this.#random = random;
  }

  /** @param url of the server, which may come and go */
  static async start(url: string, random = new Random(1)): Promise<FaultyNetwork> {
    const network = new FaultyNetwork(Number(new URL(url).port), random);
    network.#server.listen(0, '127.0.0.1');
    await once(network.#server, 'listening');
    return network;
  }

  /** `ws://HOST:PORT` */
  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Breaks off all connections. New ones come through. */
  cut(): void {
    for (const line of this.#lines) this.#end(line);
  }

  /** Breaks off one connection, if there is one. */
  cutOne(): void {
    if (this.#lines.size > 0) this.#end(this.#random.pick([...this.#lines]));
  }

  /** The connections that there are now carry nothing any more. Returns how they are broken off in the end. */
  silence(...directions: readonly Direction[]): () => void {
    const lines = [...this.#lines];
    for (const line of lines) for (const direction of directions) line.silent.add(direction);
    return () => lines.forEach((line) => this.#end(line));
  }

  close(): void {
    this.#server.close();
    this.cut();
  }

  #open(client: Socket): void {
    this.dialed++;
    const server = connect(this.#target, '127.0.0.1');
    const line: Line = { client, server, silent: new Set() };
    this.#lines.add(line);
    // Whoever is told that a socket failed is told again by its close.
    client.on('error', () => {});
    server.on('error', () => {});
    void this.#carry(line, 'up');
    void this.#carry(line, 'down');
  }

  async #carry(line: Line, direction: Direction): Promise<void> {
    const [from, to] = direction === 'up' ? [line.client, line.server] : [line.server, line.client];
    try {
      for await (const bytes of from as AsyncIterable<Buffer>) {
        for (let at = 0; at < bytes.length; ) {
          const piece = bytes.subarray(at, at + 1 + this.#random.below(this.pieceBytes));
          at += piece.length;
          if (this.latencyMs > 0) await sleep(this.#random.between(0, this.latencyMs));
          if (!line.silent.has(direction)) to.write(piece);
        }
      }
    } catch {
      // It was broken off, and so is the rest.
    }
    // A silent line does not even say that it is over.
    if (line.silent.size > 0) return;
    to.end();
    this.#lines.delete(line);
  }

  #end(line: Line): void {
    this.#lines.delete(line);
    line.client.destroy();
    line.server.destroy();
  }
}
