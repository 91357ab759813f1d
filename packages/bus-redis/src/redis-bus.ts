import {
  type Bus,
  type BusListener,
  type DocumentMessage,
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
import { type BusState, Hearing } from './hearing.ts';
import { Inbox } from './inbox.ts';
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
const TICK_MS = 500;
/** How long to wait for Redis at the start, and for it to take the goodbye at the end. */
const OPEN_MS = 5_000;
const GOODBYE_MS = 500;

/** Redis is there, and will not have this node. */
const REFUSAL = /^(NOAUTH|WRONGPASS|NOPERM|ERR invalid password)/;

/**
 * A bus on Redis's publish and subscribe: one Redis (tried with 7.0), not a Cluster. Two connections, one to
 * publish and one subscribed to what all nodes hear, to the node's own channel and to each document that
 * was joined. A message may have 8 MiB; larger ones are lost.
 *
 * The node knows that it hears by its own beats, which come back to it. When none does for `SILENCE_MS`,
 * a connection breaks off or Redis does not take a message, it is deaf: until both connections stand,
 * Redis has acknowledged every channel, and a beat that was published after that has come back.
 *
 * Measured with processes of their own for Redis 7.0, one teller and two hearers, Node 20, on two shared
 * cores, with updates of 200 bytes; µs of CPU (user and system) per message:
 *
 * | told in one turn | turns/s | Redis | teller | each hearer |
 * | ---------------- | ------- | ----- | ------ | ----------- |
 * | 1                | 860     | 46    | 112    | 58          |
 * | 20               | 185     | 4.3   | 27     | 13          |
 * | 200              | 77      | 1.4   | 11     | 4.5         |
 *
 * What is told in one turn of the event loop costs one write; a single message costs all that wakes three
 * processes (25 µs of the teller's are the timer that sets the pace).
 */
export class RedisBus implements Bus {
  readonly nodeId = newNodeId();
  readonly #channels: Channels;
  readonly #publisher: Publisher;
  readonly #subscriber: Subscriber;
  readonly #hearing: Hearing;
  readonly #nodes = new Nodes();
  readonly #requests = new Requests();
  readonly #inbox: Inbox;
  readonly #timer: NodeJS.Timeout;
  #lastError: Error | undefined;
  /** Called once it is known how the start goes. */
  #onStart = () => {};
  #closing: Promise<void> | undefined;

  private constructor(address: RedisOptions, options: RedisBusOptions) {
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
      onMissed: () => this.#inbox.listener?.onMissed(),
    });
    this.#inbox = new Inbox({
      nodeId: this.nodeId,
      channels: this.#channels,
      nodes: this.#nodes,
      requests: this.#requests,
      reply: (node, reply) => {
        if (this.#closing === undefined) {
          void this.#publisher.publish(this.#channels.ofNode(node), reply);
        }
      },
      onBeat: (count) => this.#onBeat(count),
      onMissed: () => this.#hearing.miss(),
      onGone: (node) => this.#onGone(node),
      onUnreadable: options.onUnreadable,
    });
    this.#publisher = new Publisher({
      redis: connection('publisher'),
      node: this.nodeId,
      onReady: () => this.#onWhole(),
      onFailure: (cause) => this.#onFailure(cause),
    });
    this.#subscriber = new Subscriber({
      redis: connection('subscriber'),
      onMessage: (channel, payload) => {
        if (this.#closing === undefined) this.#inbox.take(channel.toString(), payload);
      },
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

  get nodeCount(): number {
    return this.#nodes.count + 1;
  }

  get isHearing(): boolean {
    return this.#hearing.isHearing;
  }

  get counts(): BusCounts {
    return { ...this.#publisher.counts, ...this.#inbox.counts };
  }

  listen(listener: BusListener): void {
    this.#inbox.listener = listener;
  }

  async join(documentId: DocumentId): Promise<void> {
    if (this.#closing !== undefined) return;
    this.#inbox.joined.add(documentId);
    const acknowledged = this.#subscriber.add(this.#channels.ofDocument(documentId));
    if (this.isHearing) await acknowledged;
  }

  leave(documentId: DocumentId): void {
    if (!this.#inbox.joined.delete(documentId)) return;
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

  #onBeat(count: number): void {
    const wasHearing = this.isHearing;
    const since = this.#hearing.heard(count, this.#isWhole);
    if (since === undefined) return;
    if (wasHearing) for (const node of this.#nodes.advance(since)) this.#onGone(node);
    else this.#nodes.startAnew();
  }

  #onGone(node: NodeId): void {
    this.#requests.giveUp(node);
    this.#inbox.listener?.onNodeGone(node);
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
