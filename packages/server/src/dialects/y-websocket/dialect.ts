import {
  type AwarenessEntry,
  decodeYWebsocket,
  documentIdFromPath,
  encodeAwarenessMessage,
  encodePermissionDenied,
  encodeSyncStep1,
  encodeSyncStep2,
  encodeUpdate,
  isRetryable,
  SyncError,
  type YWebsocketMessage,
} from '@syncline/protocol';
import type { Connection, Dialect } from '../../connection.ts';
import type { Delivery } from '../../delivery.ts';
import type { Edge } from '../../edge.ts';
import { Credential } from '../../identity/credential.ts';
import type { Entries, Peer, Session } from '../../session.ts';
import { changesOf } from '../../throttle.ts';
import { readStateVector } from '../state-vector.ts';

/** A client that goes on writing without the right to is told of it this often. */
const TELL_EVERY_MS = 5_000;

/** y-websocket, versions 2 and 3: one document a socket, which the path names. */
export class YWebsocketDialect implements Dialect, Peer {
  readonly #connection: Connection;
  readonly #edge: Edge;
  /** The document's name as the path has it. */
  readonly #name: string;
  /** What came before there is a session. */
  #queue: YWebsocketMessage[] = [];
  #session: Session | undefined;
  #credential: Credential | undefined;
  #toldAt = -Infinity;
  /** Its client does not hear that it was refused for good, and nothing that it sends counts. */
  #parked = false;

  constructor(connection: Connection, edge: Edge, name: string) {
    this.#connection = connection;
    this.#edge = edge;
    this.#name = name;
    // Nothing is read before there is a session on a room that has read its log.
    connection.pause('attaching');
    void this.#attach();
  }

  get bufferedBytes(): number {
    return this.#connection.bufferedBytes;
  }

  receive(frame: Uint8Array): void {
    if (this.#parked) return;
    const message = decodeYWebsocket(frame);
    if (this.#session === undefined) this.#queue.push(copyOf(message));
    else this.#hear(this.#session, message);
  }

  deliver(entries: Delivery<Entries>): void {
    const { frame } = this.#connection;
    this.#connection.write(
      entries.framed(YWebsocketDialect, ({ update }) => frame(encodeUpdate(update))),
    );
  }

  deliverAwareness(entries: Delivery<readonly AwarenessEntry[]>): void {
    const { frame } = this.#connection;
    this.#connection.write(
      entries.framed(YWebsocketDialect, (states) => frame(encodeAwarenessMessage(states))),
    );
  }

  ask(stateVector: Uint8Array): void {
    this.#write(encodeSyncStep1(stateVector));
  }

  rightsChanged({ write }: { readonly write: boolean }): void {
    if (!write) this.#write(encodePermissionDenied('read-only: the right to write was taken away'));
  }

  /** This dialect has no words for these. */
  deliverBroadcast(): void {}
  acknowledge(): void {}
  created(): void {}

  /** Stock clients drop a socket that is silent for 30 s, and do not count pings. */
  keepAlive(): void {
    this.#write(encodeAwarenessMessage([]));
  }

  /** The session is over. */
  close(reason: SyncError): void {
    this.#connection.close(reason);
  }

  /** The close code says it. */
  goodbye(): void {}

  closed(): void {
    this.#session?.leave();
    this.#credential?.close();
  }

  async #attach(): Promise<void> {
    const { sessions, policy, connections } = this.#edge;
    const connection = this.#connection;
    try {
      const documentId = documentIdFromPath(this.#name);
      const identity = await policy.authenticate(connection.token, connection.request);
      connections.claim(connection, identity.user?.id);
      const credential = new Credential(identity, connection.request);
      this.#credential = credential;
      credential.events = { expiring: () => {}, expired: () => sessions.expire(credential) };
      this.#open(await sessions.attach(documentId, { connection, credential, peer: this }));
    } catch (error) {
      if (error instanceof SyncError) this.#refuse(error);
      else connection.fail(error);
    }
    this.#queue = [];
    connection.resume('attaching');
  }

  /** Says what the server of this dialect says first, and takes what came meanwhile. */
  #open(session: Session): void {
    this.#session = session;
    this.ask(session.stateVector);
    session.showOthers();
    for (const message of this.#queue) this.#hear(session, message);
  }

  #hear(session: Session, message: YWebsocketMessage): void {
    try {
      this.#take(session, message);
    } catch (error) {
      if (!(error instanceof SyncError) || error.code === 'malformed-frame') throw error;
      this.#refuse(error);
    }
  }

  /** Closes the connection for what its client brought, unless that client does not hear it. */
  #refuse(reason: SyncError): void {
    const { request, token } = this.#connection;
    const refused = { address: request.address, token, documentName: this.#name };
    const isDeaf = !isRetryable(reason.code) && this.#edge.refusals.isUnheard(refused, reason.code);
    if (!isDeaf) {
      this.#connection.close(reason);
      return;
    }
    this.#parked = true;
    this.#session?.leave();
    this.#connection.hasBeenOfUse();
    this.#write(encodePermissionDenied(`${reason.code}: ${reason.message}`));
  }

  #take(session: Session, message: YWebsocketMessage): void {
    const connection = this.#connection;
    const { limits } = this.#edge;
    switch (message.type) {
      case 'sync-step-1':
        session.answer(readStateVector(message.stateVector, limits), ({ recent, missing }) => {
          const { frame } = connection;
          if (recent !== undefined) {
            connection.write(
              recent.framed(YWebsocketDialect, (update) => frame(encodeUpdate(update))),
            );
          }
          connection.write(
            missing.framed(YWebsocketDialect, (update) => frame(encodeSyncStep2(update))),
          );
        });
        return;
      case 'sync-step-2':
      case 'update':
        connection.throttle.charge('updates', 1);
        this.#offer(session, message.update);
        return;
      case 'awareness':
        connection.throttle.charge('awareness', changesOf(message.update.length));
        session.announce(message.update);
        return;
      case 'query-awareness':
        session.showOthers();
        return;
      default:
        message satisfies never;
    }
  }

  #offer(session: Session, update: Uint8Array): void {
    try {
      session.offer(update);
    } catch (error) {
      if (!(error instanceof SyncError) || error.code !== 'read-only') throw error;
      const now = performance.now();
      if (now - this.#toldAt < TELL_EVERY_MS) return;
      this.#toldAt = now;
      this.#edge.metrics.refused(error.code);
      this.#write(encodePermissionDenied(`${error.code}: ${error.message}`));
    }
  }

  #write(message: Uint8Array): void {
    this.#connection.write(this.#connection.frame(message));
  }
}

/** A frame is a view into a buffer of the socket, which is used again. */
function copyOf(message: YWebsocketMessage): YWebsocketMessage {
  if (message.type === 'sync-step-1') {
    return { ...message, stateVector: message.stateVector.slice() };
  }
  return 'update' in message ? { ...message, update: message.update.slice() } : message;
}
