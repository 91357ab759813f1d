import {
  type AwarenessEntry,
  type DocumentId,
  decodeAwareness,
  type Rights,
  SyncError,
} from '@syncline/protocol';
import type { Epoch, Seq } from '@syncline/storage';
import type { StateVector } from '@syncline/update';
import type { Answer } from './answers.ts';
import type { Broadcast } from './broadcasts.ts';
import { contain } from './bulkhead.ts';
import type { CatchUp, Cursor } from './catch-up.ts';
import type { Delivery } from './delivery.ts';
import type { Credential } from './identity/credential.ts';
import type { Limits } from './limits.ts';
import type { Policy } from './policy.ts';
import { AwarenessBounds } from './presence/awareness-bounds.ts';
import type { Account } from './quotas.ts';
import type { Room } from './room.ts';

/** Entries that follow each other, as one update: those after `from`, up to `to`. */
export interface Entries {
  readonly from: Seq;
  readonly to: Seq;
  readonly update: Uint8Array;
}

/**
 * The client's end of a session. A dialect implements it, and nothing behind it knows a dialect. No
 * method waits, and none should throw: that ends the session. When the socket is gone they do nothing.
 */
export interface Peer {
  /** How many bytes wait in the socket. */
  readonly bufferedBytes: number;
  /** Entries that were committed. */
  deliver(entries: Delivery<Entries>): void;
  /** Awareness states that changed. */
  deliverAwareness(entries: Delivery<readonly AwarenessEntry[]>): void;
  deliverBroadcast(broadcast: Delivery<Broadcast>): void;
  /** Asks the client for what the log with this state vector lacks. */
  ask(stateVector: Uint8Array): void;
  /**
   * Updates that the client numbered are durable; none when a part of one is. `seq` is the log's head
   * when the client has all up to it, else 0.
   */
  acknowledge(numbers: readonly number[], seq: Seq): void;
  /** The document came into being: it has its first entry. */
  created(epoch: Epoch): void;
  rightsChanged(rights: Rights): void;
  /** The session is over; the client is told why. */
  close(reason: SyncError): void;
}

/** What sessions need of the server. */
export interface SessionContext {
  readonly limits: Limits;
  readonly policy: Pick<Policy, 'isAuthenticating'>;
  onLeave(session: Session): void;
  /** A session caused a fault, and is ended. Does not throw. */
  onFault(session: Session, cause: unknown): void;
}

/** One client on one document. Dialects speak to rooms through it, and it holds the client's rights. */
export class Session {
  readonly documentId: DocumentId;
  readonly credential: Credential;
  /** Of its user or address. */
  readonly account: Account;
  /** What carries it. */
  readonly connection: { sessionCount: number };
  /** Clocks without content that it brought so far. */
  hollowClocks = 0;
  /** Whether it was given all that was committed: then it gets what comes. */
  isReader = false;
  readonly #room: Room;
  readonly #peer: Peer;
  readonly #context: SessionContext;
  #rights: Rights;
  #open = true;

  constructor(options: {
    readonly room: Room;
    readonly credential: Credential;
    readonly account: Account;
    readonly peer: Peer;
    readonly rights: Rights;
    readonly connection: { sessionCount: number };
    readonly context: SessionContext;
  }) {
    this.#room = options.room;
    this.documentId = options.room.documentId;
    this.credential = options.credential;
    this.account = options.account;
    this.connection = options.connection;
    this.#peer = options.peer;
    this.#rights = options.rights;
    this.#context = options.context;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  get rights(): Rights {
    return this.#rights;
  }

  /** The user's id, for entries; empty when nobody is known. */
  get author(): string {
    return this.userId ?? '';
  }

  get userId(): string | null {
    return this.credential.identity.user?.id ?? null;
  }

  get epoch(): Epoch | undefined {
    return this.#room.log.epoch;
  }

  get head(): Seq {
    return this.#room.log.head;
  }

  /**
   * The state vector of all that is committed. What a client has beyond them it sends again, and so hears when
   * that is durable: it may be waiting here for its commit.
   */
  get stateVector(): Uint8Array {
    return this.#room.log.encodedStateVector;
  }

  /** Whether the server says who its user is, so that nobody else may. */
  get isVouchedFor(): boolean {
    return this.#context.policy.isAuthenticating;
  }

  /** How many bytes wait in the client's socket. */
  get bufferedBytes(): number {
    try {
      return this.#open ? this.#peer.bufferedBytes : 0;
    } catch (cause) {
      this.fail(cause);
      return 0;
    }
  }

  /** Tells the client something. What that throws ends this session, and nothing else. */
  tell(say: (peer: Peer) => void): void {
    if (!this.#open) return;
    try {
      say(this.#peer); // and not in `contain`: each delivery would make two functions
    } catch (cause) {
      this.fail(cause);
    }
  }

  /** The session caused a fault. Does not throw. */
  fail(cause: unknown): void {
    if (!this.#open) return;
    this.#context.onFault(this, cause);
    this.end(new SyncError('internal', 'a fault of the server; reconnect'));
  }

  /** Tells the client who is here. */
  showOthers(): void {
    this.#room.showOthers(this);
  }

  /** Tells the client the last broadcasts that are kept, at most so many. */
  replay(count: number): void {
    this.#room.replay(this, count);
  }

  /**
   * Looks whether other nodes have appended what is not known here yet.
   * @throws SyncError `load-failed`
   */
  async refresh(): Promise<void> {
    await this.#room.refresh();
  }

  /**
   * To be asked of a client's copy before anything else is done with it.
   * @throws SyncError `document-deleted`, `document-replaced` when it is of what was here before.
   */
  refuseCopy(stateVector: StateVector): void {
    this.#room.refuseCopy(stateVector);
  }

  /**
   * Gives the client all that it lacks by its state vector, when it is its turn; from then on it gets
   * what comes.
   * @throws SyncError `document-deleted`, `document-replaced` when its copy is of what was here before.
   */
  answer(stateVector: StateVector, give: (answer: Answer) => void): void {
    if (this.#open) this.#room.answer(this, stateVector, give);
  }

  /** The same for a client that knows where in the log it stands. */
  catchUp(cursor: Cursor, give: (catchUp: CatchUp) => void): void {
    if (this.#open) this.#room.catchUp(this, cursor, give);
  }

  /**
   * Takes an update. What is new goes into the next tick; what lies behind a gap waits until what is
   * missing has come, and the client is asked for it.
   * @param number is acknowledged when all of the update is durable.
   * @throws SyncError; nothing of the update was taken then. `read-only` when it brings something
   *   new and the session may not write; `update-refused`, `update-too-large`, `document-too-large`,
   *   `pending-too-large`, `clock-jump`, `document-deleted`, `document-replaced`, `too-many-new-documents`,
   *   `storage-quota-exceeded`.
   */
  offer(update: Uint8Array, number?: number): void {
    if (!this.#open) return;
    const { updateBytes } = this.#context.limits;
    if (update.length > updateBytes) {
      throw new SyncError(
        'update-too-large',
        `an update of ${update.length} bytes is over limits.updateBytes (${updateBytes})`,
      );
    }
    this.#room.offer(this, update, number);
  }

  /**
   * Takes an awareness update. Without the right to show oneself it is dropped, and not read.
   * @throws SyncError `malformed-frame`, `awareness-too-large`, `awareness-too-many`
   */
  announce(update: Uint8Array): void {
    if (!this.#open || !this.#rights.awareness) return;
    const bounds = new AwarenessBounds(this.#context.limits, this.#room);
    this.#room.announce(this, decodeAwareness(update, bounds));
  }

  /** @throws SyncError `access-denied`, `broadcast-too-large` */
  broadcast(topic: string, payload: Uint8Array, toSelf: boolean): void {
    if (!this.#open) return;
    if (!this.#rights.broadcast) {
      throw new SyncError('access-denied', 'the session may not send broadcasts');
    }
    const { broadcastBytes } = this.#context.limits;
    if (topic.length + payload.length > broadcastBytes) {
      throw new SyncError(
        'broadcast-too-large',
        `the broadcast is over limits.broadcastBytes (${broadcastBytes})`,
      );
    }
    this.#room.broadcast(this, topic, payload, toSelf);
  }

  /** Puts other rights in force, from the next message on. */
  changeRights(rights: Rights): void {
    const before = this.#rights;
    this.#rights = rights;
    if (before.awareness && !rights.awareness) this.#room.silence(this);
    const same = (Object.keys(rights) as (keyof Rights)[]).every((it) => before[it] === rights[it]);
    if (!this.#open || same) return;
    this.tell((peer) => {
      peer.rightsChanged(rights);
      // What the client could not send before is asked for now.
      if (rights.write && !before.write) peer.ask(this.stateVector);
    });
  }

  /** Ends the session, and tells the client why. Does not throw. */
  end(reason: SyncError): void {
    if (!this.#open) return;
    this.leave();
    contain(
      () => this.#peer.close(reason),
      (cause) => this.#context.onFault(this, cause),
    );
  }

  /** The client is gone. Idempotent. */
  leave(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#room.leave(this);
    this.#context.onLeave(this);
  }
}
