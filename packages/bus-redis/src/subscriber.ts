import type { Redis } from 'ioredis';

/** One command names no more channels, so that Redis serves others in between. */
const CHANNELS_PER_COMMAND = 1_000;
/** An answer that is out for so long will not come soon, in ms. */
const PATIENCE_MS = 2_000;

interface SubscriberOptions {
  readonly redis: Redis;
  readonly onMessage: (channel: Buffer, payload: Buffer) => void;
  /** Redis has acknowledged all channels. */
  readonly onComplete: () => void;
  /** Redis refused a channel, or there is no connection any more. */
  readonly onFailure: (cause?: Error) => void;
}

/** Channels that are asked for together. */
interface Round {
  readonly since: number;
  /** Resolves when they are acknowledged, or that is not to be waited for any more. */
  readonly settled: Promise<void>;
  readonly settle: () => void;
}

/** Keeps a connection subscribed to exactly the channels that are wanted. */
export class Subscriber {
  readonly #redis: Redis;
  readonly #options: SubscriberOptions;
  readonly #wanted = new Set<string>();
  /** The channels that the connection was asked for, and when that is settled. */
  readonly #asked = new Map<string, Promise<void>>();
  /** Channels for which what is wanted may differ from what was asked for. */
  readonly #changed = new Set<string>();
  /** The round that begins at the end of this turn of the event loop. */
  #next: Round | undefined;
  /** Rounds without an answer. */
  readonly #open = new Set<Round>();

  constructor(options: SubscriberOptions) {
    const { redis } = options;
    this.#redis = redis;
    this.#options = options;
    redis.on('messageBuffer', options.onMessage);
    redis.on('ready', () => {
      for (const channel of this.#wanted) this.#changed.add(channel);
      this.retry();
    });
    redis.on('close', () => {
      this.#asked.clear();
      this.release();
      options.onFailure();
    });
  }

  /** Whether Redis has acknowledged all channels. */
  get isComplete(): boolean {
    const isAsked = this.#asked.size === this.#wanted.size && this.#changed.size === 0;
    return this.#isReady && isAsked && this.#open.size === 0;
  }

  /** Whether Redis has owed an answer for long. */
  get isStuck(): boolean {
    const [oldest] = this.#open;
    return oldest !== undefined && performance.now() - oldest.since > PATIENCE_MS;
  }

  /** Resolves when Redis has acknowledged it, or when that is not to be waited for. */
  add(channel: string): Promise<void> {
    this.#wanted.add(channel);
    const asked = this.#asked.get(channel);
    if (asked !== undefined && !this.#changed.has(channel)) return asked;
    return this.#change(channel);
  }

  remove(channel: string): void {
    if (this.#wanted.delete(channel)) void this.#change(channel);
  }

  /** Asks for what is wanted and was refused, or not asked for yet. */
  retry(): void {
    if (this.#changed.size > 0 && this.#isReady) this.#next ??= this.#begin();
  }

  /** Lets nobody wait any more. */
  release(): void {
    for (const round of this.#open) round.settle();
    this.#next?.settle();
  }

  reconnect(): void {
    if (this.#isReady) this.#redis.disconnect(true);
  }

  close(): void {
    this.release();
    this.#redis.disconnect();
  }

  get #isReady(): boolean {
    return this.#redis.status === 'ready';
  }

  #change(channel: string): Promise<void> {
    if (!this.#isReady) return Promise.resolve();
    this.#changed.add(channel);
    this.#next ??= this.#begin();
    return this.#next.settled;
  }

  #begin(): Round {
    let settle = () => {};
    const settled = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const round = { since: performance.now(), settled, settle };
    setImmediate(() => void this.#run(round));
    return round;
  }

  async #run(round: Round): Promise<void> {
    this.#next = undefined;
    const added: string[] = [];
    const removed: string[] = [];
    const earlier = new Set<Promise<void>>();
    for (const channel of this.#changed) {
      const asked = this.#asked.get(channel);
      if (!this.#wanted.has(channel)) {
        if (this.#asked.delete(channel)) removed.push(channel);
      } else if (asked === undefined) {
        added.push(channel);
        this.#asked.set(channel, round.settled);
      } else {
        earlier.add(asked);
      }
    }
    this.#changed.clear();
    this.#open.add(round);
    await Promise.all([
      ...inParts(removed).map((part) => this.#send('unsubscribe', part)),
      ...inParts(added).map((part) => this.#send('subscribe', part)),
      ...earlier,
    ]);
    this.#open.delete(round);
    round.settle();
    if (this.isComplete) this.#options.onComplete();
  }

  async #send(command: 'subscribe' | 'unsubscribe', channels: string[]): Promise<void> {
    try {
      await this.#redis[command](...channels);
    } catch (cause) {
      for (const channel of channels) {
        this.#asked.delete(channel);
        this.#changed.add(channel);
      }
      this.#options.onFailure(cause as Error);
    }
  }
}

function inParts(channels: string[]): string[][] {
  const parts = [];
  for (let at = 0; at < channels.length; at += CHANNELS_PER_COMMAND) {
    parts.push(channels.slice(at, at + CHANNELS_PER_COMMAND));
  }
  return parts;
}
