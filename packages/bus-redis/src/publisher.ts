import type { NodeId } from '@syncline/bus';
import type { Redis } from 'ioredis';
import { encodeEnvelope, encodeHeader, type Packet } from './envelope.ts';

/** How much may wait for Redis, in bytes. */
export const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** What a message that waits takes besides its bytes, which are there twice, in bytes. */
const COST_BYTES = 1_024;

interface PublisherOptions {
  readonly redis: Redis;
  readonly node: NodeId;
  /** There is a connection. */
  readonly onReady: () => void;
  /** Redis did not take a message, or there is no connection any more. */
  readonly onFailure: (cause?: Error) => void;
}

/** Publishes what a node has to say, in order, without waiting: what Redis does not take in time is lost. */
export class Publisher {
  readonly counts = { published: 0, dropped: 0 };
  /** Whether something was lost that others should have heard. Whoever makes it known sets it back. */
  hasLost = false;
  readonly #redis: Redis;
  readonly #onFailure: (cause?: Error) => void;
  /** Of the connection that stands. */
  #header: Buffer = Buffer.alloc(0);
  #waitingBytes = 0;
  #isCorked = false;

  constructor({ redis, node, onReady, onFailure }: PublisherOptions) {
    this.#redis = redis;
    this.#onFailure = onFailure;
    let connection = 0;
    redis.on('connecting', () => {
      this.#header = encodeHeader({ node, connection: ++connection });
    });
    redis.on('ready', onReady);
    redis.on('close', () => {
      this.hasLost = true;
      onFailure();
    });
  }

  get isReady(): boolean {
    return this.#redis.status === 'ready';
  }

  /** Whether as much waits for Redis that nothing should be added without need. */
  get isBusy(): boolean {
    return this.#waitingBytes > MAX_WAITING_BYTES / 2;
  }

  /** Resolves with how many connections got it: 0 when it was lost. Never rejects. */
  async publish(channel: string, packet: Packet): Promise<number> {
    if (!this.isReady) return this.#drop();
    const envelope = encodeEnvelope(this.#header, packet);
    const cost = 2 * envelope.length + COST_BYTES;
    if (this.#waitingBytes + cost > MAX_WAITING_BYTES) return this.#drop();
    this.#waitingBytes += cost;
    this.#cork();
    try {
      const receivers = await this.#redis.publish(channel, envelope);
      this.counts.published++;
      return receivers;
    } catch (cause) {
      this.#onFailure(cause as Error);
      return this.#drop();
    } finally {
      this.#waitingBytes -= cost;
    }
  }

  reconnect(): void {
    if (this.isReady) this.#redis.disconnect(true);
  }

  close(): void {
    this.#redis.disconnect();
  }

  #drop(): number {
    this.hasLost = true;
    this.counts.dropped++;
    return 0;
  }

  /** What is published in one turn of the event loop leaves in one write. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    const { stream } = this.#redis;
    stream.cork();
    setImmediate(() => {
      this.#isCorked = false;
      stream.uncork();
    });
  }
}
