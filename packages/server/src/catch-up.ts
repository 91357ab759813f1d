import type { DocumentId } from '@syncline/protocol';
import type { DocumentStore, Entry, Epoch, Seq, StoredCheckpoint } from '@syncline/storage';
import {
  type Content,
  concatenate,
  join,
  type ScannedUpdate,
  type StateVector,
  scan,
  UpdateError,
} from '@syncline/update';
import type { Answers } from './answers.ts';
import type { DocumentLog } from './document-log.ts';
import type { Entries } from './session.ts';

const START = 0 as Seq;
/** A smaller difference is sent without a look at the checkpoint. */
const SMALL_BYTES = 16 * 1024;
/** What was read from the store is kept for so long, for others who come back in the same storm. */
const KEEP_MS = 2_000;
const MAX_KEPT = 16;

/** Where a client stands that knows of seqs. */
export interface Cursor {
  /** It has all entries up to here, of this document's epoch; 0 when that is not known. */
  readonly since: Seq;
  readonly stateVector: StateVector;
}

/** What a client is to be sent, in this order: then it has all that is committed. */
export interface CatchUp {
  /** The whole state up to a seq, as it is stored. */
  readonly checkpoint?: StoredCheckpoint;
  readonly entries: readonly Entries[];
  /** The seq up to which the client has all then. */
  readonly head: Seq;
}

/** What was read from the store; the rest is in the room. */
interface Read {
  readonly checkpoint?: StoredCheckpoint;
  /** The entries after it, or after the cursor. */
  readonly entries?: { readonly from: Seq; readonly content: ScannedUpdate };
  /** Up to where it reaches. */
  readonly to: Seq;
}

/**
 * Brings clients up to date that know where in the log they stand. They get the missing entries; when
 * a checkpoint has taken their place, the smaller of the difference and the checkpoint.
 */
export class CatchUps {
  readonly #documentId: DocumentId;
  readonly #store: DocumentStore;
  readonly #log: DocumentLog;
  readonly #answers: Answers;
  readonly #reads = new Map<string, Promise<Read | undefined>>();

  constructor(documentId: DocumentId, store: DocumentStore, log: DocumentLog, answers: Answers) {
    this.#documentId = documentId;
    this.#store = store;
    this.#log = log;
    this.#answers = answers;
  }

  /**
   * Reads what is not in memory. Afterwards `finish` gives the whole answer, as of the turn in which
   * it is called.
   * @throws SyncError when the store cannot be read.
   */
  async read(cursor: Cursor): Promise<{ finish: () => CatchUp }> {
    const { epoch } = this.#log;
    const read = epoch === undefined ? undefined : await this.#read(epoch, cursor);
    return { finish: () => this.#finish(cursor, read) };
  }

  async #read(epoch: Epoch, { since, stateVector }: Cursor): Promise<Read | undefined> {
    if (since > 0 && this.#log.since(since) !== undefined) return { to: since };
    if (since > 0) {
      const read = await this.#shared(`since ${since}`, () => this.#readEntries(epoch, since));
      if (read !== undefined) return read;
    }
    const difference = this.#answers.for(stateVector).missing.content.length;
    if (difference <= SMALL_BYTES) return undefined;
    const read = await this.#shared('checkpoint', () => this.#readCheckpoint(epoch));
    return read?.checkpoint !== undefined && read.checkpoint.bytes.length < difference
      ? read
      : undefined;
  }

  #finish({ stateVector }: Cursor, read: Read | undefined): CatchUp {
    const { head } = this.#log;
    const rest = read && this.#log.since(read.to);
    if (read === undefined || rest === undefined) return this.difference(stateVector);
    const { checkpoint, entries: stored } = read;
    const contents = stored === undefined ? rest : [stored.content, ...rest];
    if (checkpoint === undefined && !this.#isAllWith(stateVector, contents)) {
      return this.difference(stateVector);
    }
    const entries: Entries[] = [];
    if (stored !== undefined) {
      entries.push({ from: stored.from, to: read.to, update: stored.content.bytes });
    }
    if (rest.length > 0) entries.push(...piecesOf(rest, read.to, head));
    const reached = Math.max(head, read.to) as Seq;
    return { ...(checkpoint && { checkpoint }), entries, head: reached };
  }

  /**
   * Whether a client with this state vector has all once it has these entries. It lacks what is before
   * them when the log was set back, to a backup or a replica, and has filled the same seqs anew.
   */
  #isAllWith(stateVector: StateVector, contents: readonly Content[]): boolean {
    const reached = new Map<number, number>();
    for (const { runs } of contents) {
      for (const { client, clock, end } of runs) {
        const before = reached.get(client) ?? stateVector.get(client) ?? 0;
        if (clock <= before && end > before) reached.set(client, end);
      }
    }
    for (const [client, end] of this.#log.committedStateVector) {
      if ((reached.get(client) ?? stateVector.get(client) ?? 0) < end) return false;
    }
    return true;
  }

  /** By state vector: always possible, and brings all deletions along. */
  difference(stateVector: StateVector): CatchUp {
    const { head } = this.#log;
    const { recent, missing } = this.#answers.for(stateVector);
    const entries: Entries[] = [];
    // The cursor moves with the last piece: then there is nothing before it that is missing.
    if (recent !== undefined) entries.push({ from: START, to: START, update: recent.content });
    if (head > 0) entries.push({ from: START, to: head, update: missing.content });
    return { entries, head };
  }

  async #readEntries(epoch: Epoch, since: Seq): Promise<Read | undefined> {
    const entries = await this.#store.read(this.#documentId, epoch, since);
    const last = entries?.at(-1);
    if (entries === undefined || last === undefined) return undefined;
    const content = joinEntries(entries);
    return content && { entries: { from: since, content }, to: last.seq };
  }

  async #readCheckpoint(epoch: Epoch): Promise<Read | undefined> {
    const checkpoint = await this.#store.readCheckpoint(this.#documentId, epoch);
    if (checkpoint === undefined) return undefined;
    if (this.#log.since(checkpoint.seq) !== undefined) return { checkpoint, to: checkpoint.seq };
    const read = await this.#readEntries(epoch, checkpoint.seq);
    return read && { ...read, checkpoint };
  }

  async #shared(key: string, read: () => Promise<Read | undefined>): Promise<Read | undefined> {
    let reading = this.#reads.get(key);
    if (reading === undefined) {
      reading = read();
      const [oldest] = this.#reads.keys();
      if (this.#reads.size >= MAX_KEPT && oldest !== undefined) this.#reads.delete(oldest);
      this.#reads.set(key, reading);
      setTimeout(() => this.#reads.delete(key), KEEP_MS).unref();
    }
    return await reading;
  }
}

/** What was committed between two seqs, as few updates. Cursors move with the last. */
function piecesOf(contents: readonly Content[], from: Seq, to: Seq): Entries[] {
  const updates = concatenate(contents);
  return updates.map(({ bytes: update }, index) => {
    return { from, to: index === updates.length - 1 ? to : from, update };
  });
}

/** Entries as one update; `undefined` when one of them is unreadable or stands behind a gap. */
function joinEntries(entries: readonly Entry[]): ScannedUpdate | undefined {
  try {
    return join(entries.map((entry) => scan(entry.update)));
  } catch (error) {
    if (error instanceof UpdateError) return undefined;
    throw error;
  }
}
