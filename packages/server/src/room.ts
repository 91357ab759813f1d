import type { DocumentMessage, NodeId } from '@syncline/bus';
import { type AwarenessEntry, type DocumentId, SyncError } from '@syncline/protocol';
import type { Appended, Epoch, Seq } from '@syncline/storage';
import type { StateVector } from '@syncline/update';
import type { Answer } from './answers.ts';
import type { Broadcasts } from './broadcasts.ts';
import { contain } from './bulkhead.ts';
import type { CatchUp, Cursor } from './catch-up.ts';
import type { Growth } from './compaction/policy.ts';
import { Delivery } from './delivery.ts';
import { type Covered, DocumentLog } from './document-log.ts';
import type { Joined } from './joins.ts';
import type { LiveLog } from './live-log.ts';
import type { Presence } from './presence/presence.ts';
import type { RoomContext } from './room-context.ts';
import { makeBroadcasts, makeLiveLog, makePresence, type RoomOfParts } from './room-parts.ts';
import type { Session } from './session.ts';
import { decodeTombstone, NO_TOMBSTONE } from './tombstone.ts';

/** What nodes tell each other's rooms. A room does not outlive its log: `Rooms` sees to that. */
export type RoomMessage = Exclude<DocumentMessage, { readonly type: 'replaced' }>;

const START = 0 as Seq;
/** What can be seen of a log: it is changed by its room alone. */
export type CommittedLog = Pick<
  DocumentLog,
  'unreadable' | 'memory' | 'encodedStateVector' | 'epoch' | 'head' | keyof Growth
>;

/** The log of every document that nobody has written to. */
const UNWRITTEN: CommittedLog = new DocumentLog(undefined);
const EMPTY_UPDATE = Uint8Array.of(0, 0);

/**
 * The live side of one document: what it needs of the log in memory, and its sessions. It is made
 * from a log that was read whole, so nobody is served from a part of one. What it throws ends it, and is thrown to
 * nobody, but for the SyncErrors that sessions are refused with: it is loaded anew when somebody comes.
 *
 * Anybody can open any number of documents. As long as nobody has written to one, its room has next to nothing: what
 * it needs is made when it is used.
 */
export class Room implements Joined {
  readonly documentId: DocumentId;
  readonly #context: RoomContext;
  readonly #sessions = new Set<Session>();
  #live: LiveLog | undefined;
  #presence: Presence | undefined;
  #broadcasts: Broadcasts | undefined;
  #hasFailed = false;

  private constructor(documentId: DocumentId, context: RoomContext) {
    this.documentId = documentId;
    this.#context = context;
  }

  /** @throws SyncError `load-failed`, `store-damaged` */
  static async load(documentId: DocumentId, context: RoomContext): Promise<Room> {
    const { store } = context;
    const [stored, tombstone] = await Promise.all([
      store.load(documentId),
      store.tombstone(documentId),
    ]);
    const room = new Room(documentId, context);
    if (stored !== undefined || tombstone !== undefined) {
      const log = new DocumentLog(stored);
      room.#live = makeLiveLog(room.#parts, log, decodeTombstone(tombstone));
    }
    return room;
  }

  /** What is committed; of a document that nobody has written to, nothing. */
  get log(): CommittedLog {
    return this.#live?.log ?? UNWRITTEN;
  }

  /** How many bytes of updates wait behind a gap. */
  get heldBytes(): number {
    return this.#live?.updates.heldBytes ?? 0;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Whether the room could be forgotten without losing anything. */
  get idle(): boolean {
    return this.#sessions.size === 0 && (this.#live?.updates.isSettled ?? true);
  }

  join(session: Session): void {
    this.#sessions.add(session);
  }

  leave(session: Session): void {
    if (!this.#sessions.delete(session)) return;
    this.contain(() => {
      this.#context.joins.leave(session);
      this.#live?.updates.removeReader(session);
      this.#presence?.leave(session);
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
    this.close();
    this.#context.onFailure(this, cause);
    this.end(reason);
  }

  /** Runs what concerns this room alone: what it throws ends the room. */
  contain(act: () => void): void {
    contain(act, (cause) => this.fail(cause));
  }

  /** The room is forgotten: nothing comes of what waits any more. */
  close(): void {
    this.#live?.updates.close();
  }

  /**
   * Gives a client with this state vector all that is committed and that it lacks, when it is its
   * turn; from then on it gets what comes.
   * @throws SyncError `document-deleted`, `document-replaced`
   */
  answer(session: Session, stateVector: StateVector, give: (answer: Answer) => void): void {
    this.#serve(() => {
      this.refuseCopy(stateVector);
      this.#context.joins.answer(this, session, stateVector, give);
    });
  }

  /**
   * The same for a client that knows where in the log it stands.
   * @throws SyncError `document-deleted`, `document-replaced`
   */
  catchUp(session: Session, cursor: Cursor, give: (catchUp: CatchUp) => void): void {
    this.#serve(() => {
      this.refuseCopy(cursor.stateVector);
      this.#context.joins.catchUp(this, session, cursor, give);
    });
  }

  answerTo(stateVector: StateVector): Answer {
    const live = this.#live;
    if (live !== undefined) return live.answers.for(stateVector);
    return { recent: undefined, missing: new Delivery(EMPTY_UPDATE) };
  }

  async readFor(cursor: Cursor): Promise<{ readonly finish: () => CatchUp }> {
    const read = await this.#live?.catchUps.read(cursor);
    if (read !== undefined) return read;
    // Somebody may have written to it when it is the session's turn.
    return {
      finish: () =>
        this.#live?.catchUps.difference(cursor.stateVector) ?? { entries: [], head: START },
    };
  }

  /** @throws SyncError `document-deleted`, `document-replaced` when a copy is not welcome. */
  refuseCopy(stateVector: StateVector): void {
    this.#live?.updates.refuseCopy(stateVector);
  }

  /** @throws SyncError as `Session.offer` does; nothing of the update was taken. */
  offer(session: Session, update: Uint8Array, number: number | undefined): void {
    this.#serve(() => {
      if (this.#live !== undefined || !isEmpty(update)) {
        this.#written.updates.offer(session, update, number);
      } else if (number !== undefined) {
        session.tell((peer) => peer.acknowledge([number], START));
      }
    });
  }

  /** A checkpoint took the place of a part of the tail. */
  rebase(checkpoint: Uint8Array, covered: Covered): void {
    this.contain(() => this.#live?.log.rebase(checkpoint, covered));
  }

  announce(session: Session, entries: readonly AwarenessEntry[]): void {
    this.contain(() => this.#present.announce(session, entries));
  }

  /** Takes away the awareness states that a session announced. */
  silence(session: Session): void {
    this.contain(() => this.#presence?.leave(session));
  }

  /** Whether what is said of a Yjs client is no news. */
  isKnownState(client: number, clock: number, bytes: number): boolean {
    return this.#presence?.isKnownState(client, clock, bytes) ?? false;
  }

  /** Shows a session who is here. */
  showOthers(session: Session): void {
    this.contain(() => this.#presence?.show(session));
  }

  broadcast(session: Session, topic: string, payload: Uint8Array, toSelf: boolean): void {
    const message = { from: session.author, topic, payload };
    this.contain(() => {
      this.#channel.passOn(message, toSelf ? undefined : session);
      this.#context.bus.tell(this.documentId, { type: 'broadcast', ...message });
    });
  }

  /** Gives a session the newest broadcasts that are kept, at most so many, as long as its socket takes them. */
  replay(session: Session, count: number): void {
    this.#broadcasts?.replay(session, count);
  }

  /** Takes what another node tells of the document. */
  hear(message: RoomMessage, node: NodeId): void {
    this.contain(() => this.#hear(message, node));
  }

  /** Another node is gone, and those who were there with it. */
  nodeGone(node: NodeId): void {
    this.contain(() => this.#presence?.nodeGone(node));
  }

  /**
   * What nodes told each other may have been lost.
   * @param stored where the log stands in the store, `undefined` when there is none.
   * @param epoch the room's when the store was asked.
   */
  missed(stored: Appended | undefined, epoch: Epoch | undefined): void {
    this.contain(() => {
      if (this.#live !== undefined || stored !== undefined) {
        this.#written.updates.stoodAt(stored, epoch);
      }
      if (!this.#context.bus.isHearing) return;
      this.#presence?.tellOwn();
      this.#context.bus.tell(this.documentId, { type: 'who' });
    });
  }

  /**
   * Looks whether other nodes have appended what the room does not know yet.
   * @throws SyncError `load-failed`
   */
  async refresh(): Promise<void> {
    await this.#written.updates.refresh();
  }

  /** Reads what other nodes have appended; tries until that works. */
  async read(): Promise<void> {
    await this.#written.updates.read();
  }

  /** What there is for a document that is written to. */
  get #written(): LiveLog {
    return (this.#live ??= makeLiveLog(this.#parts, new DocumentLog(undefined), NO_TOMBSTONE));
  }

  get #present(): Presence {
    return (this.#presence ??= makePresence(this.#parts));
  }

  get #channel(): Broadcasts {
    return (this.#broadcasts ??= makeBroadcasts(this.#parts));
  }

  get #parts(): RoomOfParts {
    return { room: this, sessions: this.#sessions, context: this.#context };
  }

  #hear(message: RoomMessage, node: NodeId): void {
    switch (message.type) {
      case 'entries':
        this.#written.updates.hearEntries(message);
        return;
      case 'compacted':
        if (message.epoch === this.log.epoch) void this.#written.updates.rebaseFromStore();
        return;
      case 'who':
        this.#presence?.tellOwn();
        return;
      case 'awareness':
        this.#present.hear(node, message.states);
        return;
      case 'broadcast':
        this.#channel.passOn(message, undefined);
        return;
      default:
        message satisfies never;
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

/** No structs and no deletions: what clients of a new document answer when they are asked for what they have. */
function isEmpty(update: Uint8Array): boolean {
  return update.length === 2 && update[0] === 0 && update[1] === 0;
}
