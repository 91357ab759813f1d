import { type AwarenessEntry, type DocumentId, SyncError } from '@syncline/protocol';
import type { Append, Appended, DocumentStore, Epoch, NewEntry, Seq } from '@syncline/storage';
import {
  type Admission,
  type Content,
  concatenate,
  decodeStateVector,
  EMPTY_STATE_VECTOR,
  encode,
  type ScannedUpdate,
  type StateVector,
  scan,
  UpdateError,
} from '@syncline/update';
import { type Answer, Answers } from './answers.ts';
import { AwarenessTable } from './awareness-table.ts';
import { type Broadcast, Broadcasts } from './broadcasts.ts';
import { type CatchUp, CatchUps, type Cursor } from './catch-up.ts';
import type { Growth } from './compaction/policy.ts';
import { Delivery } from './delivery.ts';
import { type Covered, DocumentLog } from './document-log.ts';
import { FanOut } from './fan-out.ts';
import { bytesOf, HeldUpdates } from './held-updates.ts';
import { hollowClocksOf } from './hollow-clocks.ts';
import type { Limits } from './limits.ts';
import type { Metrics } from './metrics.ts';
import { withOwnBytes } from './own-bytes.ts';
import type { Paced } from './paced.ts';
import { type Receipt, settle } from './receipt.ts';
import type { Session } from './session.ts';
import type { Participant, Tick } from './tick.ts';

/** Awareness has a tick of its own. */
const AWARENESS_MS = 33;

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

/** An admitted update that waits for its commit. */
interface Gathered {
  readonly session: Session;
  readonly news: Content;
  readonly time: number;
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
  readonly #awareness: AwarenessTable;
  readonly #broadcasts: Broadcasts;
  readonly #answers: Answers;
  readonly #catchUps: CatchUps;
  /** What sessions asked for that have not had their turn. */
  readonly #asked = new Map<
    Session,
    { readonly stateVector: StateVector; readonly give: (answer: Answer) => void }
  >();
  /** The clocks of what was deleted under this name: copies of it are not welcome. */
  readonly #dead: StateVector;
  #awarenessTimer: NodeJS.Timeout | undefined;
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
    this.#dead = dead;
    this.#awareness = new AwarenessTable(context.limits.awarenessPerSession);
    this.#broadcasts = new Broadcasts(context.limits.broadcastReplay);
    this.#answers = new Answers(log);
    this.#catchUps = new CatchUps(documentId, context.store, log, this.#answers);
    this.#fanOut = new FanOut(log, context.budgetBytes, context.metrics);
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
    this.#awareness.leave(session);
    this.#scheduleAwareness();
    this.#context.onActivity(this);
  }

  /**
   * Takes an update from a session. What is new goes into the next tick; what lies behind a gap
   * waits until what is missing has come, and the client is asked for it.
   * @throws SyncError as `Session.offer` does; nothing of the update was taken.
   */
  offer(session: Session, update: Uint8Array, number: number | undefined): void {
    // A copy: a frame is a view into a buffer of the socket, which it would keep in memory.
    const content = scanOffered(update.slice());
    const admission = withOwnBytes(this.#log.look(content));
    this.#check(session, content, admission);
    this.#take({ session, number, pieces: 0 }, admission);
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
    const stale = this.#awareness.announce(session, entries);
    if (stale.length > 0) {
      session.peer.deliverAwareness(new Delivery<readonly AwarenessEntry[]>(stale));
    }
    this.#scheduleAwareness();
  }

  /** Takes away the awareness states that a session announced. */
  silence(session: Session): void {
    this.#awareness.leave(session);
    this.#scheduleAwareness();
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
    return this.#awareness.states();
  }

  gather(): Append {
    this.#committing = this.#gathered;
    this.#committingReceipts = this.#receipts;
    this.#gathered = [];
    this.#receipts = [];
    return { documentId: this.documentId, entries: toEntries(this.#committing) };
  }

  committed(appended: Appended): void {
    const gathered = this.#committing;
    const receipts = this.#committingReceipts;
    this.#committing = [];
    this.#committingReceipts = [];
    const isNew = this.#log.epoch === undefined;
    const body = joinNews(gathered.map(({ news }) => news));
    const [writer, ...others] = new Set(gathered.map(({ session }) => session));
    const update = encode(body);
    if (isNew) for (const session of this.#sessions) session.peer.created(appended.epoch);
    const entries = { from: this.#log.head, to: appended.head, update };
    this.#fanOut.deliver(entries, others.length === 0 ? writer : undefined);
    this.#log.committed(body, appended, update.length);
    settle(receipts, this.#seqOf);
    this.#context.onActivity(this);
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

  /** @throws SyncError for content that the session may not bring. */
  #check(session: Session, content: ScannedUpdate, { news, held }: Admission): void {
    if (this.#dead.size > 0) {
      this.refuseDead(content.runs.map(({ client }) => client));
      this.refuseDead(content.deletes.keys());
      this.refuseDead(content.references.keys());
    }
    if (news === undefined && held === undefined) return;
    if (!session.rights.write) {
      throw new SyncError('read-only', 'this session may not change the document');
    }
    const { documentBytes, hollowClocks, pendingBytes } = this.#context.limits;
    if (this.#log.bytes + content.bytes.length > documentBytes) {
      throw new SyncError(
        'document-too-large',
        `the document would outgrow limits.documentBytes (${documentBytes})`,
      );
    }
    let hollow = session.hollowClocks;
    for (const part of [news, held]) if (part !== undefined) hollow += hollowClocksOf(part);
    if (hollow > hollowClocks) {
      this.#context.onClockJump(this, session, hollow);
      throw new SyncError(
        'clock-jump',
        `${hollow} clocks without content are over limits.hollowClocks (${hollowClocks})`,
      );
    }
    if (held !== undefined && !this.#held.hasRoomFor(session, bytesOf(held), pendingBytes)) {
      throw new SyncError(
        'pending-too-large',
        `what lies behind gaps is over limits.pendingBytes (${pendingBytes})`,
      );
    }
    session.hollowClocks = hollow;
  }

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
    if (this.#dead.size === 0) return;
    for (const client of clients) {
      if (!this.#dead.has(client)) continue;
      throw new SyncError('document-deleted', 'the document was deleted; forget this copy of it');
    }
  }

  #scheduleAwareness(): void {
    if (!this.#awareness.dirty || this.#awarenessTimer !== undefined) return;
    this.#awarenessTimer = setTimeout(() => {
      this.#awarenessTimer = undefined;
      const { entries, by } = this.#awareness.takeChanges();
      const delivery = new Delivery<readonly AwarenessEntry[]>(entries);
      for (const session of this.#sessions) {
        if (session !== by && session.peer.bufferedBytes <= this.#context.budgetBytes) {
          session.peer.deliverAwareness(delivery);
        }
      }
    }, AWARENESS_MS);
  }
}

function scanOffered(update: Uint8Array): ScannedUpdate {
  try {
    return scan(update);
  } catch (cause) {
    if (!(cause instanceof UpdateError)) throw cause;
    throw new SyncError('update-refused', `the update was refused: ${cause.message}`, { cause });
  }
}

/** One entry for what one author sent in a row. Others' entries keep their place in between. */
function toEntries(gathered: readonly Gathered[]): NewEntry[] {
  const groups: Gathered[][] = [];
  for (const item of gathered) {
    const last = groups.at(-1);
    if (last?.[0]?.session === item.session) last.push(item);
    else groups.push([item]);
  }
  return groups.map((group) => {
    const { session, time } = group[0] as Gathered;
    const update = encode(joinNews(group.map(({ news }) => news)));
    return { update, author: session.author, time };
  });
}

/** News follow each other without a gap, so that they fit into one update. */
function joinNews(news: readonly Content[]): Content {
  return news.length === 1 ? (news[0] as Content) : concatenate(news)[0];
}

function sizeOf(content: Content): number {
  return content.runs.reduce((sum, run) => sum + run.to - run.from, 0);
}
