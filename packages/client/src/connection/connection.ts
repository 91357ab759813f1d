import {
  PROTOCOL_VERSIONS,
  type ServerMessageOf,
  type SynclineClientMessage,
  type SynclineLimits,
  type SynclineServerMessage,
} from '@syncline/protocol';
import { ObservableV2 } from 'lib0/observable';
import {
  type ConnectionEvent,
  type ConnectionState,
  NOT_CONNECTED,
  type Problem,
  transition,
} from '../connection-state.ts';
import { DIALS } from '../link/dial.ts';
import type { Link, LinkEnd, LinkKind, LinkListener } from '../link/link.ts';
import { reactionTo } from '../reaction.ts';
import type { ChannelConnection } from '../session/channel-connection.ts';
import type { ChannelMessage } from '../tabs/tab-host.ts';
import { CLIENT_NAME, CLIENT_VERSION } from '../version.ts';
import { Backoff } from './backoff.ts';
import { Heartbeat } from './heartbeat.ts';
import { watchPage } from './page-events.ts';
import { serverUrl } from './server-url.ts';
import { type TokenOption, TokenSource } from './token-source.ts';
import { type Transport, TransportChoice } from './transport-choice.ts';

export interface ConnectionOptions {
  /** Of the server: `ws(s)://` or `http(s)://`, with its base path if it has one. */
  readonly url: string;
  /** A token, or a function that gets one; it is called for each connection, and before one expires. */
  readonly token?: TokenOption;
  /** The version of the application's schema; the server may refuse old ones. */
  readonly schemaVersion?: number;
  /** What may carry the connection, in the order of trial. All: WebSocket, then HTTP. */
  readonly transports?: readonly Transport[];
}

export interface ConnectionEvents {
  state: (state: ConnectionState) => void;
  /** Something did not work, and the connection goes on. */
  warning: (problem: Problem) => void;
}

/** Who uses a connection: a provider. */
export interface ConnectionMember {
  /** Whether its document is as far as it gets by itself. */
  readonly isSettled: boolean;
  onConnectionEvent(event: ConnectionEvent): void;
}

/** How long a server may take for its welcome. */
const WELCOME_LIMIT_MS = 10_000;
/** The answer to a ping may take so long when the network is in doubt. */
const PROBE_MS = 4_000;
/** A connection that lasted so long was a good one: the next wait is short again. */
const GOOD_MS = 5_000;
/** A connection that nobody uses stays open for so long: pages come and go. */
const LINGER_MS = 5_000;

const NO_LIMITS: SynclineLimits = {
  fragmentBytes: Number.MAX_SAFE_INTEGER,
  updateBytes: Number.MAX_SAFE_INTEGER,
  documents: Number.MAX_SAFE_INTEGER,
  awarenessBytes: Number.MAX_SAFE_INTEGER,
  broadcastBytes: Number.MAX_SAFE_INTEGER,
};

/**
 * A connection to a server, which many providers can share. It is opened when somebody uses it, comes back by
 * itself when it breaks off, and stops when the server refuses it for good: see {@link ConnectionState}.
 */
export class SynclineConnection
  extends ObservableV2<ConnectionEvents>
  implements ChannelConnection
{
  readonly url: string;
  readonly #token: TokenSource;
  readonly #schemaVersion: number;
  readonly #choice: TransportChoice;
  readonly #backoff = new Backoff();
  readonly #heartbeat: Heartbeat;
  readonly #unwatch: () => void;
  readonly #members = new Set<ConnectionMember>();
  readonly #channels = new Map<number, (message: ChannelMessage) => void>();
  #state: ConnectionState = NOT_CONNECTED;
  #link: Link | undefined;
  #welcome: ServerMessageOf<'welcome'> | undefined;
  /** Grows with each try: what an older one brings is of no interest. */
  #try = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lingerTimer: ReturnType<typeof setTimeout> | undefined;
  #channel = 0;
  #openedAt = 0;
  /** A refused token was asked for anew, and no welcome came since. */
  #hasAskedAgain = false;
  #isWanted = true;
  #isClosed = false;

  /** @throws TypeError when the URL is none of a server. */
  constructor(options: ConnectionOptions) {
    super();
    this.url = serverUrl(options.url);
    this.#token = new TokenSource(options.token);
    this.#schemaVersion = options.schemaVersion ?? 0;
    this.#choice = new TransportChoice(options.transports);
    this.#heartbeat = new Heartbeat(
      () => this.send({ type: 'ping' }),
      () => this.#broken({ message: 'the server does not answer' }),
    );
    this.#unwatch = watchPage({ onWake: () => this.#onWake(), onOffline: () => this.#probe() });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Who the server takes the client for; '': anonymous, or not known yet. */
  get userId(): string {
    return this.#welcome?.userId ?? '';
  }

  /** What carries it; undefined while it is not open. */
  get transport(): LinkKind | undefined {
    return this.#welcome === undefined ? undefined : this.#link?.kind;
  }

  get limits(): SynclineLimits {
    return this.#welcome?.limits ?? NO_LIMITS;
  }

  get welcome(): ServerMessageOf<'welcome'> | undefined {
    return this.#welcome;
  }

  /** Tries now: after `disconnect`, after a refusal, or in the place of waiting. */
  connect(): void {
    if (this.#isClosed) throw new TypeError('the connection was closed');
    this.#isWanted = true;
    this.#hasAskedAgain = false;
    if (this.#state.status !== 'offline' && this.#state.status !== 'refused') return;
    this.#emit({ type: 'connect' });
    this.#dial();
  }

  /** Ends it, until `connect` is called. Documents go on offline. */
  disconnect(): void {
    this.#isWanted = false;
    this.#hangUp();
    this.#emit({ type: 'disconnect' });
  }

  /** Ends it for good. Idempotent. Close its providers first: they end their sessions. */
  close(): void {
    if (this.#isClosed) return;
    this.disconnect();
    this.#isClosed = true;
    clearTimeout(this.#lingerTimer);
    this.#unwatch();
    this.destroy();
  }

  /** A provider uses the connection from now on. Returns how it stops that. */
  join(member: ConnectionMember): () => void {
    if (this.#isClosed) throw new TypeError('the connection was closed');
    this.#members.add(member);
    clearTimeout(this.#lingerTimer);
    if (this.#isWanted && this.#isResting) this.#redial();
    else for (const event of eventsTo(this.#state)) member.onConnectionEvent(event);
    return () => {
      this.#members.delete(member);
      this.settle();
      this.#lingerWhenUnused();
    };
  }

  /** A member's state has changed: live is the connection when all of them are. */
  settle(): void {
    const isSettled = [...this.#members].every((member) => member.isSettled);
    const { status } = this.#state;
    if (isSettled && status === 'syncing') this.#move({ type: 'synced' });
    else if (!isSettled && status === 'live') this.#move({ type: 'attach' });
  }

  takeChannel(onMessage: (message: ChannelMessage) => void): number {
    this.#channels.set(++this.#channel, onMessage);
    clearTimeout(this.#lingerTimer);
    return this.#channel;
  }

  freeChannel(channel: number): void {
    this.#channels.delete(channel);
    this.#lingerWhenUnused();
  }

  send(message: SynclineClientMessage): void {
    if (this.#welcome !== undefined) this.#link?.send(message);
  }

  get #isResting(): boolean {
    return this.#state.status === 'offline' && this.#timer === undefined;
  }

  #redial(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#emit({ type: 'dial' });
    this.#dial();
  }

  #dial(): void {
    this.#hangUp();
    const turn = this.#try;
    this.#token.get().then(
      (token) => {
        if (turn === this.#try) this.#open(token);
      },
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        if (turn === this.#try) this.#broken({ message: `no token: ${reason}` });
      },
    );
  }

  #open(token: string): void {
    const turn = this.#try;
    const isCurrent = () => turn === this.#try;
    const listener: LinkListener = {
      onOpen: () => {
        if (!isCurrent()) return;
        this.#emit({ type: 'opened' });
        this.#link?.send({
          type: 'hello',
          versions: PROTOCOL_VERSIONS,
          clientName: CLIENT_NAME,
          clientVersion: CLIENT_VERSION,
          schemaVersion: this.#schemaVersion,
          token,
        });
      },
      onMessage: (message) => {
        if (isCurrent()) this.#receive(message);
      },
      onSign: () => {
        if (isCurrent()) this.#heartbeat.sign();
      },
      onEnd: (end) => {
        if (isCurrent()) this.#broken(end);
      },
    };
    this.#timer = setTimeout(() => this.#broken({ message: 'no welcome came' }), WELCOME_LIMIT_MS);
    this.#link = DIALS[this.#choice.next](this.url, listener);
  }

  #receive(message: SynclineServerMessage): void {
    switch (message.type) {
      case 'welcome':
        return this.#onWelcome(message);
      case 'goodbye':
        return this.#ended(message.code, message.message, message.retry, message.retryAfterMs);
      case 'token-expiring':
        return this.#renewToken();
      case 'token-refused':
        return this.emit('warning', [{ code: message.code, message: message.message }]);
      case 'ping':
        return this.send({ type: 'pong' });
      case 'pong':
      case 'token-accepted':
        return;
      default:
        this.#channels.get(message.channel)?.(message);
    }
  }

  #onWelcome(welcome: ServerMessageOf<'welcome'>): void {
    if (this.#welcome !== undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#welcome = welcome;
    this.#hasAskedAgain = false;
    this.#openedAt = Date.now();
    this.#link?.setFragmentBytes(welcome.limits.fragmentBytes);
    this.#heartbeat.start(welcome.heartbeatMs);
    this.#emit({ type: 'welcomed' });
    this.settle();
  }

  #renewToken(): void {
    if (!this.#token.isRenewable) return;
    const turn = this.#try;
    this.#token.get().then(
      (token) => {
        if (turn === this.#try) this.send({ type: 'token', token });
      },
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        this.emit('warning', [{ code: 'token-expired', message: `no new token: ${message}` }]);
      },
    );
  }

  /** The server said why. */
  #ended(code: string, message: string, retry: boolean, retryAfterMs: number): void {
    const reaction = reactionTo(code, retry);
    if (reaction === 'offline') return this.#broken({ code, message, retryAfterMs });
    if (reaction === 'token' && this.#token.isRenewable && !this.#hasAskedAgain) {
      this.#hasAskedAgain = true;
      this.#waitAndDial({ code, message }, 0);
      return;
    }
    this.#hangUp();
    this.#emit({ type: 'refused', problem: { code, message } });
  }

  #broken({ code = '', message, retryAfterMs = 0 }: LinkEnd): void {
    if (code !== '' && reactionTo(code, true) !== 'offline') {
      return this.#ended(code, message, false, 0);
    }
    if (this.#welcome === undefined && this.#link !== undefined) this.#choice.failed();
    else if (Date.now() - this.#openedAt > GOOD_MS) this.#backoff.reset();
    this.#waitAndDial({ code, message }, Math.max(retryAfterMs, this.#backoff.next()));
  }

  #waitAndDial(problem: Problem, waitMs: number): void {
    this.#hangUp();
    this.#emit({ type: 'broken', problem });
    if (this.#isUsed) this.#timer = setTimeout(() => this.#redial(), waitMs);
  }

  /** Lets go of the link, and of what waits. */
  #hangUp(): void {
    this.#try++;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#heartbeat.stop();
    this.#welcome = undefined;
    this.#link?.close();
    this.#link = undefined;
  }

  #onWake(): void {
    if (this.#state.status === 'offline' && this.#timer !== undefined) {
      this.#choice.reset();
      this.#redial();
    } else this.#probe();
  }

  /** Whether the link still works is in doubt: browsers do not tell when a network goes. */
  #probe(): void {
    this.#heartbeat.probe(PROBE_MS);
  }

  get #isUsed(): boolean {
    return this.#members.size > 0 || this.#channels.size > 0;
  }

  #lingerWhenUnused(): void {
    clearTimeout(this.#lingerTimer);
    if (this.#isClosed || this.#isUsed) return;
    this.#lingerTimer = setTimeout(() => {
      this.#hangUp();
      this.#move({ type: 'broken', problem: { code: '', message: 'nobody uses it' } });
    }, LINGER_MS);
  }

  #emit(event: ConnectionEvent): void {
    this.#move(event);
    for (const member of this.#members) member.onConnectionEvent(event);
  }

  #move(event: ConnectionEvent): void {
    const next = transition(this.#state, event);
    if (next === this.#state) return;
    this.#state = next;
    this.emit('state', [next]);
  }
}

/** What a member that joins late has missed. */
function eventsTo(state: ConnectionState): ConnectionEvent[] {
  switch (state.status) {
    case 'connecting':
      return [{ type: 'dial' }];
    case 'authenticating':
      return [{ type: 'dial' }, { type: 'opened' }];
    case 'syncing':
    case 'live':
      return [{ type: 'dial' }, { type: 'opened' }, { type: 'welcomed' }];
    case 'offline':
      return [{ type: 'broken', problem: state.problem }];
    case 'refused':
      return [{ type: 'refused', problem: state.problem }];
  }
}
