import type { Bus, DocumentMessage, NodeId } from '@syncline/bus';
import { type AwarenessEntry, type DocumentId, SyncError } from '@syncline/protocol';
import type { Appended, DocumentStore, Epoch, Seq } from '@syncline/storage';
import type { StateVector } from '@syncline/update';
import { type Answer, Answers } from './answers.ts';
import { type Broadcast, Broadcasts } from './broadcasts.ts';
import { contain } from './bulkhead.ts';
import { type CatchUp, CatchUps, type Cursor } from './catch-up.ts';
import type { Growth } from './compaction/policy.ts';
import { type Covered, DocumentLog } from './document-log.ts';
import { Joins } from './joins.ts';
import type { Limits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import type { Paced } from './paced.ts';
import { Presence } from './presence/presence.ts';
import { RoomLog } from './room-log.ts';
import type { Session } from './session.ts';
import type { Tick } from './tick.ts';
import { decodeTombstone, type Tombstone } from './tombstone.ts';

/** What a room needs of the server. */
export interface RoomContext {
  readonly store: DocumentStore;
  readonly bus: Bus;
  readonly tick: Tick;
  /** The turns in which joins of all rooms are answered. */
  readonly joins: Paced;
  readonly metrics: Metrics;
  readonly limits: Limits;
  /** How much a session's socket may hold before it is left behind, in bytes. */
  readonly budgetBytes: number;
  /** Something was committed, or a session left. */
  onActivity(room: Room): void;
  /** A session claims more clocks without content than it may: so texts of others could be swallowed. */
  onClockJump(room: Room, session: Session, clocks: number): void;
  /** The store has another log under this name, or none. */
  onReplaced(room: Room): void;
  /** The room can serve no more; a new one must be made from the store. Does not throw. */
  onFailure(room: Room, cause: unknown): void;
}

/** What nodes tell each other's rooms. A room does not outlive its log: `Rooms` sees to that. */
export type RoomMessage = Exclude<DocumentMessage, { readonly type: 'replaced' }>;

/**
 * The live side of one document: what it needs of the log in memory, and its sessions. It is made
 * from a log that was read whole, so nobody is served from a part of one. What it throws ends it, and is thrown to
 * nobody, but for the SyncErrors that sessions are refused with: it is loaded anew when somebody comes.
 */
export class Room {
  readonly documentId: DocumentId;
  readonly #context: RoomContext;
  readonly #log: DocumentLog;
  readonly #sessions = new Set<Session>();
  readonly #updates: RoomLog;
  readonly #joins: Joins;
  readonly #presence: Presence;
  readonly #broadcasts: Broadcasts;
  #hasFailed = false;

  private constructor(
    documentId: DocumentId,
    log: DocumentLog,
    tombstone: Tombstone,
    context: RoomContext,
  ) {
    this.documentId = documentId;
    this.#context = context;
    this.#log = log;
    const { store, bus, tick, metrics, limits, budgetBytes } = context;
    this.#updates = new RoomLog({
      documentId,
      log,
      tombstone,
      store,
      bus,
      tick,
      metrics,
      limits,
      budgetBytes,
      onActivity: () => context.onActivity(this),
      onClockJump: (session, clocks) => context.onClockJump(this, session, clocks),
      onCreated: (epoch) => {
        for (const session of this.#sessions) session.tell((peer) => peer.created(epoch));
      },
      onReplaced: () => context.onReplaced(this),
      onFailure: (cause) => {
        const reason = 'the server could not store updates';
        this.fail(cause, new SyncError('commit-failed', reason, { cause }));
      },
    });
    const onThrow = (cause: unknown) => this.fail(cause);
    const answers = new Answers(log);
    this.#joins = new Joins({
      answers,
      catchUps: new CatchUps(documentId, store, log, answers),
      turns: context.joins,
      sessions: this.#sessions,
      onTurn: (session) => this.#updates.addReader(session),
      onThrow,
    });
    this.#presence = new Presence({
      sessions: this.#sessions,
      perSession: limits.awarenessPerSession,
      bytesPerSecond: limits.awarenessBytesPerSecond,
      budgetBytes,
      tellNodes: (states) => bus.tell(documentId, { type: 'awareness', states }),
      onThrow,
    });
    this.#broadcasts = new Broadcasts(limits.broadcastReplay);
  }

  /** @throws SyncError `load-failed`, `store-damaged` */
  static async load(documentId: DocumentId, context: RoomContext): Promise<Room> {
    const { store } = context;
    const [stored, tombstone] = await Promise.all([
      store.load(documentId),
      store.tombstone(documentId),
    ]);
    return new Room(documentId, new DocumentLog(stored), decodeTombstone(tombstone), context);
  }

  /** Entries of the stored log that are not served, since Yjs could not integrate them. */
  get unreadable(): readonly Seq[] {
    return this.#log.unreadable;
  }

  /** About how much memory the room takes, in bytes. */
  get bytes(): number {
    return this.#log.memory;
  }

  /**
   * The clocks of all that is committed. What a client has beyond them it sends again, and so hears when
   * that is durable: it may be waiting here for its commit.
   */
  get stateVector(): StateVector {
    return this.#log.committedStateVector;
  }

  /** How many bytes of updates wait behind a gap. */
  get heldBytes(): number {
    return this.#updates.heldBytes;
  }

  /** Undefined for a document that nobody has written to. */
  get epoch(): Epoch | undefined {
    return this.#log.epoch;
  }

  /** The newest seq up to which the room has all; 0 when there is none. */
  get head(): Seq {
    return this.#log.head;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Whether the room could be forgotten without losing anything. */
  get idle(): boolean {
    return this.#sessions.size === 0 && this.#updates.isSettled;
  }

  /** How large the tail is beside the checkpoint, in bytes. */
  get growth(): Growth {
    return this.#log;
  }

  join(session: Session): void {
    this.#sessions.add(session);
  }

  leave(session: Session): void {
    if (!this.#sessions.delete(session)) return;
    this.contain(() => {
      this.#joins.leave(session);
      this.#updates.removeReader(session);
      this.#presence.leave(session);
      this.#context.onActivity(this);
    });
  }

  /** Ends all sessions. */
  end(reason: SyncError): void {
    for (const session of this.#sessions) session.end(reason);
  }

  /** Ends the room and its sessions, which come back to a new one. Does not throw. */
  fail(
    cause: unknown,
    reason = new SyncError('internal', 'a fault of the server; reconnect'),
  ): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#updates.close();
    this.#context.onFailure(this, cause);
    this.end(reason);
  }

  /** Runs what concerns this room alone: what it throws ends the room. */
  contain(act: () => void): void {
    contain(act, (cause) => this.fail(cause));
  }

  /** The room is forgotten: nothing comes of what waits any more. */
  close(): void {
    this.#updates.close();
  }

  /**
   * Gives a client with this state vector all that is committed and that it lacks, when it is its
   * turn; from then on it gets what comes.
   * @throws SyncError `document-deleted`, `document-replaced`
   */
  answer(session: Session, stateVector: StateVector, give: (answer: Answer) => void): void {
    this.#serve(() => {
      this.refuseCopy(stateVector);
      this.#joins.answer(session, stateVector, give);
    });
  }

  /**
   * The same for a client that knows where in the log it stands.
   * @throws SyncError `document-deleted`, `document-replaced`
   */
  catchUp(session: Session, cursor: Cursor, give: (catchUp: CatchUp) => void): void {
    this.#serve(() => {
      this.refuseCopy(cursor.stateVector);
      this.#joins.catchUp(session, cursor, give);
    });
  }

  /** @throws SyncError `document-deleted`, `document-replaced` when a copy is not welcome. */
  refuseCopy(stateVector: StateVector): void {
    this.#updates.refuseCopy(stateVector);
  }

  /** @throws SyncError as `Session.offer` does; nothing of the update was taken. */
  offer(session: Session, update: Uint8Array, number: number | undefined): void {
    this.#serve(() => this.#updates.offer(session, update, number));
  }

  /** A checkpoint took the place of a part of the tail. */
  rebase(checkpoint: Uint8Array, covered: Covered): void {
    this.contain(() => this.#log.rebase(checkpoint, covered));
  }

  announce(session: Session, entries: readonly AwarenessEntry[]): void {
    this.contain(() => this.#presence.announce(session, entries));
  }

  /** Takes away the awareness states that a session announced. */
  silence(session: Session): void {
    this.contain(() => this.#presence.leave(session));
  }

  /** Whether what is said of a Yjs client is no news. */
  isKnownState(client: number, clock: number, bytes: number): boolean {
    return this.#presence.isKnownState(client, clock, bytes);
  }

  /** Shows a session who is here. */
  showOthers(session: Session): void {
    this.contain(() => this.#presence.show(session));
  }

  broadcast(session: Session, topic: string, payload: Uint8Array, toSelf: boolean): void {
    const from = session.author;
    this.contain(() => {
      this.#passOn({ from, topic, payload }, toSelf ? undefined : session);
      this.#context.bus.tell(this.documentId, { type: 'broadcast', from, topic, payload });
    });
  }

  /** Gives a session the newest broadcasts that are kept, at most so many, as long as its socket takes them. */
  replay(session: Session, count: number): void {
    for (const broadcast of this.#broadcasts.last(count)) {
      if (session.bufferedBytes > this.#context.budgetBytes) return;
      session.tell((peer) => peer.deliverBroadcast(broadcast));
    }
  }

  /** Takes what another node tells of the document. */
  hear(message: RoomMessage, node: NodeId): void {
    this.contain(() => this.#hear(message, node));
  }

  #hear(message: RoomMessage, node: NodeId): void {
    switch (message.type) {
      case 'entries':
        this.#updates.hearEntries(message);
        return;
      case 'compacted':
        if (message.epoch === this.epoch) void this.#updates.rebaseFromStore();
        return;
      case 'who':
        this.#presence.tellOwn();
        return;
      case 'awareness':
        this.#presence.hear(node, message.states);
        return;
      case 'broadcast':
        this.#passOn(message, undefined);
        return;
      default:
        message satisfies never;
    }
  }

  /** Another node is gone, and those who were there with it. */
  nodeGone(node: NodeId): void {
    this.contain(() => this.#presence.nodeGone(node));
  }

  /**
   * What nodes told each other may have been lost.
   * @param stored where the log stands in the store, `undefined` when there is none.
   * @param epoch the room's when the store was asked.
   */
  missed(stored: Appended | undefined, epoch: Epoch | undefined): void {
    this.contain(() => {
      this.#updates.stoodAt(stored, epoch);
      if (!this.#context.bus.isHearing) return;
      this.#presence.tellOwn();
      this.#context.bus.tell(this.documentId, { type: 'who' });
    });
  }

  /**
   * Looks whether other nodes have appended what the room does not know yet.
   * @throws SyncError `load-failed`
   */
  async refresh(): Promise<void> {
    await this.#updates.refresh();
  }

  /** Reads what other nodes have appended; tries until that works. */
  async read(): Promise<void> {
    await this.#updates.read();
  }

  #passOn(message: Omit<Broadcast, 'number'>, except: Session | undefined): void {
    const { from, topic, payload } = message;
    const delivery = this.#broadcasts.add(from, topic, payload);
    for (const each of this.#sessions) {
      // A session that reads too slowly misses it: nothing of it is kept for that.
      if (each !== except && each.bufferedBytes <= this.#context.budgetBytes) {
        each.tell((peer) => peer.deliverBroadcast(delivery));
      }
    }
  }

  /** Does what a session asks for: what is refused is thrown to it, and any other fault ends the room. */
  #serve(act: () => void): void {
    try {
      act();
    } catch (cause) {
      if (cause instanceof SyncError) throw cause;
      this.fail(cause);
    }
  }
}
