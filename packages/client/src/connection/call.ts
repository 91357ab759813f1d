import {
  PROTOCOL_VERSIONS,
  type ServerMessageOf,
  type SynclineClientMessage,
  type SynclineServerMessage,
} from '@syncline/protocol';
import type { Link, LinkEnd, LinkKind } from '../link/link.ts';
import { CLIENT_NAME, CLIENT_VERSION } from '../version.ts';
import type { Dialer } from './dialer.ts';
import { Heartbeat } from './heartbeat.ts';
import type { TokenSource } from './token-source.ts';

/** How long a server may take for its welcome. */
const WELCOME_LIMIT_MS = 10_000;
/** The answer to a ping may take so long when the network is in doubt. */
const PROBE_MS = 4_000;
/** The next fragment of a message comes within this time; on a line that is very slow, too. */
const FRAGMENT_MS = 20_000;

/** Messages that a {@link Call} leaves to others. */
export type CallMessage = Exclude<
  SynclineServerMessage,
  { readonly type: 'welcome' | 'ping' | 'pong' | 'goodbye' }
>;

export interface CallEvents {
  /** The link is open, and hello was said. */
  onOpened(): void;
  onWelcome(welcome: ServerMessageOf<'welcome'>): void;
  onMessage(message: CallMessage): void;
  onGoodbye(goodbye: ServerMessageOf<'goodbye'>): void;
  /**
   * It broke off, or did not come about. Called once at most, and not after `hangUp`.
   *
   * @param isRoundOver there is no other transport to be tried at once
   */
  onEnd(end: LinkEnd, isRoundOver: boolean): void;
}

/** One try to reach the server, and the connection that comes of it: from the token to the end. */
export class Call {
  readonly #dialer: Dialer;
  readonly #schemaVersion: number;
  readonly #events: CallEvents;
  readonly #heartbeat: Heartbeat;
  #link: Link | undefined;
  #welcome: ServerMessageOf<'welcome'> | undefined;
  #welcomeTimer: ReturnType<typeof setTimeout> | undefined;
  #openedAt = 0;
  #fragmentAt = Number.NEGATIVE_INFINITY;
  #isOver = false;

  constructor(dialer: Dialer, tokens: TokenSource, schemaVersion: number, events: CallEvents) {
    this.#dialer = dialer;
    this.#schemaVersion = schemaVersion;
    this.#events = events;
    this.#heartbeat = new Heartbeat(
      () => this.send({ type: 'ping' }),
      () => this.#end({ message: 'the server does not answer' }),
    );
    this.#begin(tokens).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.#end({ message: `no token: ${reason}` });
    });
  }

  get welcome(): ServerMessageOf<'welcome'> | undefined {
    return this.#welcome;
  }

  get transport(): LinkKind | undefined {
    return this.#link?.kind;
  }

  /** How long it has worked, in milliseconds: since the welcome, if anything came after that. */
  get ageMs(): number {
    return this.#link?.isProven === true ? Date.now() - this.#openedAt : 0;
  }

  /** A large message is coming in fragments; what was said after it comes later. */
  get isReceiving(): boolean {
    return Date.now() - this.#fragmentAt < FRAGMENT_MS;
  }

  /** Dropped before the welcome, and after the end. */
  send(message: SynclineClientMessage): void {
    if (this.#welcome !== undefined && !this.#isOver) this.#link?.send(message);
  }

  /** Whether the link still works is in doubt: browsers do not tell when a network goes. */
  probe(): void {
    this.#heartbeat.probe(PROBE_MS);
  }

  /** Ends it; nothing more is heard of it. @param end what other tabs that use it are told. Idempotent. */
  hangUp(end: LinkEnd): void {
    if (!this.#isOver) this.#stop(end, true);
  }

  #stop(end: LinkEnd, isOurs: boolean): boolean {
    this.#isOver = true;
    clearTimeout(this.#welcomeTimer);
    this.#heartbeat.stop();
    this.#link?.close();
    return this.#dialer.disconnected(end, this.#link, isOurs);
  }

  async #begin(tokens: TokenSource): Promise<void> {
    const token = await tokens.get();
    await this.#dialer.prepare(token);
    if (this.#isOver) return;
    const limit = () => this.#end({ message: 'the server said no welcome' });
    this.#welcomeTimer = setTimeout(limit, WELCOME_LIMIT_MS);
    this.#link = this.#dialer.dial({
      onOpen: () => this.#hello(token),
      onMessage: (message) => this.#receive(message),
      onSign: () => this.#heartbeat.sign(),
      onFragment: () => {
        this.#fragmentAt = Date.now();
      },
      onEnd: (end) => this.#end(end),
    });
  }

  #hello(token: string): void {
    if (this.#isOver) return;
    this.#link?.send({
      type: 'hello',
      versions: PROTOCOL_VERSIONS,
      clientName: CLIENT_NAME,
      clientVersion: CLIENT_VERSION,
      schemaVersion: this.#schemaVersion,
      token,
    });
    this.#events.onOpened();
  }

  #receive(message: SynclineServerMessage): void {
    if (this.#isOver) return;
    if (message.type === 'welcome') this.#onWelcome(message);
    else if (message.type === 'goodbye') this.#events.onGoodbye(message);
    else if (message.type === 'ping') this.send({ type: 'pong' });
    else if (message.type !== 'pong') this.#events.onMessage(message);
  }

  #onWelcome(welcome: ServerMessageOf<'welcome'>): void {
    if (this.#welcome !== undefined) return;
    clearTimeout(this.#welcomeTimer);
    this.#welcome = welcome;
    this.#openedAt = Date.now();
    this.#link?.setFragmentBytes(welcome.limits.fragmentBytes);
    this.#heartbeat.start(welcome.heartbeatMs);
    this.#events.onWelcome(welcome);
    this.#dialer.connected(welcome);
  }

  #end(end: LinkEnd): void {
    if (this.#isOver) return;
    const goesOn = this.#stop(end, false);
    this.#events.onEnd(end, !goesOn);
  }
}
