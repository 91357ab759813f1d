import type { ClientMessageOf, ServerMessageOf, SynclineClientMessage } from '@syncline/protocol';
import type { LinkEnd } from '../link/link.ts';
import type { ChannelMessage, TabHost } from './tab-host.ts';
import { listen, post, type TabMessage } from './tab-message.ts';

/** Where a {@link RemoteTab} is reached, and whose connection it uses. */
export interface RemoteTabPlace {
  /** The leader. */
  readonly tab: string;
  /** Which link of the follower it serves. */
  readonly link: number;
  /** Of the follower: its line, and the lock that it holds as long as it lives. */
  readonly name: string;
  readonly host: TabHost;
  readonly locks: Pick<LockManager, 'request'>;
  /** The link is over, and its sessions are. */
  onOver(): void;
}

/** A leader's end of the link of one follower. */
export class RemoteTab {
  readonly #place: RemoteTabPlace;
  readonly #line: BroadcastChannel;
  /** The connection's channels, by the follower's. */
  readonly #channels = new Map<number, number>();
  readonly #over = new AbortController();

  constructor(place: RemoteTabPlace) {
    this.#place = place;
    this.#line = listen(place.name, (message) => this.#receive(message));
    // A tab that is killed says nothing, but gives its lock back.
    place.locks
      .request(place.name, { signal: this.#over.signal }, () => this.#sayByeForIt())
      .catch(() => {}); // it said so itself
    this.#say({ type: 'heard' });
  }

  get link(): number {
    return this.#place.link;
  }

  welcome(welcome: ServerMessageOf<'welcome'>): void {
    const { host } = this.#place;
    if (host.sessions >= welcome.limits.documents) this.#refuse();
    // The leader alone gets new tokens for its connection.
    else this.#say({ type: 'down', message: { ...welcome, tokenExpiresInMs: 0 } });
  }

  /** Ends the link, and says why. */
  end(end: LinkEnd, alone = false): void {
    if (this.#over.signal.aborted) return;
    this.#say({ type: 'end', end, alone });
    this.close();
  }

  /** Ends the sessions of the follower. Idempotent. */
  close(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#line.close();
    for (const channel of this.#channels.values()) this.#detach(channel);
    this.#channels.clear();
    this.#place.onOver();
  }

  #receive(message: TabMessage): void {
    if (message.link !== this.link) return;
    if (message.type === 'up') this.#pass(message.message);
    else if (message.type === 'bye') this.close();
  }

  #pass(message: SynclineClientMessage): void {
    const { host } = this.#place;
    if (message.type === 'ping') this.#say({ type: 'down', message: { type: 'pong' } });
    if (!('channel' in message) || host.welcome === undefined) return;
    const channel = this.#channels.get(message.channel);
    if (message.type === 'attach') {
      if (channel === undefined) this.#attach(message);
    } else if (channel !== undefined) {
      if (message.type === 'detach') {
        this.#channels.delete(message.channel);
        this.#detach(channel);
      } else host.send({ ...message, channel });
    }
  }

  #attach(message: ClientMessageOf<'attach'>): void {
    const { host } = this.#place;
    if (host.sessions >= (host.welcome?.limits.documents ?? 0)) {
      this.#refuse();
      return;
    }
    const theirs = message.channel;
    const channel = host.takeChannel((answer) => this.#answer(theirs, channel, answer));
    this.#channels.set(theirs, channel);
    host.send({ ...message, channel });
  }

  #answer(theirs: number, channel: number, message: ChannelMessage): void {
    if (message.type === 'detached' || message.type === 'reset') {
      this.#channels.delete(theirs);
      this.#place.host.freeChannel(channel);
    }
    this.#say({ type: 'down', message: { ...message, channel: theirs } });
  }

  #detach(channel: number): void {
    const { host } = this.#place;
    if (host.welcome !== undefined) host.send({ type: 'detach', channel });
    host.freeChannel(channel);
  }

  /** Behind what the follower said last: a lock can come back before that is read. */
  #sayByeForIt(): void {
    const line = new BroadcastChannel(this.#place.name);
    post(line, { type: 'bye', tab: this.#place.tab, link: this.link });
    line.close();
  }

  #refuse(): void {
    this.end({ message: 'the connection of the leading tab has no room for more documents' }, true);
  }

  #say(message: RemoteMessage): void {
    post(this.#line, { ...message, tab: this.#place.tab, link: this.link });
  }
}

type RemoteMessage =
  | { readonly type: 'heard' }
  | Pick<Extract<TabMessage, { type: 'down' }>, 'type' | 'message'>
  | Pick<Extract<TabMessage, { type: 'end' }>, 'type' | 'end' | 'alone'>;
