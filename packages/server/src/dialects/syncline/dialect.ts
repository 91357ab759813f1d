import {
  type ClientMessageOf,
  chooseVersion,
  Defragmenter,
  decodeClientMessage,
  encodeServerMessage,
  isRetryable,
  PROTOCOL_VERSIONS,
  parseDocumentId,
  SyncError,
  type SynclineClientMessage,
  type SynclineServerMessage,
} from '@syncline/protocol';
import type { Seq } from '@syncline/storage';
import type { Connection, Dialect } from '../../connection.ts';
import type { Edge } from '../../edge.ts';
import { Credential } from '../../identity/credential.ts';
import type { Session } from '../../session.ts';
import { readStateVector } from '../state-vector.ts';
import { FRAGMENT_BYTES, frameOf } from './frame-of.ts';
import { checkSchema } from './schema.ts';
import { SynclineSession } from './syncline-session.ts';

/** Each end says something at least this often. */
const HEARTBEAT_MS = 20_000;
/** Who said nothing for so long is gone. */
const SILENCE_MS = 3 * HEARTBEAT_MS;

const START = 0 as Seq;

/** `syncline.v1`: many documents a connection. packages/protocol/SPEC.md has its rules. */
export class SynclineDialect implements Dialect {
  readonly #connection: Connection;
  readonly #edge: Edge;
  readonly #defragmenter: Defragmenter;
  readonly #channels = new Map<number, SynclineSession>();
  /** What came between the hello and the welcome. */
  #queue: SynclineClientMessage[] = [];
  #queuedBytes = 0;
  #state: 'new' | 'greeting' | 'open' = 'new';
  #credential: Credential | undefined;
  #heardAt = performance.now();

  constructor(connection: Connection, edge: Edge) {
    this.#connection = connection;
    this.#edge = edge;
    this.#defragmenter = new Defragmenter(edge.limits.frameBytes);
  }

  receive(frame: Uint8Array): void {
    this.#heardAt = performance.now();
    const bytes = this.#defragmenter.accept(frame);
    if (bytes === undefined) return;
    const message = decodeClientMessage(bytes);
    switch (this.#state) {
      case 'new':
        if (message.type !== 'hello') {
          throw new SyncError('malformed-frame', `the first message is ${message.type}, not hello`);
        }
        this.#state = 'greeting';
        this.#connection.pause('attaching');
        void this.#greet(message).finally(() => this.#connection.resume('attaching'));
        return;
      case 'greeting':
        // The bytes are a view into a buffer of the socket, which is used again.
        this.#enqueue(decodeClientMessage(bytes.slice()), bytes.length);
        return;
      case 'open':
        this.#take(message);
    }
  }

  keepAlive(): void {
    if (this.#connection.isReading && performance.now() - this.#heardAt > SILENCE_MS) {
      this.#connection.terminate();
    } else if (this.#state === 'open') {
      this.#write({ type: 'ping' });
    }
  }

  goodbye({ code, message }: SyncError): void {
    const retry = isRetryable(code);
    this.#write({ type: 'goodbye', code, message, retry, retryAfterMs: 0 });
  }

  closed(): void {
    for (const peer of this.#channels.values()) peer.leave();
    this.#channels.clear();
    this.#credential?.close();
  }

  #enqueue(message: SynclineClientMessage, bytes: number): void {
    const { queueBytes, queueFrames } = this.#edge.limits;
    this.#queuedBytes += bytes;
    if (this.#queuedBytes > queueBytes || this.#queue.length >= queueFrames) {
      throw new SyncError(
        'auth-queue-full',
        `over limits.queueBytes (${queueBytes}) or limits.queueFrames (${queueFrames})`,
      );
    }
    this.#queue.push(message);
  }

  async #greet(hello: ClientMessageOf<'hello'>): Promise<void> {
    const connection = this.#connection;
    const { policy, connections, sessions, limits, schema } = this.#edge;
    try {
      const version = chooseVersion(hello.versions);
      if (version === undefined) throw noCommonVersion(hello.versions);
      checkSchema(hello.schemaVersion, schema);
      const token = hello.token === '' ? connection.token : hello.token;
      const identity = await policy.authenticate(token, connection.request);
      connections.claim(connection, identity.user?.id);
      const credential = new Credential(identity, connection.request);
      credential.events = {
        expiring: (inMs) => this.#write({ type: 'token-expiring', inMs: Math.ceil(inMs) }),
        expired: () => sessions.expire(credential),
      };
      this.#credential = credential;
      this.#write({
        type: 'welcome',
        version,
        connectionId: connection.id,
        serverVersion: this.#edge.version,
        userId: identity.user?.id ?? '',
        tokenExpiresInMs: Math.ceil(credential.expiresInMs),
        heartbeatMs: HEARTBEAT_MS,
        limits: {
          fragmentBytes: FRAGMENT_BYTES,
          updateBytes: limits.updateBytes,
          documents: limits.documentsPerConnection,
          awarenessBytes: limits.awarenessBytes,
          broadcastBytes: limits.broadcastBytes,
        },
      });
      this.#state = 'open';
      for (const message of this.#queue.splice(0)) this.#take(message);
    } catch (error) {
      this.#connection.fail(error);
    }
  }

  #take(message: SynclineClientMessage): void {
    switch (message.type) {
      case 'hello':
        throw new SyncError('malformed-frame', 'a second hello');
      case 'token':
        void this.#renew(message.token);
        return;
      case 'ping':
        this.#write({ type: 'pong' });
        return;
      case 'pong':
        return;
      case 'attach':
        this.#attach(message);
        return;
      case 'detach':
        this.#channels.get(message.channel)?.leave();
        this.#channels.delete(message.channel);
        return;
      case 'update':
        this.#connection.throttle.charge('updates', 1);
        this.#on(message.channel, (peer) => peer.offer(message));
        return;
      case 'awareness':
        this.#connection.throttle.charge('awareness', 1);
        this.#on(message.channel, (peer) => peer.announce(message.entries));
        return;
      case 'broadcast':
        this.#connection.throttle.charge('awareness', 1);
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

  #attach(message: ClientMessageOf<'attach'>): void {
    const { channel } = message;
    if (this.#channels.has(channel)) {
      throw new SyncError('malformed-frame', `channel ${channel} is open already`);
    }
    const peer = new SynclineSession(this.#connection, channel, () => {
      if (this.#channels.get(channel) === peer) this.#channels.delete(channel);
    });
    this.#channels.set(channel, peer);
    // The bytes are a view into a buffer of the socket, which is used again.
    const stateVector = readStateVector(message.stateVector.slice());
    this.#open(peer, message, stateVector).catch((error: unknown) => {
      if (error instanceof SyncError) peer.close(error);
      else this.#connection.fail(error);
    });
  }

  async #open(
    peer: SynclineSession,
    message: ClientMessageOf<'attach'>,
    stateVector: ReturnType<typeof readStateVector>,
  ): Promise<void> {
    const { channel, epoch, replay } = message;
    const documentId = parseDocumentId(message.documentId);
    const credential = this.#credential as Credential;
    const attach = () =>
      this.#edge.sessions.attach(documentId, { connection: this.#connection, credential, peer });
    const isGone = (session: Session) => {
      if (this.#channels.get(channel) === peer) return false;
      session.leave(); // the client detached meanwhile
      return true;
    };
    let session = await attach();
    if (isGone(session)) return;
    const head = session.head;
    let since = epoch === '' ? START : (message.since as Seq);
    if (epoch !== '' && epoch !== session.epoch) {
      session.refuseDead(stateVector);
      session.leave();
      this.#channels.delete(channel);
      this.#write({ type: 'reset', channel, epoch: session.epoch ?? '' });
      return;
    }
    if (since > head) {
      // The client was told of entries that are not there: they were acknowledged, and are lost.
      const { logger, metrics, resetDocument } = this.#edge;
      logger.error({ documentId, since, head }, 'a client has entries that the log has lost');
      metrics.lostEntries.inc();
      since = START;
      if (session.rights.write) {
        session.leave();
        await resetDocument(documentId);
        session = await attach();
        if (isGone(session)) return;
      }
    }
    peer.open(session, { since, stateVector }, replay);
  }

  async #renew(token: string): Promise<void> {
    const { policy, sessions, connections } = this.#edge;
    const credential = this.#credential as Credential;
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

function noCommonVersion(offered: readonly number[]): SyncError {
  const spoken = PROTOCOL_VERSIONS.join(', ');
  return new SyncError(
    'version-unsupported',
    `this server speaks ${spoken}, the client ${offered.join(', ')}: upgrade the older one`,
  );
}
