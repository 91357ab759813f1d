import {
  type ClientMessageOf,
  Defragmenter,
  decodeClientMessage,
  encodeServerMessage,
  isRetryable,
  parseDocumentId,
  SyncError,
  type SynclineClientMessage,
  type SynclineServerMessage,
} from '@syncline/protocol';
import type { StateVector } from '@syncline/update';
import type { Connection, Dialect } from '../../connection.ts';
import type { Edge } from '../../edge.ts';
import type { Credential } from '../../identity/credential.ts';
import { changesOf } from '../../throttle.ts';
import { EarlyMessages } from '../early-messages.ts';
import { readStateVector } from '../state-vector.ts';
import { frameOf } from './frame-of.ts';
import { greet } from './greet.ts';
import { openSession } from './open-session.ts';
import { SynclineSession } from './syncline-session.ts';

/** What an update's message has besides the update. */
const OVERHEAD_BYTES = 64;

type State =
  | { readonly name: 'new' }
  | { readonly name: 'greeting' }
  | { readonly name: 'open'; readonly credential: Credential };

/** `syncline.v1`: many documents a connection. packages/protocol/SPEC.md has its rules. */
export class SynclineDialect implements Dialect {
  readonly #connection: Connection;
  readonly #edge: Edge;
  readonly #defragmenter: Defragmenter;
  readonly #channels = new Map<number, SynclineSession>();
  /** What came between the hello and the welcome. */
  readonly #early: EarlyMessages<SynclineClientMessage>;
  #state: State = { name: 'new' };
  /** Tokens are answered in order. */
  #renewing: Promise<void> = Promise.resolve();
  /** The client was asked whether it is there, and nothing came since. */
  #isAsked = false;

  constructor(connection: Connection, edge: Edge) {
    this.#connection = connection;
    this.#edge = edge;
    this.#early = new EarlyMessages(edge.limits);
    const { frameBytes, updateBytes } = edge.limits;
    this.#defragmenter = new Defragmenter(Math.max(frameBytes, updateBytes + OVERHEAD_BYTES));
  }

  receive(frame: Uint8Array): void {
    this.#isAsked = false;
    if (this.#state.name === 'open') {
      const bytes = this.#defragmenter.accept(frame);
      if (bytes !== undefined) this.#take(decodeClientMessage(bytes), this.#state.credential);
    } else {
      // A copy: the bytes are a view into a buffer of the socket, which is used again.
      this.#takeEarly(decodeClientMessage(frame.slice()), frame.length);
    }
  }

  /** Nothing was said for a while. Who does not answer for as long again is gone. */
  keepAlive(): void {
    if (this.#isAsked && this.#connection.isReading) {
      this.#connection.terminate();
    } else if (this.#state.name === 'open') {
      this.#isAsked = true;
      this.#write({ type: 'ping' });
    }
  }

  goodbye({ code, message, retryAfterMs }: SyncError): void {
    const retry = isRetryable(code);
    this.#write({ type: 'goodbye', code, message, retry, retryAfterMs });
  }

  closed(): void {
    for (const peer of this.#channels.values()) peer.leave();
    this.#channels.clear();
    if (this.#state.name === 'open') this.#state.credential.close();
  }

  /** What comes before it is known who the client is: a hello, and what is taken after it. */
  #takeEarly(message: SynclineClientMessage, bytes: number): void {
    if (this.#state.name === 'greeting') {
      this.#early.add('', message, bytes);
      return;
    }
    if (message.type !== 'hello') {
      throw new SyncError('malformed-frame', `the first message is ${message.type}, not hello`);
    }
    this.#state = { name: 'greeting' };
    this.#connection.pause('attaching');
    void this.#greet(message).finally(() => this.#connection.resume('attaching'));
  }

  async #greet(hello: ClientMessageOf<'hello'>): Promise<void> {
    try {
      const { credential, welcome } = await greet(hello, this.#connection, this.#edge);
      this.#state = { name: 'open', credential };
      credential.events = {
        expiring: (inMs) => this.#write({ type: 'token-expiring', inMs: Math.ceil(inMs) }),
        expired: () => {
          const { sessions, policy } = this.#edge;
          sessions.expire(credential);
          if (policy.allowsAnonymous) return;
          this.#connection.close(new SyncError('token-expired', 'the token is past its time'));
        },
      };
      this.#write(welcome);
      for (const early of this.#early.take('')) this.#take(early, credential);
    } catch (error) {
      this.#connection.fail(error);
    }
  }

  #take(message: SynclineClientMessage, credential: Credential): void {
    const { throttle } = this.#connection;
    switch (message.type) {
      case 'hello':
        throw new SyncError('malformed-frame', 'a second hello');
      case 'token':
        this.#renewing = this.#renewing.then(() => this.#renew(message.token, credential));
        return;
      case 'ping':
        this.#write({ type: 'pong' });
        return;
      case 'pong':
        return;
      case 'attach':
        throttle.charge('updates', 1);
        this.#attach(message, credential);
        return;
      case 'detach':
        this.#channels.get(message.channel)?.leave();
        this.#channels.delete(message.channel);
        return;
      case 'update':
        throttle.charge('updates', 1);
        this.#on(message.channel, (peer) => peer.offer(message));
        return;
      case 'awareness':
        throttle.charge('awareness', changesOf(message.update.length));
        this.#on(message.channel, (peer) => peer.announce(message.update));
        return;
      case 'broadcast':
        throttle.charge('awareness', changesOf(message.payload.length));
        this.#on(message.channel, (peer) => peer.broadcast(message));
        return;
      default:
        message satisfies never;
    }
  }

  /** What comes for a channel that is not open may have crossed a `detached`, and is dropped. */
  #on(channel: number, act: (peer: SynclineSession) => void): void {
    const peer = this.#channels.get(channel);
    if (peer === undefined) return;
    try {
      act(peer);
    } catch (error) {
      if (!(error instanceof SyncError) || error.code === 'malformed-frame') throw error;
      peer.close(error);
    }
  }

  #attach(message: ClientMessageOf<'attach'>, credential: Credential): void {
    const { channel } = message;
    if (this.#channels.has(channel)) {
      throw new SyncError('malformed-frame', `channel ${channel} is open already`);
    }
    const peer = new SynclineSession(this.#connection, channel, this.#channels);
    this.#channels.set(channel, peer);
    let stateVector: StateVector;
    try {
      stateVector = readStateVector(message.stateVector, this.#edge.limits);
    } catch (error) {
      if (!(error instanceof SyncError) || error.code === 'malformed-frame') throw error;
      peer.refuse(error);
      return;
    }
    this.#open(peer, { ...message, stateVector }, credential).catch((error: unknown) => {
      if (!(error instanceof SyncError)) this.#connection.fail(error);
      else if (this.#channels.get(channel) === peer) peer.refuse(error);
    });
  }

  async #open(
    peer: SynclineSession,
    copy: Omit<ClientMessageOf<'attach'>, 'stateVector'> & { readonly stateVector: StateVector },
    credential: Credential,
  ): Promise<void> {
    const { channel } = copy;
    const documentId = parseDocumentId(copy.documentId);
    const { sessions } = this.#edge;
    const connection = this.#connection;
    const attach = () => sessions.attach(documentId, { connection, credential, peer });
    await openSession(documentId, attach, copy, this.#edge, (opened) => {
      if (this.#channels.get(channel) !== peer) {
        if ('session' in opened) opened.session.leave(); // the client detached meanwhile
      } else if ('session' in opened) {
        peer.open(opened.session, opened.cursor, copy.replay);
      } else {
        this.#channels.delete(channel);
        this.#write({ type: 'reset', channel, epoch: opened.reset });
      }
    });
  }

  async #renew(token: string, credential: Credential): Promise<void> {
    const { policy, sessions, connections } = this.#edge;
    try {
      const identity = await policy.authenticate(token, credential.request);
      connections.claim(this.#connection, identity.user?.id);
      credential.renew(identity);
      const expiresInMs = Math.ceil(credential.expiresInMs);
      this.#write({ type: 'token-accepted', userId: identity.user?.id ?? '', expiresInMs });
      sessions.recheck(credential.sessions);
    } catch (error) {
      if (!(error instanceof SyncError)) {
        this.#connection.fail(error);
        return;
      }
      const { code, message } = error;
      this.#write({ type: 'token-refused', code, message });
    }
  }

  #write(message: SynclineServerMessage): void {
    this.#connection.write(frameOf(this.#connection, encodeServerMessage(message)));
  }
}
