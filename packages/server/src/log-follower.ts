import { setTimeout as sleep } from 'node:timers/promises';
import { type DocumentId, SyncError } from '@syncline/protocol';
import type { Appended, DocumentStore, Entry, Epoch, Seq, StoredDocument } from '@syncline/storage';
import type { DocumentLog } from './document-log.ts';

/** What is missing may be on its way over the bus; after so long it is read from the store. */
const HOLE_MS = 30;
/** With more than this waiting for what is missing, nothing more is kept: it will be read as well. */
const MAX_WAITING = 1_000;
/** Between two tries to read what is missing: doubled from the first to the last. */
const FIRST_PAUSE_MS = 200;
const LAST_PAUSE_MS = 5_000;

/** What others append becomes part of the room at most so often under load; own commits take it along. */
const TAKE_EVERY_MS = 16;

/** Entries that are in the log, and become part of the room once all before them are. */
export interface Arrival<Part> {
  readonly epoch: Epoch;
  /** Those after this seq, … */
  readonly from: Seq;
  /** …up to this one. */
  readonly to: Seq;
  /** What they say. */
  readonly part: Part;
}

export interface LogFollowerOptions<Part> {
  readonly documentId: DocumentId;
  readonly store: DocumentStore;
  readonly log: Pick<DocumentLog, 'epoch' | 'head'>;
  /** Whether entries of other nodes can be expected to come by themselves. */
  readonly isHearing: () => boolean;
  /** What entries say that were read. */
  readonly readEntries: (entries: readonly Entry[]) => Part;
  /** What the room lacks of a document of which the entries are not all there any more. */
  readonly readStored: (stored: StoredDocument) => Part;
  /**
   * Makes arrivals a part of the room, in the order of the log: its head is at the last `to` then. One
   * that was read from the store meanwhile ends at the head or before.
   */
  readonly take: (arrivals: readonly Arrival<Part>[]) => void;
  /** The store has another log under this name, or none. */
  readonly onReplaced: () => void;
  /** What is missing cannot be read: the room can go on no more. */
  readonly onFailure: (cause: unknown) => void;
}

/**
 * Keeps a room in step with a log to which other nodes append too. Its own commits and what the others
 * tell come in any order, and become part of the room in the order of the log; what does not come is
 * read from the store.
 */
export class LogFollower<Part> {
  readonly #options: LogFollowerOptions<Part>;
  /** By the seq from which they go on. */
  #waiting: Arrival<Part>[] = [];
  /** Those up to this seq are taken at once: the room's own commits and what was read, and what is before them. */
  #urgentTo = 0;
  #takenAt = -Infinity;
  #takeTimer: NodeJS.Timeout | undefined;
  #holeTimer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  /** The store is to be read once more after this time. */
  #again = false;
  #closed = false;

  constructor(options: LogFollowerOptions<Part>) {
    this.#options = options;
  }

  /** Whether all that came is part of the room. */
  get isInStep(): boolean {
    return this.#waiting.length === 0;
  }

  /** Own entries were committed. */
  committed(arrival: Arrival<Part>): void {
    this.#addUrgent(arrival);
  }

  /** Another node says that it has committed entries; without `part` when it did not say which. */
  heard({
    part,
    ...where
  }: Omit<Arrival<Part>, 'part'> & { readonly part: Part | undefined }): void {
    const { epoch, head } = this.#options.log;
    if (epoch !== undefined && where.epoch !== epoch) {
      void this.read(); // it is older than the room, or the room is
    } else if (epoch === undefined || part === undefined || this.#waiting.length >= MAX_WAITING) {
      // What came into being may be gone again already: the store knows.
      if (where.to > head) void this.read();
    } else if (where.to > head) {
      this.#add({ ...where, part });
    }
  }

  /**
   * Looks whether the store has more than the room, and reads it. Resolves when that is done.
   * @throws SyncError `load-failed`
   */
  async refresh(): Promise<void> {
    const { documentId, store, log } = this.#options;
    const { epoch } = log;
    const [stored] = await store.heads([documentId]);
    await this.stoodAt(stored, epoch);
  }

  /**
   * The store has said where the log stands; `undefined` when there is none. Reads what is missing.
   * @param epoch the room's when the store was asked: it may have made the document meanwhile.
   */
  async stoodAt(stored: Appended | undefined, epoch: Epoch | undefined): Promise<void> {
    if (this.#closed) return;
    const { log, onReplaced } = this.#options;
    if (epoch !== undefined && stored?.epoch !== epoch) onReplaced();
    else if (stored !== undefined && stored.head > log.head) await this.read();
  }

  /** Reads what comes after the room's head, or that there is another log; tries until that works. */
  async read(): Promise<void> {
    this.#again = this.#reading !== undefined;
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
      this.#takeReady();
    });
    await this.#reading;
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
    clearTimeout(this.#takeTimer);
    clearTimeout(this.#holeTimer);
  }

  #addUrgent(arrival: Arrival<Part>): void {
    this.#urgentTo = Math.max(this.#urgentTo, arrival.to);
    this.#add(arrival);
  }

  #add(arrival: Arrival<Part>): void {
    if (this.#closed) return;
    const waiting = this.#waiting;
    let at = waiting.length;
    while (at > 0 && (waiting[at - 1] as Arrival<Part>).from > arrival.from) at--;
    waiting.splice(at, 0, arrival);
    this.#takeReady();
  }

  /** Takes what follows the room's head: at once when it is quiet or something is urgent. */
  #takeReady(): void {
    if (this.#closed) return;
    const count = this.#countReady();
    const ready = this.#waiting.slice(0, count);
    const wait = this.#takenAt + TAKE_EVERY_MS - performance.now();
    if (wait <= 0 || ready.some(({ to }) => to <= this.#urgentTo)) this.#take(count);
    else if (count > 0) this.#takeTimer ??= setTimeout(() => this.#take(this.#countReady()), wait);
    this.#watchHole();
  }

  #take(count: number): void {
    clearTimeout(this.#takeTimer);
    this.#takeTimer = undefined;
    if (count === 0) return;
    this.#takenAt = performance.now();
    this.#options.take(this.#waiting.splice(0, count));
  }

  /** How many of those that wait follow the head without a hole. */
  #countReady(): number {
    let { head } = this.#options.log;
    let count = 0;
    for (const { from, to } of this.#waiting) {
      if (from > head) break;
      if (to > head) head = to;
      count++;
    }
    return count;
  }

  /** Reads what is missing, when it does not come. */
  #watchHole(): void {
    if (this.#waiting.length === this.#countReady()) {
      clearTimeout(this.#holeTimer);
      this.#holeTimer = undefined;
    } else if (this.#reading === undefined) {
      const ms = this.#options.isHearing() ? HOLE_MS : 0;
      this.#holeTimer ??= setTimeout(() => {
        this.#holeTimer = undefined;
        void this.read();
      }, ms);
    }
  }

  async #readAll(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    do {
      this.#again = false;
      try {
        await this.#readOnce();
        pause = FIRST_PAUSE_MS;
      } catch (cause) {
        if (this.#closed) return;
        if (!(cause instanceof SyncError && cause.code === 'load-failed')) {
          this.#options.onFailure(cause);
          return;
        }
        // The medium is away. What was committed is safe, and is told when it is back.
        this.#again = true;
        await sleep(pause, undefined, { ref: false });
        pause = Math.min(pause * 2, LAST_PAUSE_MS);
      }
    } while (this.#again && !this.#closed);
  }

  async #readOnce(): Promise<void> {
    const { documentId, store, log, readEntries, readStored, onReplaced } = this.#options;
    const { epoch, head: from } = log;
    const entries = epoch && (await store.read(documentId, epoch, from));
    if (epoch !== undefined && entries !== undefined) {
      const last = entries.at(-1);
      if (last === undefined) return;
      this.#addUrgent({ epoch, from, to: last.seq, part: readEntries(entries) });
      return;
    }
    const stored = await store.load(documentId);
    if (this.#closed) return;
    if (epoch !== undefined && stored?.epoch !== epoch) onReplaced();
    else if (stored !== undefined) {
      const { epoch, head: to } = stored;
      this.#addUrgent({ epoch, from, to, part: readStored(stored) });
    }
  }
}
