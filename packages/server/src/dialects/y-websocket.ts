import {
  type AwarenessEntry,
  decodeYWebsocket,
  encodeAwarenessMessage,
  encodeSyncStep1,
  encodeSyncStep2,
  encodeUpdate,
  SyncError,
} from '@syncline/protocol';
import {
  decodeStateVector,
  encodeStateVector,
  type StateVector,
  UpdateError,
} from '@syncline/update';
import type { Connection } from '../connection.ts';
import type { Room } from '../room.ts';
import type { Delivery, Session } from '../session.ts';

/** A client of y-websocket on a room. */
export class YWebsocketSession implements Session {
  /** Without authentication nobody is known. */
  readonly author = '';
  readonly #connection: Connection;
  readonly #room: Room;

  constructor(connection: Connection, room: Room) {
    this.#connection = connection;
    this.#room = room;
  }

  get bufferedBytes(): number {
    return this.#connection.bufferedBytes;
  }

  /** Joins the room, and says what the server of this dialect says first. */
  open(): void {
    this.#room.join(this);
    this.ask(this.#room.stateVector);
    const states = this.#room.awarenessStates();
    if (states.length > 0) this.#connection.send(encodeAwarenessMessage(states));
  }

  /** @throws SyncError for a frame that ends the session; nothing of it was taken. */
  receive(frame: Uint8Array): void {
    const message = decodeYWebsocket(frame);
    switch (message.type) {
      case 'sync-step-1': {
        const missing = this.#room.answer(this, readStateVector(message.stateVector));
        this.#connection.send(encodeSyncStep2(missing));
        return;
      }
      case 'sync-step-2':
      case 'update':
        this.#room.offer(this, message.update);
        return;
      case 'awareness':
        this.#room.announce(this, message.entries);
        return;
      case 'query-awareness':
        this.#connection.send(encodeAwarenessMessage(this.#room.awarenessStates()));
        return;
      default:
        message satisfies never;
    }
  }

  deliver(update: Delivery<Uint8Array>): void {
    this.#connection.send(update.framed(encodeUpdate));
  }

  deliverAwareness(entries: Delivery<readonly AwarenessEntry[]>): void {
    this.#connection.send(entries.framed(encodeAwarenessMessage));
  }

  ask(stateVector: StateVector): void {
    this.#connection.send(encodeSyncStep1(encodeStateVector(stateVector)));
  }

  /** Stock clients drop a socket that is silent for 30 s, and do not count pings. */
  keepAlive(): void {
    this.#connection.send(encodeAwarenessMessage([]));
  }

  close(reason: SyncError): void {
    this.#connection.close(reason);
  }

  leave(): void {
    this.#room.leave(this);
  }
}

function readStateVector(bytes: Uint8Array): StateVector {
  try {
    return decodeStateVector(bytes);
  } catch (cause) {
    if (!(cause instanceof UpdateError)) throw cause;
    throw new SyncError('malformed-frame', `a state vector: ${cause.message}`, { cause });
  }
}
