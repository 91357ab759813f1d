import {
  type ClientMessageOf,
  Defragmenter,
  decodeServerMessage,
  encodeClientMessage,
  fragmentsOf,
  PROTOCOL_VERSIONS,
  type ServerMessageOf,
  type SynclineClientMessage,
  type SynclineServerMessage,
} from '@syncline/protocol';
import { until } from '../until.ts';
import { HttpTransport } from './http-transport.ts';
import { type AttachOptions, SynclineSession } from './session.ts';
import type { Transport, TransportListener } from './transport.ts';
import { WebSocketTransport } from './web-socket-transport.ts';

/** The largest message that a server is expected to send. */
const MAX_MESSAGE_BYTES = 512 * 1024 * 1024;

export type TransportName = 'websocket' | 'http-stream' | 'http-poll';

export interface SynclineClientOptions extends Partial<Omit<ClientMessageOf<'hello'>, 'type'>> {
  readonly transport?: TransportName;
}

/** The server said goodbye. */
export class GoodbyeError extends Error {
  override readonly name = 'GoodbyeError';
  readonly goodbye: ServerMessageOf<'goodbye'>;

  constructor(goodbye: ServerMessageOf<'goodbye'>) {
    super(`${goodbye.code}: ${goodbye.message}`);
    this.goodbye = goodbye;
  }
}

/** A small client of `syncline.v1`, made by protocol/SPEC.md and nothing else. It never comes back by itself. */
export class SynclineClient {
  /** All that the server said, in order. */
  readonly received: SynclineServerMessage[] = [];
  /** How the connection ended, when it did. */
  ended: string | undefined;
  readonly #transport: Transport;
  readonly #fragments = new Defragmenter(MAX_MESSAGE_BYTES);
  readonly #sessions = new Map<number, SynclineSession>();
  #lastChannel = 0;
  #heartbeat: NodeJS.Timeout | undefined;
  #heardAt = 0;
  #pinged = false;

  private constructor(url: string, transport: TransportName) {
    this.#transport = openTransport(url, transport, {
      onFrame: (frame) => this.#receive(frame),
      onEnd: (reason) => this.#end(reason),
    });
  }

  /**
   * @param url `ws://HOST:PORT` or `http://HOST:PORT`, for every transport
   * @throws GoodbyeError when the server refuses
   */
  static async connect(url: string, options: SynclineClientOptions = {}): Promise<SynclineClient> {
    const client = new SynclineClient(url, options.transport ?? 'websocket');
    client.send({
      type: 'hello',
      versions: options.versions ?? PROTOCOL_VERSIONS,
      clientName: options.clientName ?? 'syncline-testing',
      clientVersion: options.clientVersion ?? '',
      schemaVersion: options.schemaVersion ?? 0,
      token: options.token ?? '',
    });
    await until(
      'the server answers',
      () => client.received.length > 0 || client.ended !== undefined,
    );
    if (client.goodbye !== undefined) throw new GoodbyeError(client.goodbye);
    const { heartbeatMs } = client.welcome;
    client.#heartbeat = setInterval(() => client.#checkHeartbeat(heartbeatMs), heartbeatMs / 4);
    client.#heartbeat.unref();
    return client;
  }

  /** @throws Error when the server did not say it */
  get welcome(): ServerMessageOf<'welcome'> {
    const [first] = this.received;
    if (first?.type !== 'welcome') throw new Error(`no welcome: ${first?.type ?? this.ended}`);
    return first;
  }

  get goodbye(): ServerMessageOf<'goodbye'> | undefined {
    return this.all('goodbye')[0];
  }

  get sessions(): readonly SynclineSession[] {
    return [...this.#sessions.values()];
  }

  /** All messages of one type, in order. */
  all<Type extends SynclineServerMessage['type']>(type: Type): ServerMessageOf<Type>[] {
    return this.received.filter((message) => message.type === type) as ServerMessageOf<Type>[];
  }

  /** Waits until that many messages of one type have come, and returns the last of them. */
  async message<Type extends SynclineServerMessage['type']>(
    type: Type,
    count = 1,
    timeoutMs?: number,
  ): Promise<ServerMessageOf<Type>> {
    await until(`${count} × ${type}`, () => this.all(type).length >= count, timeoutMs);
    return this.all(type)[count - 1] as ServerMessageOf<Type>;
  }

  send(message: SynclineClientMessage): void {
    const bytes = encodeClientMessage(message);
    const [first] = this.received;
    const limit = first?.type === 'welcome' ? first.limits.fragmentBytes : bytes.length;
    for (const frame of fragmentsOf(bytes, limit)) this.#transport.send(frame);
  }

  /** Sends bytes as they are, as one frame. */
  sendFrame(frame: Uint8Array | readonly number[]): void {
    this.#transport.send(Uint8Array.from(frame));
  }

  /**
   * Begins a session, and resolves when the server has answered: look at its `state`. With the same
   * options it can be done again after a reset.
   */
  async attach(documentId: string, options: AttachOptions = {}): Promise<SynclineSession> {
    const session = new SynclineSession(this, documentId, options);
    session.attach();
    await until(
      `${documentId} is answered`,
      () => session.state !== 'attaching' || this.ended !== undefined,
    );
    return session;
  }

  /** A number that no session of this connection ever had. */
  takeChannel(session: SynclineSession): number {
    this.#sessions.set(++this.#lastChannel, session);
    return this.#lastChannel;
  }

  freeChannel(channel: number): void {
    this.#sessions.delete(channel);
  }

  /** Ends the connection; what was sent before arrives first. */
  async close(): Promise<void> {
    await this.#transport.close();
  }

  /** Breaks the connection off without a goodbye. */
  cut(): void {
    this.#transport.cut();
  }

  /** Breaks the connection off, and ends the documents of its sessions. */
  destroy(): void {
    const { sessions } = this;
    this.cut();
    this.#end('destroyed');
    for (const session of sessions) session.destroy();
  }

  #receive(frame: Uint8Array): void {
    if (this.ended !== undefined) return;
    this.#heardAt = performance.now();
    this.#pinged = false;
    const message = this.#decode(frame);
    if (message === undefined) return;
    this.received.push(message);
    if (message.type === 'ping') this.send({ type: 'pong' });
    // What comes for a channel that is closed was under way when it was closed.
    if ('channel' in message) this.#sessions.get(message.channel)?.receive(message);
  }

  /** Whoever cannot read the other end breaks off: X1. */
  #decode(frame: Uint8Array): SynclineServerMessage | undefined {
    try {
      const bytes = this.#fragments.accept(frame);
      return bytes && decodeServerMessage(bytes);
    } catch (cause) {
      this.cut();
      this.#end(String(cause));
      return undefined;
    }
  }

  /** After silence for one heartbeat it asks, and after another one it takes the connection for dead. */
  #checkHeartbeat(heartbeatMs: number): void {
    const silentMs = performance.now() - this.#heardAt;
    if (silentMs > 2 * heartbeatMs) {
      this.cut();
      this.#end('no sign of life');
    } else if (silentMs > heartbeatMs && !this.#pinged) {
      this.#pinged = true;
      this.send({ type: 'ping' });
    }
  }

  #end(reason: string): void {
    if (this.ended !== undefined) return;
    this.ended = reason;
    clearInterval(this.#heartbeat);
    for (const session of this.#sessions.values()) session.disconnected();
    this.#sessions.clear();
  }
}

function openTransport(url: string, name: TransportName, listener: TransportListener): Transport {
  if (name === 'websocket') return new WebSocketTransport(url.replace(/^http/, 'ws'), listener);
  const mode = name === 'http-stream' ? 'stream' : 'poll';
  return new HttpTransport(url.replace(/^ws/, 'http'), mode, listener);
}
