import {
  type AwarenessEntry,
  encodeHocuspocus,
  type HocuspocusClientMessage,
  type HocuspocusServerMessage,
  type Rights,
  SyncError,
} from '@syncline/protocol';
import type { StateVector } from '@syncline/update';
import type { Broadcast } from '../../broadcasts.ts';
import type { Connection } from '../../connection.ts';
import type { Delivery } from '../../delivery.ts';
import type { Limits } from '../../limits.ts';
import type { Entries, Peer, Session } from '../../session.ts';
import { changesOf } from '../../throttle.ts';
import { readStateVector } from '../state-vector.ts';
import { isCovered } from './is-covered.ts';
import { Statuses } from './statuses.ts';

/** The topic of broadcasts that this dialect knows: its stateless messages. */
const STATELESS = 'stateless';

/** A larger state vector is not kept: a client may send one for each of its documents. */
const MAX_COPY_CLIENTS = 1_000;

/** One document on a socket of Hocuspocus. */
export class HocuspocusSession implements Peer {
  readonly #connection: Connection;
  readonly #limits: Limits;
  /** What each frame begins with, as the client wrote it. */
  readonly #key: string;
  #ownFrameKey: string | undefined;
  readonly #onEnd: (reason: SyncError) => void;
  readonly #statuses = new Statuses();
  /** What the client had when it said its newest SyncStep1, until it has answered the one that it got for it. */
  #copy: StateVector | undefined;
  #session: Session | undefined;

  /** @param onEnd the session is over, for a reason that the client is to be told. */
  constructor(
    connection: Connection,
    limits: Limits,
    key: string,
    onEnd: (reason: SyncError) => void,
  ) {
    this.#connection = connection;
    this.#limits = limits;
    this.#key = key;
    this.#onEnd = onEnd;
  }

  get bufferedBytes(): number {
    return this.#connection.bufferedBytes;
  }

  /** Says what the server says first, once it let the client in. */
  open(session: Session): void {
    this.#session = session;
    this.#write({ type: 'authenticated', scope: scopeOf(session.rights) });
    session.showOthers();
  }

  /** @throws SyncError for what ends the session. */
  take(message: HocuspocusClientMessage): void {
    const session = this.#session;
    if (session === undefined) return;
    switch (message.type) {
      case 'sync-step-1':
        this.#answer(session, readStateVector(message.stateVector, this.#limits));
        return;
      case 'sync-step-2':
        this.#offer(session, message.update, this.#statuses.step2());
        if (!this.#statuses.isSyncing) this.#copy = undefined;
        return;
      case 'update':
        this.#offer(session, message.update, this.#statuses.update(this.#isOld(message.update)));
        return;
      case 'awareness':
        this.#connection.throttle.charge('awareness', changesOf(message.update.length));
        session.announce(message.update);
        return;
      case 'query-awareness':
        session.showOthers();
        return;
      case 'stateless':
        this.#connection.throttle.charge('awareness', changesOf(message.payload.length));
        if (session.rights.broadcast) {
          session.broadcast(STATELESS, new TextEncoder().encode(message.payload), false);
        }
        return;
      case 'auth':
      case 'close':
        return; // the dialect's own
      default:
        message satisfies never;
    }
  }

  deliver(entries: Delivery<Entries>): void {
    this.#connection.write(
      entries.framed(this.#frameKey, ({ update }) => this.#frame({ type: 'update', update })),
    );
  }

  deliverAwareness(entries: Delivery<readonly AwarenessEntry[]>): void {
    this.#connection.write(
      entries.framed(this.#frameKey, (states) =>
        this.#frame({ type: 'awareness', entries: states }),
      ),
    );
  }

  deliverBroadcast(broadcast: Delivery<Broadcast>): void {
    if (broadcast.content.topic !== STATELESS) return;
    this.#connection.write(
      broadcast.framed(this.#frameKey, ({ payload }) =>
        this.#frame({ type: 'stateless', payload: new TextDecoder().decode(payload) }),
      ),
    );
  }

  ask(stateVector: Uint8Array): void {
    this.#ask(stateVector, 'server');
  }

  acknowledge(numbers: readonly number[]): void {
    for (const number of numbers) {
      for (let due = this.#statuses.settled(number); due > 0; due--) {
        this.#write({ type: 'sync-status', applied: true });
      }
    }
  }

  /** This dialect knows no epochs. */
  created(): void {}

  rightsChanged(rights: Rights): void {
    this.#write({ type: 'authenticated', scope: scopeOf(rights) });
  }

  requestToken(): void {
    this.#write({ type: 'request-token' });
  }

  /** Something that providers count as a sign of life, and ignore. */
  keepAlive(): void {
    this.#write({ type: 'awareness', entries: [] });
  }

  close(reason: SyncError): void {
    this.#onEnd(reason);
  }

  leave(): void {
    this.#session?.leave();
  }

  /** First what the server lacks is asked for, and then the client is answered. */
  #answer(session: Session, stateVector: StateVector): void {
    this.#copy = stateVector.size <= MAX_COPY_CLIENTS ? stateVector : undefined;
    this.#ask(session.stateVector, 'client');
    session.answer(stateVector, ({ recent, missing }) => {
      if (recent !== undefined) {
        this.#connection.write(
          recent.framed(this.#frameKey, (update) => this.#frame({ type: 'update', update })),
        );
      }
      this.#connection.write(
        missing.framed(this.#frameKey, (update) => this.#frame({ type: 'sync-step-2', update })),
      );
    });
  }

  #ask(stateVector: Uint8Array, by: 'client' | 'server'): void {
    this.#statuses.asked(by);
    this.#write({ type: 'sync-step-1', stateVector });
  }

  /** Whether an Update was made before the client's SyncStep1; undefined when that cannot be seen. */
  #isOld(update: Uint8Array): boolean | undefined {
    const copy = this.#statuses.isSyncing ? this.#copy : undefined;
    return copy && isCovered(update, copy);
  }

  #offer(session: Session, update: Uint8Array, number: number): void {
    this.#connection.throttle.charge('updates', 1);
    try {
      session.offer(update, number);
    } catch (error) {
      if (!(error instanceof SyncError) || error.code !== 'read-only') throw error;
      if (this.#statuses.refused(number)) this.#write({ type: 'sync-status', applied: false });
    }
  }

  /** Sessions with the same key get the same frames. */
  get #frameKey(): string {
    this.#ownFrameKey ??= `hocuspocus ${this.#key}`;
    return this.#ownFrameKey;
  }

  #frame(message: HocuspocusServerMessage): Uint8Array {
    return this.#connection.frame(encodeHocuspocus(this.#key, message));
  }

  #write(message: HocuspocusServerMessage): void {
    this.#connection.write(this.#frame(message));
  }
}

function scopeOf({ write }: Rights): 'read-write' | 'readonly' {
  return write ? 'read-write' : 'readonly';
}
