import { type AwarenessEntry, type DocumentId, SyncError } from '@syncline/protocol';
import type { Append, Appended, DocumentStore, Epoch, Seq } from '@syncline/storage';
import {
  type Admission,
  type Content,
  decodeStateVector,
  EMPTY_STATE_VECTOR,
  encode,
  type StateVector,
} from '@syncline/update';
import { type Answer, Answers } from './answers.ts';
import { type Broadcast, Broadcasts } from './broadcasts.ts';
import { type CatchUp, CatchUps, type Cursor } from './catch-up.ts';
import type { Growth } from './compaction/policy.ts';
import type { Delivery } from './delivery.ts';
import { type Covered, DocumentLog } from './document-log.ts';
import { FanOut } from './fan-out.ts';
import { type Gathered, joinNews, toEntries } from './gathered.ts';
import { HeldUpdates } from './held-updates.ts';
import { Intake } from './intake.ts';
import type { Limits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import type { Paced } from './paced.ts';
import { Presence } from './presence.ts';
import { type Receipt, settle } from './receipt.ts';
import type { Session } from './session.ts';
import type { Participant, Tick } from './tick.ts';

/** What a room needs of the server. */
export interface RoomContext {
  readonly store: DocumentStore;
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
  /** The room can serve no more; a new one must be made from the store. */
  onFailure(room: Room, cause: unknown): void;
}

/**
 * The live side of one document: what it needs of the log in memory, and its sessions. It is made
 * from a log that was read whole, so nobody is served from a part of one.
 */
export class Room implements Participant {
  readonly documentId: DocumentId;
  readonly #context: RoomContext;
  readonly #log: DocumentLog;
  readonly #sessions = new Set<Session>();
  readonly #fanOut: FanOut;
  readonly #held = new HeldUpdates((session) => session.peer.ask(this.#log.stateVector));
  readonly #presence: Presence;
  readonly #broadcasts: Broadcasts;
  readonly #answers: Answers;
  readonly #catchUps: CatchUps;
  /** What sessions asked for that have not had their turn. */
  readonly #asked = new Map<
    Session,
    { readonly stateVector: StateVector; readonly give: (answer: Answer) => void }
  >();
  readonly #intake: Intake;
  #gathered: Gathered[] = [];
  #committing: Gathered[] = [];
  /** Who is owed an acknowledgement after the next commit, and after the one that runs. */
  #receipts: Receipt[] = [];
  #committingReceipts: Receipt[] = [];
  #failed = false;

  private constructor(
    documentId: DocumentId,
    log: DocumentLog,
    dead: StateVector,
    context: RoomContext,
  ) {
    this.documentId = documentId;
    this.#context = context;
    this.#log = log;
    const { limits, budgetBytes } = context;
    this.#intake = new Intake({
      log,
      held: this.#held,
      dead,
      limits,
      onClockJump: (session, clocks) => context.onClockJump(this, session, clocks),
    });
    this.#presence = new Presence({
      sessions: this.#sessions,
      perSession: limits.awarenessPerSession,
      bytesPerSecond: limits.awarenessBytesPerSecond,
      budgetBytes,
    });
    this.#broadcasts = new Broadcasts(limits.broadcastReplay);
    this.#answers = new Answers(log);
    this.#catchUps = new CatchUps(documentId, context.store, log, this.#answers);
    this.#fanOut = new FanOut(log, budgetBytes, context.metrics);
  }

  /** @throws SyncError `load-failed`, `store-damaged` */
  static async load(documentId: DocumentId, context: RoomContext): Promise<Room> {
    const { store } = context;
    const [stored, tombstone] = await Promise.all([
      store.load(documentId),
      store.tombstone(documentId),
    ]);
    const dead = tombstone === undefined ? EMPTY_STATE_VECTOR : decodeStateVector(tombstone);
    return new Room(documentId, new DocumentLog(stored), dead, context);
  }

  /** Entries of the stored log that are not served, since Yjs could not integrate them. */
  get unreadable(): readonly Seq[] {
    return this.#log.unreadable;
  }

  /** About how much memory the room takes, in bytes. */
  get bytes(): number {
    return this.#log.bytes;
  }

  /** The clocks of all that the room has or is about to commit. */
  get stateVector(): StateVector {
    return this.#log.stateVector;
  }

  /** How many bytes of updates wait behind a gap. */
  get heldBytes(): number {
    return this.#held.bytes;
  }

  /** Undefined for a document that nobody has written to. */
  get epoch(): Epoch | undefined {
    return this.#log.epoch;
  }

  /** The newest committed seq; 0 when there is none. */
  get head(): Seq {
    return this.#log.head;
  }

  get sessionCount(): number {
    return this.#sessions.size;
  }

  /** Whether the room could be forgotten without losing anything. */
  get idle(): boolean {
    return this.#sessions.size === 0 && this.#gathered.length + this.#committing.length === 0;
  }

  /** How large the tail is beside the checkpoint, in bytes. */
  get growth(): Growth {
    return this.#log;
  }

  join(session: Session): void {
    this.#sessions.add(session);
  }

  /**
   * Gives a client with this state vector all that is committed and that it lacks, when it is its
   * turn; from then on it gets what comes.
   * @throws SyncError `document-deleted`
   */
  answer(session: Session, stateVector: StateVector, give: (answer: Answer) => void): void {
    this.refuseDead(stateVector.keys());
    const isWaiting = this.#asked.has(session);
    // Who asks again before its turn gets one answer, to what it asked last.
    this.#asked.set(session, { stateVector, give });
    if (isWaiting) return;
    this.#context.joins.run(this.#readerOf(session), () => {
      const asked = this.#asked.get(session);
      if (asked === undefined) return;
      this.#asked.delete(session);
      this.#fanOut.add(session);
      asked.give(this.#answers.for(asked.stateVector));
    });
  }

  /**
   * The same for a client that knows where in the log it stands.
   * @throws SyncError `document-deleted`
   */
  catchUp(session: Session, cursor: Cursor, give: (catchUp: CatchUp) => void): void {
    this.refuseDead(cursor.stateVector.keys());
    this.#catchUps.read(cursor).then(
      ({ finish }) =>
        this.#context.joins.run(this.#readerOf(session), () => {
          if (!this.#sessions.has(session)) return;
          this.#fanOut.add(session);
          give(finish());
        }),
      (cause: unknown) => {
        session.end(new SyncError('load-failed', 'entries could not be read', { cause }));
      },
    );
  }

  leave(session: Session): void {
    if (!this.#sessions.delete(session)) return;
    this.#asked.delete(session);
    this.#fanOut.remove(session);
    this.#presence.leave(session);
    this.#context.onActivity(this);
  }

  /**
   * Takes an update from a session. What is new goes into the next tick; what lies behind a gap
   * waits until what is missing has come, and the client is asked for it.
   * @throws SyncError as `Session.offer` does; nothing of the update was taken.
   */
  offer(session: Session, update: Uint8Array, number: number | undefined): void {
    this.#take({ session, number, pieces: 0 }, this.#intake.look(session, update));
    for (;;) {
      const ready = this.#held.takeReady(this.#log.stateVector);
      if (ready.length === 0) return;
      for (const { held, receipt } of ready) {
        receipt.pieces--;
        this.#take(receipt, this.#log.look(held));
      }
    }
  }

  announce(session: Session, entries: readonly AwarenessEntry[]): void {
    this.#presence.announce(session, entries);
  }

  /** Takes away the awareness states that a session announced. */
  silence(session: Session): void {
    this.#presence.leave(session);
  }

  broadcast(session: Session, topic: string, payload: Uint8Array, toSelf: boolean): void {
    const delivery = this.#broadcasts.add(session.author, topic, payload);
    for (const each of this.#sessions) {
      if (each === session && !toSelf) continue;
      // Who reads too slowly misses it: nothing of it is kept for that.
      if (each.peer.bufferedBytes <= this.#context.budgetBytes) {
        each.peer.deliverBroadcast(delivery);
      }
    }
  }

  lastBroadcasts(count: number): readonly Delivery<Broadcast>[] {
    return this.#broadcasts.last(count);
  }

  /** The awareness states of all who are here. */
  awarenessStates(): AwarenessEntry[] {
    return this.#presence.states();
  }

  gather(): Append {
    this.#committing = this.#gathered;
    this.#committingReceipts = this.#receipts;
    this.#gathered = [];
    this.#receipts = [];
    return {
      documentId: this.documentId,
      entries: toEntries(this.#committing),
      epoch: this.#log.epoch,
    };
  }

  committed(appended: Appended): void {
    const gathered = this.#committing;
    const receipts = this.#committingReceipts;
    this.#committing = [];
    this.#committingReceipts = [];
    const isNew = this.#log.epoch === undefined;
    const body = joinNews(gathered);
    const [writer, ...others] = new Set(gathered.map(({ session }) => session));
    const update = encode(body);
    if (isNew) for (const session of this.#sessions) session.peer.created(appended.epoch);
    const entries = { from: this.#log.head, to: appended.head, update };
    this.#fanOut.deliver(entries, others.length === 0 ? writer : undefined);
    this.#log.committed(body, appended, update.length);
    settle(receipts, this.#seqOf);
    this.#context.onActivity(this);
  }

  held(): void {
    this.#gathered = [...this.#committing, ...this.#gathered];
    this.#receipts = [...this.#committingReceipts, ...this.#receipts];
    this.#committing = [];
    this.#committingReceipts = [];
  }

  replaced(): void {
    this.failed(new SyncError('document-reset', 'the document has another epoch'));
  }

  failed(cause: unknown): void {
    this.#committing = this.#gathered = [];
    this.#committingReceipts = this.#receipts = [];
    if (this.#failed) return;
    this.#failed = true;
    this.#context.onFailure(this, cause);
    this.end(new SyncError('commit-failed', 'the server could not store updates', { cause }));
  }

  /** A checkpoint took the place of a part of the tail. */
  rebase(checkpoint: Uint8Array, covered: Covered): void {
    this.#log.rebase(checkpoint, covered);
  }

  /** Ends all sessions. */
  end(reason: SyncError): void {
    for (const session of this.#sessions) session.end(reason);
  }

  /** A session as long as it is there. */
  #readerOf(session: Session): { readonly bufferedBytes: number } {
    const sessions = this.#sessions;
    return {
      get bufferedBytes() {
        return sessions.has(session) ? session.peer.bufferedBytes : 0;
      },
    };
  }

  /** Up to where a session has all, for acknowledgements. */
  readonly #seqOf = (session: Session): Seq =>
    this.#fanOut.has(session) ? this.#log.head : (0 as Seq);

  #take(receipt: Receipt, { news, held }: Admission): void {
    const { session } = receipt;
    const { metrics } = this.#context;
    if (news !== undefined) {
      metrics.entriesIn.inc();
      this.#log.admit(news);
      receipt.pieces++;
      this.#receipts.push(receipt);
      this.#gathered.push({ session, news, time: Date.now() });
      this.#context.tick.request(this, sizeOf(news));
    }
    if (held !== undefined) {
      metrics.gaps.inc();
      receipt.pieces++;
      this.#held.add({ held, receipt });
    }
    if (news === undefined && held === undefined) this.#settleKnown(receipt);
  }

  /** All of an update is known; but what is known may still wait for its commit. */
  #settleKnown(receipt: Receipt): void {
    receipt.pieces++;
    if (this.#gathered.length > 0) this.#receipts.push(receipt);
    else if (this.#committing.length > 0) this.#committingReceipts.push(receipt);
    else settle([receipt], this.#seqOf);
  }

  /** @throws SyncError `document-deleted` when one of the clients wrote to what was deleted. */
  refuseDead(clients: Iterable<number>): void {
    this.#intake.refuseDead(clients);
  }
}

function sizeOf(content: Content): number {
  return content.runs.reduce((sum, run) => sum + run.to - run.from, 0);
}
