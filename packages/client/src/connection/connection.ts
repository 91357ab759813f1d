import type { ServerMessageOf, SynclineClientMessage, SynclineLimits } from '@syncline/protocol';
import { ObservableV2 } from 'lib0/observable';
import {
  type ConnectionEvent,
  type ConnectionState,
  NOT_CONNECTED,
  type Problem,
  transition,
} from '../connection-state.ts';
import type { LinkEnd, LinkKind } from '../link/link.ts';
import { reactionTo } from '../reaction.ts';
import type { ChannelConnection } from '../session/channel-connection.ts';
import type { ChannelMessage, TabHost } from '../tabs/tab-host.ts';
import { Backoff } from './backoff.ts';
import { Call, type CallMessage } from './call.ts';
import { Dialer } from './dialer.ts';
import { watchPage } from './page-events.ts';
import { serverUrl } from './server-url.ts';
import { type TokenOption, TokenSource } from './token-source.ts';
import type { Transport } from './transport-choice.ts';
import { type ConnectionMember, Users } from './users.ts';

export interface ConnectionOptions {
  /** Of the server: `ws(s)://` or `http(s)://`, with its base path if it has one. */
  readonly url: string;
  /** A token, or a function that gets one; it is called for each connection, and before one expires. */
  readonly token?: TokenOption;
  /** The version of the application's schema; the server may refuse old ones. */
  readonly schemaVersion?: number;
  /** What may carry the connection, in the order of trial. All: WebSocket, then HTTP. */
  readonly transports?: readonly Transport[];
  /**
   * Whether tabs of one browser share a connection, when their tokens say the same. It needs Web Locks, which
   * there are on https and on loopback. Default: true.
   */
  readonly tabs?: boolean;
}

export interface ConnectionEvents {
  state: (state: ConnectionState) => void;
  /** Something did not work, and the connection goes on. */
  warning: (problem: Problem) => void;
}

/** A connection that lasted so long was a good one: the next wait is short again. */
const GOOD_MS = 5_000;

const NO_LIMITS: SynclineLimits = {
  fragmentBytes: Number.MAX_SAFE_INTEGER,
  updateBytes: Number.MAX_SAFE_INTEGER,
  documents: Number.MAX_SAFE_INTEGER,
  awarenessBytes: Number.MAX_SAFE_INTEGER,
  broadcastBytes: Number.MAX_SAFE_INTEGER,
};

/**
 * A connection to a server, which many providers can share. It is opened when somebody uses it, comes back by
 * itself when it breaks off, and stops when the server refuses it for good: see {@link ConnectionState}. It is
 * `live` when all its documents are.
 */
export class SynclineConnection
  extends ObservableV2<ConnectionEvents>
  implements ChannelConnection, TabHost
{
  /** `http(s)://HOST[:PORT][/BASE]` */
  readonly url: string;
  #tokens: TokenSource;
  readonly #schemaVersion: number;
  readonly #dialer: Dialer;
  readonly #backoff = new Backoff();
  readonly #users = new Users(() => this.#onUnused());
  readonly #unwatch: () => void;
  #state: ConnectionState = NOT_CONNECTED;
  #call: Call | undefined;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  /** A refused token was asked for anew, and no welcome came since. */
  #hasAskedAgain = false;
  /** The application did not disconnect it. */
  #isWanted = true;
  #isClosed = false;

  /** @throws TypeError when the URL is none of a server. */
  constructor(options: ConnectionOptions) {
    super();
    const { token, schemaVersion = 0, transports, tabs = true } = options;
    const url = serverUrl(options.url);
    this.url = url;
    this.#tokens = new TokenSource(token);
    this.#schemaVersion = schemaVersion;
    this.#dialer = new Dialer({ url, schemaVersion, transports, tabs }, this, () =>
      this.#dialIfWaiting(),
    );
    this.#unwatch = watchPage({
      onWake: () => {
        this.#dialer.reset();
        this.#dialIfWaiting();
        this.#call?.probe();
      },
      onOffline: () => this.#call?.probe(),
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** Who the server takes the client for; '': anonymous, or not known yet. */
  get userId(): string {
    return this.welcome?.userId ?? '';
  }

  /** What carries it; undefined while it is not open. */
  get transport(): LinkKind | undefined {
    return this.welcome && this.#call?.transport;
  }

  get limits(): SynclineLimits {
    return this.welcome?.limits ?? NO_LIMITS;
  }

  get welcome(): ServerMessageOf<'welcome'> | undefined {
    return this.#call?.welcome;
  }

  /** Something large is coming, be it for another document. */
  get isReceiving(): boolean {
    return this.#call?.isReceiving ?? false;
  }

  get sessions(): number {
    return this.#users.sessions;
  }

  /**
   * Another token, or another way to get one: for users who sign in again. The connection is made anew with it, also when the old
   * one was refused; documents keep what is unsaved, and send it then.
   */
  setToken(token: TokenOption): void {
    if (this.#isClosed) throw new TypeError('the connection was closed');
    this.#tokens = new TokenSource(token);
    if (!this.#isWanted || this.#users.isEmpty) return;
    if (this.#state.status !== 'refused') {
      const problem = { code: '', message: 'another token was set' };
      this.#hangUp(problem);
      this.#emit({ type: 'broken', problem });
    }
    this.connect();
  }

  /** Tries now: after `disconnect`, after a refusal, or in the place of waiting. */
  connect(): void {
    if (this.#isClosed) throw new TypeError('the connection was closed');
    this.#isWanted = true;
    this.#hasAskedAgain = false;
    if (this.#state.status === 'offline' || this.#state.status === 'refused') this.#dial('connect');
  }

  /** Ends it, until `connect` is called. Documents go on offline. */
  disconnect(): void {
    this.#isWanted = false;
    this.#hangUp({ message: 'disconnected by the application' });
    this.#dialer.leave();
    this.#emit({ type: 'disconnect' });
  }

  /** Ends it for good. Close its providers first: they end their sessions. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.disconnect();
    this.#isClosed = true;
    this.#dialer.close();
    this.#users.close();
    this.#unwatch();
    this.destroy();
  }

  /** A provider uses the connection from now on. Returns how it stops that. */
  join(member: ConnectionMember): () => void {
    if (this.#isClosed) throw new TypeError('the connection was closed');
    this.#users.join(member);
    const isResting = this.#state.status === 'offline' && this.#retryTimer === undefined;
    if (isResting && this.#isWanted) this.#dial('dial');
    else for (const event of eventsTo(this.#state)) member.onConnectionEvent(event);
    return () => {
      this.#users.leave(member);
      this.settle();
    };
  }

  /** A member's state has changed. */
  settle(): void {
    const isSettled = this.#users.areSettled;
    if (isSettled && this.#state.status === 'syncing') this.#move({ type: 'synced' });
    else if (!isSettled && this.#state.status === 'live') this.#move({ type: 'attach' });
  }

  takeChannel(onMessage: (message: ChannelMessage) => void): number {
    return this.#users.takeChannel(onMessage);
  }

  freeChannel(channel: number): void {
    this.#users.freeChannel(channel);
  }

  /** Dropped while the connection is not open. */
  send(message: SynclineClientMessage): void {
    this.#call?.send(message);
  }

  #dial(type: 'dial' | 'connect'): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    const call: Call = new Call(this.#dialer, this.#tokens, this.#schemaVersion, {
      onOpened: () => this.#emit({ type: 'opened' }),
      onWelcome: () => {
        this.#hasAskedAgain = false;
        this.#emit({ type: 'welcomed' });
        this.settle();
      },
      onMessage: (message) => this.#receive(message),
      onGoodbye: ({ code, message, retry, retryAfterMs }) =>
        this.#ended({ code, message, retryAfterMs }, retry),
      onEnd: (end, isRoundOver) => this.#ended(end, true, isRoundOver),
    });
    this.#call = call;
    this.#emit({ type });
  }

  #receive(message: CallMessage): void {
    if ('channel' in message) this.#users.receive(message);
    else if (message.type === 'token-expiring') this.#renewToken();
    else if (message.type === 'token-refused') {
      this.emit('warning', [{ code: message.code, message: message.message }]);
    }
  }

  #renewToken(): void {
    const call = this.#call;
    if (!this.#tokens.isRenewable) {
      const message = 'the token ends soon, and is fixed: call setToken with another one';
      this.emit('warning', [{ code: 'token-expired', message }]);
      return;
    }
    this.#tokens.get().then(
      (token) => call?.send({ type: 'token', token }),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        this.emit('warning', [{ code: 'token-expired', message: `no new token: ${message}` }]);
      },
    );
  }

  /**
   * It broke off, or the server ended it.
   *
   * @param retry what the server says of that
   * @param isRoundOver there is no other transport to be tried at once
   */
  #ended(end: LinkEnd, retry: boolean, isRoundOver = true): void {
    const { code = '', message, retryAfterMs = 0 } = end;
    const problem = { code, message };
    const reaction = code === '' ? 'offline' : reactionTo(code, retry);
    if ((this.#call?.ageMs ?? 0) > GOOD_MS) this.#backoff.reset();
    this.#hangUp(problem);
    if (!isRoundOver) this.#wait(0, problem);
    else if (reaction === 'offline') {
      this.#wait(Math.max(retryAfterMs, this.#backoff.next()), problem);
    } else if (reaction === 'token' && this.#tokens.isRenewable && !this.#hasAskedAgain) {
      this.#hasAskedAgain = true;
      this.#wait(0, problem);
    } else {
      this.#dialer.leave();
      this.#emit({ type: 'refused', problem });
    }
  }

  #wait(ms: number, problem: Problem): void {
    this.#emit({ type: 'broken', problem });
    if (this.#users.isEmpty || !this.#isWanted) return;
    this.#retryTimer = setTimeout(() => this.#dial('dial'), ms);
  }

  #dialIfWaiting(): void {
    if (this.#retryTimer !== undefined) this.#dial('dial');
  }

  #hangUp(end: LinkEnd): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#call?.hangUp(end);
    this.#call = undefined;
  }

  #onUnused(): void {
    const problem = { code: '', message: 'nobody uses it' };
    this.#hangUp(problem);
    this.#dialer.leave();
    this.#move({ type: 'broken', problem });
  }

  /** Moves the own state, and those of the members. */
  #emit(event: ConnectionEvent): void {
    this.#move(event);
    this.#users.tell(event);
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
    default:
      return state satisfies never;
  }
}
