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
import { webSocketFrame } from '../web-socket-frame.ts';

const frameUpdate = (update: Uint8Array) => webSocketFrame(encodeUpdate(update));
const frameSyncStep2 = (update: Uint8Array) => webSocketFrame(encodeSyncStep2(update));
const frameAwareness = (entries: readonly AwarenessEntry[]) =>
  webSocketFrame(encodeAwarenessMessage(entries));

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
    if (states.length > 0) this.#connection.write(frameAwareness(states));
  }

  /** @throws SyncError for a frame that ends the session; nothing of it was taken. */
  receive(frame: Uint8Array): void {
    const message = decodeYWebsocket(frame);
    switch (message.type) {
      case 'sync-step-1':
        this.#room.answer(this, readStateVector(message.stateVector), (answer) => {
          if (answer.recent !== undefined) this.deliver(answer.recent);
          this.#connection.write(answer.missing.framed(frameSyncStep2));
        });
        return;
      case 'sync-step-2':
      case 'update':
        this.#room.offer(this, message.update);
        return;
      case 'awareness':
        this.#room.announce(this, message.entries);
        return;
      case 'query-awareness':
        this.#connection.write(frameAwareness(this.#room.awarenessStates()));
        return;
      default:
        message satisfies never;
    }
  }

  deliver(update: Delivery<Uint8Array>): void {
    this.#connection.write(update.framed(frameUpdate));
  }

  deliverAwareness(entries: Delivery<readonly AwarenessEntry[]>): void {
    this.#connection.write(entries.framed(frameAwareness));
  }

  ask(stateVector: StateVector): void {
    this.#connection.write(webSocketFrame(encodeSyncStep1(encodeStateVector(stateVector))));
  }

  /** Stock clients drop a socket that is silent for 30 s, and do not count pings. */
  keepAlive(): void {
    this.#connection.write(frameAwareness([]));
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
