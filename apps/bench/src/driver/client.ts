import { WebSocket } from 'ws';
import type { Dialect, PresenceEntry, ServerMessage } from './dialect.ts';
import { FrameCache } from './frame-cache.ts';

/** The state vector of nothing, and the update that brings nothing. */
const NOTHING = Uint8Array.of(0);
const NO_UPDATE = Uint8Array.of(0, 0);

/** Where clients connect to. */
export interface Endpoint {
  /** `HOST:PORT` */
  readonly address: string;
  readonly kind: { readonly dialect: Dialect };
}

/** What a client has when it connects. */
export interface Knowledge {
  readonly stateVector: Uint8Array;
  /** For each Yjs client, the clock after its last struct. */
  readonly ends: ReadonlyMap<number, number>;
  /** The content of its SyncStep2: stock clients send at least their whole delete set. */
  readonly answer: Uint8Array;
}

export const knowsNothing: Knowledge = {
  stateVector: NOTHING,
  ends: new Map(),
  answer: NO_UPDATE,
};

/** All clients of one run: they share what they read. */
export class Clients {
  readonly #server: Endpoint;
  readonly #frames: FrameCache;
  readonly all = new Set<Client>();

  constructor(server: Endpoint) {
    this.#server = server;
    this.#frames = new FrameCache(server.kind.dialect);
  }

  /** A client whose socket is opened now. Await its `opened`. */
  create(documentId: string, knowledge = knowsNothing): Client {
    const client = new Client(this.#server, this.#frames, documentId, knowledge);
    this.all.add(client);
    return client;
  }

  /** Opens many, so many at a time. */
  async connect(
    documentIds: readonly string[],
    knowledge = knowsNothing,
    atOnce = 100,
  ): Promise<Client[]> {
    const clients: Client[] = [];
    for (let start = 0; start < documentIds.length; start += atOnce) {
      const batch = documentIds
        .slice(start, start + atOnce)
        .map((id) => this.create(id, knowledge));
      await Promise.all(batch.map((client) => client.opened));
      clients.push(...batch);
    }
    return clients;
  }

  close(): void {
    for (const client of this.all) client.close();
    this.all.clear();
  }
}

/** A client without a Y.Doc: it sends what was prepared, and keeps the updates that it gets. */
export class Client {
  readonly documentId: string;
  /** Resolves when the socket is open; rejects when it cannot be opened. */
  readonly opened: Promise<void>;
  /** Updates, in the order in which they came; the answer to the SyncStep1 among them. */
  readonly received: Uint8Array[] = [];
  /** For each Yjs client, the clock after its last struct that this one has. */
  readonly ends: Map<number, number>;
  frames = 0;
  bytes = 0;
  /** When the answer to the SyncStep1 came, by `performance.now()`. */
  answeredAt: number | undefined;
  /** How the server ended the connection, if it did. */
  ended: string | undefined;
  /** Called for each update that came. */
  onUpdate: ((ends: ReadonlyMap<number, number>) => void) | undefined;
  /** Called for each awareness message that came. */
  onPresence: ((message: ServerMessage & { readonly type: 'awareness' }) => void) | undefined;

  readonly #dialect: Dialect;
  readonly #frameCache: FrameCache;
  readonly #knowledge: Knowledge;
  readonly #socket: WebSocket;

  constructor(server: Endpoint, frames: FrameCache, documentId: string, knowledge: Knowledge) {
    this.documentId = documentId;
    this.#dialect = server.kind.dialect;
    this.#frameCache = frames;
    this.#knowledge = knowledge;
    this.ends = new Map(knowledge.ends);
    this.#socket = new WebSocket(this.#dialect.url(server.address, documentId), {
      perMessageDeflate: false,
      skipUTF8Validation: true,
    });
    this.opened = new Promise((resolve, reject) => {
      this.#socket.on('open', () => {
        const frames = this.#dialect.greeting(documentId, knowledge.stateVector);
        for (const frame of frames) this.#socket.send(frame);
        resolve();
      });
      this.#socket.on('error', reject);
    });
    this.#socket.on('message', (data: Buffer) => this.#receive(data));
    this.#socket.on('close', (code, reason) => {
      this.ended = `${code} ${reason.toString()}`;
    });
  }

  /** Bytes that were not yet given to the system. */
  get waitingBytes(): number {
    return this.#socket.bufferedAmount;
  }

  sendUpdate(update: Uint8Array): void {
    this.#socket.send(this.#dialect.update(this.documentId, update));
  }

  sendPresence(entries: readonly PresenceEntry[]): void {
    this.#socket.send(this.#dialect.awareness(this.documentId, entries));
  }

  sendFrame(frame: Uint8Array): void {
    this.#socket.send(frame);
  }

  close(): void {
    this.#socket.terminate();
  }

  #receive(data: Buffer): void {
    this.frames++;
    this.bytes += data.length;
    const message = this.#frameCache.decode(data);
    switch (message.type) {
      case 'sync-step-1':
        this.#socket.send(this.#dialect.syncStep2(this.documentId, this.#knowledge.answer));
        break;
      case 'update':
        this.received.push(message.update);
        for (const [client, end] of message.ends) {
          if (end > (this.ends.get(client) ?? 0)) this.ends.set(client, end);
        }
        if (message.isAnswer) this.answeredAt ??= performance.now();
        this.onUpdate?.(message.ends);
        break;
      case 'awareness':
        this.onPresence?.(message);
        break;
      case 'ping':
        if (this.#dialect.pong !== undefined) this.#socket.send(this.#dialect.pong);
        break;
      case 'other':
        break;
    }
  }
}
