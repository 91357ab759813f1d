import type { Bus, NodeId } from '@syncline/bus';
import { SyncError } from '@syncline/protocol';
import { SynclineDialect } from '../dialects/syncline/dialect.ts';
import type { Edge } from '../edge.ts';
import type { Visitor } from '../gate.ts';
import { HttpConnection } from './http-connection.ts';
import { decodeNodeRequest, encodePolled, encodeTaken } from './node-request.ts';
import { RemoteConnection, WAIT_MS } from './remote-connection.ts';
import type { RequestedConnection } from './requested-connection.ts';

/** The node that has the connection, and what cannot be guessed: see `Connection.id`. */
const ID = /^([\w-]{1,64})\.[\w-]{22}$/;
const NOTHING = new Uint8Array();

/** The connections that consist of requests. Any node may be asked for them: the one that has one is in its id. */
export class HttpConnections {
  readonly #edge: Edge;
  readonly #bus: Bus;
  readonly #own = new Map<string, HttpConnection>();

  constructor(edge: Edge, bus: Bus) {
    this.#edge = edge;
    this.#bus = bus;
  }

  open(visitor: Visitor): HttpConnection {
    const edge = this.#edge;
    const connection = new HttpConnection(edge, visitor, (it) => new SynclineDialect(it, edge));
    edge.connections.add(connection);
    this.#own.set(connection.id, connection);
    connection.onGone = () => this.#own.delete(connection.id);
    return connection;
  }

  /** @throws SyncError `connection-unknown`; of one of another node, when it is used. */
  find(id: string): RequestedConnection {
    const node = ID.exec(id)?.[1] as NodeId | undefined;
    if (node === undefined || node === this.#bus.nodeId) return this.#find(id);
    return new RemoteConnection(this.#bus, node, id);
  }

  /**
   * Answers another node that was asked for a connection of this one, within `WAIT_MS` or little more.
   * @throws SyncError `connection-unknown`, `malformed-frame`, `rate-limited`
   */
  async onRequest(bytes: Uint8Array): Promise<Uint8Array> {
    const request = decodeNodeRequest(bytes);
    const connection = this.#find(request.id);
    switch (request.type) {
      case 'post': {
        const { number, body } = request;
        return encodeTaken(await isWithin(connection.post(number, body), WAIT_MS));
      }
      case 'poll':
        return encodePolled(await connection.poll(request.after, undefined, WAIT_MS));
      case 'stay':
        connection.stay();
        return NOTHING;
      case 'leave':
        connection.terminate();
        return NOTHING;
      default:
        return request satisfies never;
    }
  }

  #find(id: string): HttpConnection {
    const connection = this.#own.get(id);
    if (connection !== undefined) return connection;
    throw new SyncError('connection-unknown', 'there is no such connection; open a new one');
  }
}

/** Whether work ends in time; it goes on if not. */
async function isWithin(work: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const done = work.then(() => true as const);
  return await Promise.race([done, late]).finally(() => clearTimeout(timer));
}
