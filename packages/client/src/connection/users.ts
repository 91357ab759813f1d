import type { ConnectionEvent } from '../connection-state.ts';
import type { ChannelMessage } from '../tabs/tab-host.ts';

/** Who uses a connection: a provider. */
export interface ConnectionMember {
  /** Whether its document is as far as it gets by itself. */
  readonly isSettled: boolean;
  onConnectionEvent(event: ConnectionEvent): void;
}

/** A connection that nobody uses stays open for so long: pages come and go. */
const LINGER_MS = 5_000;

/** Who uses a connection: providers of this tab, and the channels of their sessions and of other tabs. */
export class Users {
  readonly #members = new Set<ConnectionMember>();
  readonly #channels = new Map<number, (message: ChannelMessage) => void>();
  readonly #onUnused: () => void;
  #lastChannel = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onUnused nobody has used it for a while. */
  constructor(onUnused: () => void) {
    this.#onUnused = onUnused;
  }

  get isEmpty(): boolean {
    return this.#members.size === 0 && this.#channels.size === 0;
  }

  /** How many channels are taken. */
  get sessions(): number {
    return this.#channels.size;
  }

  get areSettled(): boolean {
    return [...this.#members].every((member) => member.isSettled);
  }

  join(member: ConnectionMember): void {
    clearTimeout(this.#timer);
    this.#members.add(member);
  }

  leave(member: ConnectionMember): void {
    this.#members.delete(member);
    this.#watch();
  }

  tell(event: ConnectionEvent): void {
    for (const member of this.#members) member.onConnectionEvent(event);
  }

  takeChannel(onMessage: (message: ChannelMessage) => void): number {
    clearTimeout(this.#timer);
    this.#channels.set(++this.#lastChannel, onMessage);
    return this.#lastChannel;
  }

  freeChannel(channel: number): void {
    if (this.#channels.delete(channel)) this.#watch();
  }

  /** Hands a message to whom its channel belongs; one for nobody was under way at the end of its session. */
  receive(message: ChannelMessage): void {
    this.#channels.get(message.channel)?.(message);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#members.clear();
    this.#channels.clear();
  }

  #watch(): void {
    clearTimeout(this.#timer);
    if (!this.isEmpty) return;
    this.#timer = setTimeout(() => {
      if (this.isEmpty) this.#onUnused();
    }, LINGER_MS);
  }
}
