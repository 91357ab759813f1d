import type { DocumentMessage } from '@syncline/bus';
import { SyncError } from '@syncline/protocol';
import type { Append, Appended, Epoch, Seq, StoredDocument } from '@syncline/storage';
import {
  type Admission,
  type Content,
  encode,
  type StateVector,
  scan,
  UpdateError,
} from '@syncline/update';
import { contain } from './bulkhead.ts';
import { type Batch, CommitQueue } from './commit-queue.ts';
import { type DocumentLog, joinLog, storedBytes } from './document-log.ts';
import { FanOut } from './fan-out.ts';
import { HeldUpdates } from './held-updates.ts';
import { Intake } from './intake.ts';
import type { LiveLogOptions } from './live-log.ts';
import { type Arrival, LogFollower } from './log-follower.ts';
import { type Receipt, settle } from './receipt.ts';
import type { Session } from './session.ts';
import { readStoredLog } from './stored-log.ts';
import type { Participant } from './tick.ts';

/** A larger update is not brought along to other nodes, which read it from the store. */
const MAX_TOLD_BYTES = 256 * 1024;

/** Entries that become part of a room, and the commit that they come from if it was the room's own. */
interface Part {
  readonly contents: readonly Content[];
  readonly batch?: Batch;
}

/**
 * The way of updates through a room: taken from sessions, committed to the log, and delivered, with
 * those of other nodes, in the order of the log.
 */
export class RoomLog implements Participant {
  readonly #options: LiveLogOptions;
  readonly #log: DocumentLog;
  readonly #fanOut: FanOut;
  readonly #held = new HeldUpdates((session) =>
    session.tell((peer) => peer.ask(this.#log.encodedAdmitted)),
  );
  readonly #intake: Intake;
  readonly #commits = new CommitQueue();
  readonly #follower: LogFollower<Part>;
  #closed = false;

  constructor(options: LiveLogOptions) {
    this.#options = options;
    const { documentId, log, tombstone, sessions, context, onClockJump, onReplaced } = options;
    const { store, bus, limits, budgetBytes, metrics } = context;
    const onThrow = (cause: unknown) => this.failed(cause);
    this.#log = log;
    this.#fanOut = new FanOut({ log, sessions, budgetBytes, metrics, onThrow });
    this.#intake = new Intake({ log, held: this.#held, tombstone, limits, onClockJump });
    this.#follower = new LogFollower({
      documentId,
      store,
      log,
      isHearing: () => bus.isHearing,
      readEntries: (entries): Part => ({ contents: entries.map(({ update }) => scan(update)) }),
      readStored: (stored) => ({ contents: [missingOf(stored, log.committedStateVector)] }),
      take: (arrivals) => contain(() => this.#takeArrivals(arrivals), onThrow),
      onReplaced,
      onFailure: onThrow,
    });
  }

  /** How many bytes of updates wait behind a gap. */
  get heldBytes(): number {
    return this.#held.bytes;
  }

  /** Whether nothing waits for a commit, or for entries before it. */
  get isSettled(): boolean {
    return this.#commits.isEmpty && this.#follower.isInStep;
  }

  removeReader(session: Session): void {
    this.#fanOut.remove(session);
  }

  /**
   * Takes an update from a session. What is new goes into the next tick; what lies behind a gap
   * waits until what is missing has come, and the client is asked for it.
   * @throws SyncError as `Session.offer` does; nothing of the update was taken.
   */
  offer(session: Session, update: Uint8Array, number: number | undefined): void {
    this.#take({ session, number, pieces: 0 }, this.#intake.look(session, update));
    this.#takeReady();
  }

  /** @throws SyncError `document-deleted`, `document-replaced` when a copy is not welcome. */
  refuseCopy(stateVector: StateVector): void {
    this.#intake.refuseCopy(stateVector);
  }

  /** Another node says that it has committed entries. */
  hearEntries(message: Extract<DocumentMessage, { type: 'entries' }>): void {
    const { from, to, update } = message as typeof message & { from: Seq; to: Seq };
    const epoch = message.epoch as Epoch;
    // A copy: the bytes are a view into a buffer of the bus.
    const content = update === undefined ? undefined : scanOrUndefined(update.slice());
    this.#follower.heard({ epoch, from, to, part: content && { contents: [content] } });
  }

  /** The store has said where the log stands; see {@link LogFollower.stoodAt}. */
  stoodAt(stored: Appended | undefined, epoch: Epoch | undefined): void {
    this.#follower.stoodAt(stored, epoch).catch((cause: unknown) => this.failed(cause));
  }

  /**
   * Looks whether other nodes have appended what is not known here yet.
   * @throws SyncError `load-failed`
   */
  async refresh(): Promise<void> {
    await this.#follower.refresh();
  }

  /** Reads what other nodes have appended; tries until that works. */
  async read(): Promise<void> {
    await this.#follower.read();
  }

  /** Another node has made a checkpoint: what was deleted is gone in it. */
  async rebaseFromStore(): Promise<void> {
    const { context, documentId } = this.#options;
    // When it cannot be read the room goes on with what it has.
    const stored = await context.store.load(documentId).catch(() => undefined);
    if (stored?.checkpoint === undefined || stored.epoch !== this.#log.epoch) return;
    const { update } = stored.checkpoint;
    const covered = {
      entries: this.#log.tailEntries - stored.tail.length,
      bytes: this.#log.tailBytes - storedBytes(stored.tail),
    };
    contain(
      () => this.#log.rebase(update, covered),
      (cause) => this.failed(cause),
    );
  }

  gather(): Append {
    const { documentId } = this.#options;
    return { documentId, entries: this.#commits.gather(), epoch: this.#log.epoch };
  }

  committed(appended: Appended, count: number): void {
    const batch = this.#commits.take();
    const { contents } = batch;
    const { epoch, head: to } = appended;
    const from = (to - count) as Seq;
    this.#tell(from, appended, contents);
    this.#follower.committed({ epoch, from, to, part: { contents, batch } });
  }

  held(): void {
    this.#commits.putBack();
  }

  replaced(): void {
    this.#options.onReplaced();
  }

  failed(cause: unknown): void {
    if (this.#closed) return;
    this.close();
    this.#options.onFailure(cause);
  }

  /** Nothing comes of what waits any more: clients still have it. */
  close(): void {
    this.#closed = true;
    this.#commits.clear();
    this.#follower.close();
  }

  #take(receipt: Receipt, { news, held }: Admission): void {
    const { session } = receipt;
    const { metrics, tick } = this.#options.context;
    if (news !== undefined) {
      this.#log.admit(news);
      metrics.entriesIn.inc();
      receipt.pieces++;
      this.#commits.add({ session, news, time: Date.now() }, receipt);
      tick.request(this, sizeOf(news));
    }
    if (held !== undefined) {
      metrics.gaps.inc();
      receipt.pieces++;
      this.#held.add({ held, receipt });
    }
    if (news !== undefined) this.#held.arrived(news);
    if (news === undefined && held === undefined) this.#settleKnown(receipt);
  }

  /** All of an update is known; but what is known may still wait for its commit. */
  #settleKnown(receipt: Receipt): void {
    receipt.pieces++;
    if (!this.#commits.addReceipt(receipt)) settle([receipt], this.#seqOf);
  }

  /** Takes out what was held and has no gap before it any more. */
  #takeReady(): void {
    for (;;) {
      const ready = this.#held.takeReady();
      if (ready.length === 0) return;
      for (const { held, receipt } of ready) {
        receipt.pieces--;
        try {
          this.#take(receipt, this.#log.look(held));
        } catch (error) {
          if (!(error instanceof SyncError)) throw error;
          receipt.session.end(error);
        }
      }
    }
  }

  #tell(from: Seq, { epoch, head }: Appended, contents: readonly Content[]): void {
    const { context, documentId } = this.#options;
    const [only, ...more] = contents;
    const update = only === undefined || more.length > 0 ? undefined : encode(only);
    const isSmall = update !== undefined && update.length <= MAX_TOLD_BYTES;
    const told = isSmall ? update : undefined;
    context.bus.tell(documentId, { type: 'entries', epoch, from, to: head, update: told });
  }

  /** Entries have their turn in the log. */
  #takeArrivals(arrivals: readonly Arrival<Part>[]): void {
    let appended: Appended | undefined;
    const contents: Content[] = [];
    const writers = new Set<Session | undefined>();
    for (const { epoch, to, part } of arrivals) {
      if (to <= (appended?.head ?? this.#log.head)) continue; // it was read from the store meanwhile
      appended = { epoch, head: to };
      contents.push(...part.contents);
      if (part.batch === undefined) {
        writers.add(undefined);
        for (const content of part.contents) {
          this.#log.admitCommitted(content);
          this.#held.arrived(content);
        }
      } else {
        for (const session of part.batch.writers) writers.add(session);
      }
    }
    const [writer] = writers.size === 1 ? writers : [];
    if (appended !== undefined) this.#deliver(contents, appended, writer);
    for (const { part } of arrivals) {
      if (part.batch !== undefined) settle(part.batch.receipts, this.#seqOf);
    }
    this.#takeReady();
  }

  /** Entries up to a head become part of the room, and go to its sessions. */
  #deliver(contents: readonly Content[], appended: Appended, writer: Session | undefined): void {
    const from = this.#log.head;
    if (this.#log.epoch === undefined) this.#options.onCreated(appended.epoch);
    const news = this.#log.newsOf(contents);
    const update = encode(news);
    this.#fanOut.deliver({ from, to: appended.head, update }, writer);
    this.#log.committed(news, appended, update.length);
    this.#options.onActivity();
  }

  /** Up to where a session has all, for acknowledgements. */
  readonly #seqOf = (session: Session): Seq =>
    this.#fanOut.has(session) ? this.#log.head : (0 as Seq);
}

/** What a stored document has that a state vector lacks. */
function missingOf({ checkpoint, tail }: StoredDocument, stateVector: StateVector): Content {
  const entries = tail.map(({ update }) => update);
  const { contents } = readStoredLog({ checkpoint: checkpoint?.update, entries });
  return joinLog(contents, stateVector);
}

function sizeOf(content: Content): number {
  return content.runs.reduce((sum, run) => sum + run.to - run.from, 0);
}

function scanOrUndefined(update: Uint8Array): Content | undefined {
  try {
    return scan(update);
  } catch (error) {
    if (error instanceof UpdateError) return undefined;
    throw error;
  }
}
