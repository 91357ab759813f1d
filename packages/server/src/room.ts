import { type AwarenessEntry, type DocumentId, SyncError } from '@syncline/protocol';
import type { Append, Appended, DocumentStore, Epoch, NewEntry, Seq } from '@syncline/storage';
import {
  type Content,
  concatenate,
  encode,
  type ScannedUpdate,
  type StateVector,
  scan,
  UpdateError,
} from '@syncline/update';
import { type Answer, Answers } from './answers.ts';
import { AwarenessTable } from './awareness-table.ts';
import type { Growth } from './compaction/policy.ts';
import { type Covered, DocumentLog } from './document-log.ts';
import { FanOut } from './fan-out.ts';
import { HeldUpdates } from './held-updates.ts';
import type { Metrics } from './metrics.ts';
import type { Paced } from './paced.ts';
import { Delivery, type Session } from './session.ts';
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
  /** How much a session's socket may hold before it is left behind, in bytes. */
  readonly budgetBytes: number;
  /** Something was committed, or a session left. */
  onActivity(room: Room): void;
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
  readonly #held = new HeldUpdates();
  readonly #awareness = new AwarenessTable();
  readonly #answers: Answers;
  #awarenessTimer: NodeJS.Timeout | undefined;
  #gathered: Gathered[] = [];
  #committing: Gathered[] = [];
  #failed = false;

  private constructor(documentId: DocumentId, log: DocumentLog, context: RoomContext) {
    this.documentId = documentId;
    this.#context = context;
    this.#log = log;
    this.#answers = new Answers(log);
    this.#fanOut = new FanOut(log, context.budgetBytes, context.metrics);
  }

  /** @throws SyncError `load-failed`, `store-damaged` */
  static async load(documentId: DocumentId, context: RoomContext): Promise<Room> {
    return new Room(documentId, new DocumentLog(await context.store.load(documentId)), context);
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
   */
  answer(session: Session, stateVector: StateVector, give: (answer: Answer) => void): void {
    this.#context.joins.run(session, () => {
      if (!this.#sessions.has(session)) return;
      this.#fanOut.add(session);
      give(this.#answers.for(stateVector));
    });
  }

  leave(session: Session): void {
    if (!this.#sessions.delete(session)) return;
    this.#fanOut.remove(session);
    this.#awareness.leave(session);
    this.#scheduleAwareness();
    this.#context.onActivity(this);
  }

  /**
   * Takes an update from a session. What is new goes into the next tick; what lies behind a gap
   * waits until what is missing has come, and the client is asked for it.
   * @throws SyncError `update-refused`; nothing of the update was taken.
   */
  offer(session: Session, update: Uint8Array): void {
    // A copy: a frame is a view into a buffer of the socket, which it would keep in memory.
    let ready: [Session, Content][] = [[session, scanOffered(update.slice())]];
    while (ready.length > 0) {
      for (const [owner, content] of ready) this.#take(owner, content);
      ready = this.#held.takeReady(this.#log.stateVector);
    }
  }

  announce(session: Session, entries: readonly AwarenessEntry[]): void {
    const stale = this.#awareness.announce(session, entries);
    if (stale.length > 0) session.deliverAwareness(new Delivery<readonly AwarenessEntry[]>(stale));
    this.#scheduleAwareness();
  }

  /** The awareness states of all who are here. */
  awarenessStates(): AwarenessEntry[] {
    return this.#awareness.states();
  }

  gather(): Append {
    this.#committing = this.#gathered;
    this.#gathered = [];
    return { documentId: this.documentId, entries: toEntries(this.#committing) };
  }

  committed(appended: Appended): void {
    const gathered = this.#committing;
    this.#committing = [];
    const body = joinNews(gathered.map(({ news }) => news));
    const [writer, ...others] = new Set(gathered.map(({ session }) => session));
    const bytes = encode(body);
    this.#fanOut.deliver(bytes, others.length === 0 ? writer : undefined);
    this.#log.committed(body, appended, bytes.length);
    this.#context.onActivity(this);
  }

  failed(cause: unknown): void {
    this.#committing = this.#gathered = [];
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
    for (const session of this.#sessions) session.close(reason);
  }

  #take(session: Session, content: Content): void {
    const { news, held } = this.#log.admit(content);
    const { metrics } = this.#context;
    if (news !== undefined) {
      metrics.entriesIn.inc();
      this.#gathered.push({ session, news, time: Date.now() });
      this.#context.tick.request(this, sizeOf(news));
    }
    if (held !== undefined) {
      metrics.gaps.inc();
      if (this.#held.add(session, held)) session.ask(this.#log.stateVector);
    }
  }

  #scheduleAwareness(): void {
    if (!this.#awareness.dirty || this.#awarenessTimer !== undefined) return;
    this.#awarenessTimer = setTimeout(() => {
      this.#awarenessTimer = undefined;
      const { entries, by } = this.#awareness.takeChanges();
      const delivery = new Delivery<readonly AwarenessEntry[]>(entries);
      for (const session of this.#sessions) {
        if (session !== by && session.bufferedBytes <= this.#context.budgetBytes) {
          session.deliverAwareness(delivery);
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
