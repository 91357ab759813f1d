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

/** Entries that are in the log, and become part of the room once all before them are. */
export interface Arrival {
  readonly epoch: Epoch;
  /** Those after this seq, … */
  readonly from: Seq;
  /** …up to this one. */
  readonly to: Seq;
  /** Makes them a part of the room: its head is at `to` or beyond then. */
  readonly take: () => void;
}

export interface LogFollowerOptions {
  readonly documentId: DocumentId;
  readonly store: DocumentStore;
  readonly log: Pick<DocumentLog, 'epoch' | 'head'>;
  /** Whether entries of other nodes can be expected to come by themselves. */
  readonly isHearing: () => boolean;
  /** Takes entries that were read, which reach up to a seq. */
  readonly takeEntries: (entries: readonly Entry[], epoch: Epoch, to: Seq) => void;
  /** Takes a document of which the entries are not all there any more. */
  readonly takeStored: (stored: StoredDocument) => void;
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
export class LogFollower {
  readonly #options: LogFollowerOptions;
  /** By the seq from which they go on. */
  #waiting: Arrival[] = [];
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  /** The store is to be read once more after this time. */
  #again = false;
  #closed = false;

  constructor(options: LogFollowerOptions) {
    this.#options = options;
  }

  /** Whether all that came is part of the room. */
  get isInStep(): boolean {
    return this.#waiting.length === 0;
  }

  /** Own entries were committed. */
  committed(arrival: Arrival): void {
    this.#add(arrival);
  }

  /** Another node says that it has committed entries; `take` is absent when it did not say which. */
  heard({
    take,
    ...where
  }: Omit<Arrival, 'take'> & { readonly take: (() => void) | undefined }): void {
    const { epoch, head } = this.#options.log;
    if (epoch !== undefined && where.epoch !== epoch) {
      void this.read(); // it is older than the room, or the room is
    } else if (epoch === undefined || take === undefined || this.#waiting.length >= MAX_WAITING) {
      // What came into being may be gone again already: the store knows.
      if (where.to > head) void this.read();
    } else if (where.to > head) {
      this.#add({ ...where, take });
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
    clearTimeout(this.#timer);
  }

  #add(arrival: Arrival): void {
    if (this.#closed) return;
    const waiting = this.#waiting;
    let at = waiting.length;
    while (at > 0 && (waiting[at - 1] as Arrival).from > arrival.from) at--;
    waiting.splice(at, 0, arrival);
    this.#takeReady();
  }

  #takeReady(): void {
    const { log, isHearing } = this.#options;
    for (;;) {
      const [next] = this.#waiting;
      if (next === undefined || next.from > log.head) break;
      this.#waiting.shift();
      next.take();
    }
    if (this.#waiting.length === 0 || this.#closed) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else if (this.#reading === undefined) {
      this.#timer ??= setTimeout(
        () => {
          this.#timer = undefined;
          void this.read();
        },
        isHearing() ? HOLE_MS : 0,
      );
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
    const { documentId, store, log, takeEntries, takeStored, onReplaced } = this.#options;
    const { epoch, head } = log;
    const entries = epoch && (await store.read(documentId, epoch, head));
    if (epoch !== undefined && entries !== undefined) {
      const last = entries.at(-1);
      if (last === undefined || this.#closed) return;
      this.#add({
        epoch,
        from: head,
        to: last.seq,
        take: () =>
          takeEntries(
            entries.filter(({ seq }) => seq > log.head),
            epoch,
            last.seq,
          ),
      });
      return;
    }
    const stored = await store.load(documentId);
    if (this.#closed) return;
    if (epoch !== undefined && stored?.epoch !== epoch) onReplaced();
    else if (stored !== undefined) {
      const { epoch, head: to } = stored;
      this.#add({ epoch, from: head, to, take: () => takeStored(stored) });
    }
  }
}
