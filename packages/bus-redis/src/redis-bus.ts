import {
  type Bus,
  type BusListener,
  type DocumentMessage,
  decodeDocumentMessage,
  decodeNodeMessage,
  encodeDocumentMessage,
  encodeNodeMessage,
  HEARTBEAT_MS,
  type NodeId,
  type NodeMessage,
  newNodeId,
} from '@syncline/bus';
import { type DocumentId, SyncError } from '@syncline/protocol';
import { type RedisOptions, ReplyError } from 'ioredis';
import { Channels } from './channels.ts';
import { connect } from './connection.ts';
import { decodeEnvelope, type Packet, type Sender } from './envelope.ts';
import { type BusState, Hearing } from './hearing.ts';
import { Nodes } from './nodes.ts';
import { Publisher } from './publisher.ts';
import { parseRedisUrl } from './redis-url.ts';
import { Requests } from './requests.ts';
import { Subscriber } from './subscriber.ts';

export interface RedisBusOptions {
  /** What all channels begin with, `syncline` if nothing is said: installations that share a Redis differ in it. */
  readonly prefix?: string | undefined;
  /** Called when the bus begins or ceases to hear; `cause` is why it ceased, if that is known. */
  readonly onState?: ((state: BusState, cause: Error | undefined) => void) | undefined;
  /** Something came that cannot be read: from a newer node, or from somebody else. At most once a minute. */
  readonly onUnreadable?: ((cause: unknown) => void) | undefined;
}

/** What a bus has done so far, in messages. */
export interface BusCounts {
  /** Taken by Redis. */
  readonly published: number;
  /** Not taken by Redis: it was away, or slow. */
  readonly dropped: number;
  /** Heard from other nodes. */
  readonly heard: number;
  readonly unreadable: number;
}

const DEFAULT_PREFIX = 'syncline';
const TICK_MS = 1_000;
/** How long to wait for Redis at the start, and for it to take the goodbye at the end. */
const OPEN_MS = 5_000;
const GOODBYE_MS = 500;
const REPORT_MS = 60_000;

/** Redis is there, and will not have this node. */
const REFUSAL = /^(NOAUTH|WRONGPASS|NOPERM|ERR invalid password)/;

/** A bus on Redis's publish and subscribe. It needs one Redis, not a Cluster. */
export class RedisBus implements Bus {
  readonly nodeId = newNodeId();
  readonly #options: RedisBusOptions;
  readonly #channels: Channels;
  readonly #publisher: Publisher;
  readonly #subscriber: Subscriber;
  readonly #hearing: Hearing;
  readonly #nodes = new Nodes();
  readonly #requests = new Requests();
  readonly #joined = new Set<DocumentId>();
  readonly #timer: NodeJS.Timeout;
  #listener: BusListener | undefined;
  #heard = 0;
  #unreadable = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #lastError: Error | undefined;
  /** Called once it is known how the start goes. */
  #onStart = () => {};
  #closing: Promise<void> | undefined;

  private constructor(address: RedisOptions, options: RedisBusOptions) {
    this.#options = options;
    this.#channels = new Channels(options.prefix ?? DEFAULT_PREFIX);
    const connection = (role: string) =>
      connect(address, `syncline-${this.nodeId}-${role}`, (cause) => this.#onError(cause));
    this.#hearing = new Hearing({
      beat: (count) => void this.#publisher.publish(this.#channels.all, { type: 'beat', count }),
      onState: (state, cause) => {
        if (state === 'hearing') this.#lastError = undefined;
        this.#onStart();
        options.onState?.(state, cause);
      },
      onMissed: () => this.#listener?.onMissed(),
    });
    this.#publisher = new Publisher({
      redis: connection('publisher'),
      node: this.nodeId,
      onReady: () => this.#onWhole(),
      onFailure: (cause) => this.#onFailure(cause),
    });
    this.#subscriber = new Subscriber({
      redis: connection('subscriber'),
      onMessage: (channel, payload) => this.#onMessage(channel.toString(), payload),
      onComplete: () => this.#onWhole(),
      onFailure: (cause) => this.#onFailure(cause),
    });
    void this.#subscriber.add(this.#channels.all);
    void this.#subscriber.add(this.#channels.ofNode(this.nodeId));
    // After what came meanwhile was read: a process that stood still is not deaf.
    this.#timer = setInterval(() => setImmediate(() => this.#tick()), TICK_MS);
  }

  /**
   * Connects, for a few seconds at most. When Redis is away the bus is deaf, and goes on trying.
   * @param url see {@link parseRedisUrl}
   * @throws SyncError `config-invalid` when the address is none, or Redis refuses the login or its rights.
   */
  static async open(url: string, options: RedisBusOptions = {}): Promise<RedisBus> {
    const bus = new RedisBus(parseRedisUrl(url), options);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, OPEN_MS);
      bus.#onStart = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    const cause = bus.#lastError;
    if (!bus.isHearing && cause !== undefined && REFUSAL.test(cause.message)) {
      await bus.close();
      throw new SyncError('config-invalid', `Redis refuses: ${cause.message}`, { cause });
    }
    if (!bus.isHearing) bus.#hearing.deafen(cause);
    return bus;
  }

  get isHearing(): boolean {
    return this.#hearing.isHearing;
  }

  get counts(): BusCounts {
    return { ...this.#publisher.counts, heard: this.#heard, unreadable: this.#unreadable };
  }

  listen(listener: BusListener): void {
    this.#listener = listener;
  }

  async join(documentId: DocumentId): Promise<void> {
    if (this.#closing !== undefined) return;
    this.#joined.add(documentId);
    const acknowledged = this.#subscriber.add(this.#channels.ofDocument(documentId));
    if (this.isHearing) await acknowledged;
  }

  leave(documentId: DocumentId): void {
    if (!this.#joined.delete(documentId)) return;
    this.#subscriber.remove(this.#channels.ofDocument(documentId));
  }

  tell(documentId: DocumentId, message: DocumentMessage): void {
    this.#tell(this.#channels.ofDocument(documentId), () => encodeDocumentMessage(message));
  }

  tellAll(message: NodeMessage): void {
    this.#tell(this.#channels.all, () => encodeNodeMessage(message));
  }

  async ask(node: NodeId, request: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    return await this.#requests.ask(node, timeoutMs, async (id) =>
      this.#closing === undefined
        ? await this.#publisher.publish(this.#channels.ofNode(node), {
            type: 'request',
            id,
            bytes: request,
          })
        : 0,
    );
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer);
    this.#requests.giveUp();
    this.#subscriber.close();
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      this.#publisher.publish(this.#channels.all, { type: 'goodbye' }),
      new Promise((resolve) => {
        timer = setTimeout(resolve, GOODBYE_MS);
      }),
    ]);
    clearTimeout(timer);
    this.#publisher.close();
  }

  #tell(channel: string, encode: () => Uint8Array): void {
    if (this.#closing !== undefined) return;
    void this.#publisher.publish(channel, { type: 'message', bytes: encode() });
  }

  #onMessage(channel: string, payload: Uint8Array): void {
    if (this.#closing !== undefined) return;
    try {
      const { sender, packet } = decodeEnvelope(payload);
      if (sender.node === this.nodeId) {
        if (channel === this.#channels.all) this.#onEcho(packet());
      } else {
        this.#onPacket(channel, sender, packet());
      }
    } catch (cause) {
      if (!(cause instanceof SyncError)) throw cause;
      this.#onUnreadable(cause);
    }
  }

  #onEcho(packet: Packet): void {
    if (packet.type !== 'beat') return;
    const wasHearing = this.isHearing;
    const since = this.#hearing.heard(packet.count, this.#isWhole);
    if (since === undefined) return;
    if (wasHearing) for (const node of this.#nodes.advance(since)) this.#onGone(node);
    else this.#nodes.startAnew();
  }

  #onPacket(channel: string, sender: Sender, packet: Packet): void {
    if (!this.#nodes.hear(sender)) return;
    switch (packet.type) {
      case 'message':
        this.#onTold(channel, sender.node, packet.bytes);
        break;
      case 'beat':
        break;
      case 'missed':
        this.#hearing.miss();
        break;
      case 'goodbye':
        if (this.#nodes.forget(sender.node)) this.#onGone(sender.node);
        break;
      case 'request':
        void this.#answer(sender.node, packet.id, packet.bytes);
        break;
      case 'answer':
      case 'failure':
        this.#requests.take(sender.node, packet);
        break;
    }
  }

  #onTold(channel: string, from: NodeId, bytes: Uint8Array): void {
    this.#heard++;
    if (channel === this.#channels.all) {
      this.#listener?.onNodeMessage(decodeNodeMessage(bytes), from);
      return;
    }
    const documentId = this.#channels.documentOf(channel);
    if (documentId === undefined || !this.#joined.has(documentId)) return;
    this.#listener?.onMessage(documentId, decodeDocumentMessage(bytes), from);
  }

  async #answer(node: NodeId, id: number, request: Uint8Array): Promise<void> {
    if (this.#listener === undefined) return;
    const reply = await this.#listener.onRequest(request.slice(), node).then(
      (bytes): Packet => ({ type: 'answer', id, bytes }),
      (cause: unknown): Packet =>
        cause instanceof SyncError
          ? { type: 'failure', id, code: cause.code, message: cause.message }
          : { type: 'failure', id, code: 'internal', message: 'a node failed at a request' },
    );
    if (this.#closing === undefined)
      void this.#publisher.publish(this.#channels.ofNode(node), reply);
  }

  #onGone(node: NodeId): void {
    this.#requests.giveUp(node);
    this.#listener?.onNodeGone(node);
  }

  /** What was in it is as good as lost. */
  #onUnreadable(cause: unknown): void {
    this.#unreadable++;
    this.#hearing.miss();
    if (performance.now() - this.#reportedAt < REPORT_MS) return;
    this.#reportedAt = performance.now();
    this.#options.onUnreadable?.(cause);
  }

  get #isWhole(): boolean {
    return this.#publisher.isReady && this.#subscriber.isComplete;
  }

  /** Both connections may stand, with all channels: a beat will tell. */
  #onWhole(): void {
    if (!this.#isWhole || this.isHearing || this.#closing !== undefined) return;
    this.#announceLoss();
    this.#hearing.beat();
  }

  /** Tells others what they cannot know: that they did not hear all that this node had to say. */
  #announceLoss(): void {
    if (!this.#publisher.hasLost || !this.#publisher.isReady || this.#publisher.isBusy) return;
    this.#publisher.hasLost = false;
    void this.#publisher.publish(this.#channels.all, { type: 'missed' });
    // What is in no store, this node alone can say again.
    this.#hearing.miss();
  }

  #onError(cause: Error): void {
    this.#lastError = cause;
    this.#onStart();
  }

  #onFailure(cause: Error | undefined): void {
    if (this.#closing !== undefined) return;
    // Other errors are ioredis's, which says no more than that the connection broke off.
    if (cause instanceof ReplyError) this.#lastError = cause;
    this.#deafen(this.#lastError ?? new Error('Redis closed a connection'));
  }

  #deafen(cause: Error): void {
    this.#hearing.deafen(cause);
    this.#subscriber.release();
  }

  #tick(): void {
    if (this.#closing !== undefined) return;
    if (this.#hearing.isSilent) {
      this.#deafen(new Error('nothing comes back from Redis'));
      this.#hearing.waitAnew();
      this.#publisher.reconnect();
      this.#subscriber.reconnect();
    } else if (this.#subscriber.isStuck) {
      this.#deafen(new Error('Redis does not answer'));
    }
    this.#subscriber.retry();
    this.#announceLoss();
    if (!this.isHearing) this.#onWhole();
    else if (this.#hearing.sinceBeat >= HEARTBEAT_MS) this.#hearing.beat();
    this.#hearing.sayWhatIsOwed();
  }
}
