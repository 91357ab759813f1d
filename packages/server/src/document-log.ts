import { SyncError } from '@syncline/protocol';
import type { Appended, Epoch, NewEntry, Seq, StoredDocument } from '@syncline/storage';
import {
  type Admission,
  type Content,
  type Coverage,
  encodeStateVector,
  join,
  Lineage,
  type ScannedUpdate,
  type StateVector,
  scan,
  UpdateError,
} from '@syncline/update';
import { readStoredLog } from './stored-log.ts';

/** What was committed lately is folded into the base at this many contents… */
const FOLD_CONTENTS = 500;
/** …or at so many bytes, or this part of the base if that is more. */
const FOLD_BYTES = 256 * 1024;
const FOLD_PART = 1 / 8;
/** What a client takes in memory besides its structs: in the coverage, as a run, in the lineage. */
export const CLIENT_BYTES = 700;
/** What a range of deletions takes: two numbers. */
const RANGE_BYTES = 16;
/** What a stored entry takes besides its update: key, checksum, time. */
export const ENTRY_OVERHEAD_BYTES = 50;

/** What a checkpoint took the place of: so many entries of the tail, with so many bytes in the store. */
export interface Covered {
  readonly entries: number;
  readonly bytes: number;
}

/**
 * What a room has of its document's log in memory: everything committed, as few updates, and the
 * coverage, which includes what is admitted but not committed yet.
 */
export class DocumentLog {
  readonly #coverage: Coverage;
  /** Made for the first update that somebody writes: readers need none. */
  #lineage: Lineage | undefined;
  readonly #unreadable: readonly Seq[];
  /** Checkpoint and entries up to some seq, as one update. */
  #base: ScannedUpdate;
  /** Up to where the base reaches. */
  #baseHead: Seq;
  /** The contents committed since, … */
  #recent: Content[] = [];
  /** …and the seq that each reaches up to. */
  #recentHeads: Seq[] = [];
  #recentBytes = 0;
  /** The clocks of what is committed. */
  readonly #stateVector: Map<number, number>;
  #epoch: Epoch | undefined;
  #head: Seq;
  #checkpointBytes: number;
  #tailBytes: number;
  #tailEntries: number;
  /** The state vectors as they are sent, once somebody has asked: it takes long where there are many clients. */
  #encoded: Uint8Array | undefined;
  #encodedAdmitted: Uint8Array | undefined;

  /**
   * Takes a log as it is stored. Entries that Yjs could not integrate are left out: see `unreadable`.
   * @throws SyncError `load-failed` when the checkpoint cannot be read.
   */
  constructor(stored: StoredDocument | undefined) {
    const tail = stored?.tail ?? [];
    const { contents, coverage, unreadable } = readStoredLog({
      checkpoint: stored?.checkpoint?.update,
      entries: tail.map((entry) => entry.update),
    });
    this.#coverage = coverage;
    this.#unreadable = unreadable.flatMap((index) => tail[index]?.seq ?? []);
    this.#base = joinLog(contents);
    this.#stateVector = new Map(coverage.stateVector);
    this.#epoch = stored?.epoch;
    this.#head = this.#baseHead = stored?.head ?? (0 as Seq);
    this.#checkpointBytes = stored?.checkpoint?.update.length ?? 0;
    this.#tailBytes = storedBytes(tail);
    this.#tailEntries = tail.length;
  }

  /** Entries of the store that are not served; compaction sets them aside. */
  get unreadable(): readonly Seq[] {
    return this.#unreadable;
  }

  /** Undefined until there is a first entry. */
  get epoch(): Epoch | undefined {
    return this.#epoch;
  }

  /** The newest committed seq; 0 when there is none. */
  get head(): Seq {
    return this.#head;
  }

  /** The clocks of all that was admitted. */
  get stateVector(): StateVector {
    return this.#coverage.stateVector;
  }

  /** The clocks of what is committed. */
  get committedStateVector(): StateVector {
    return this.#stateVector;
  }

  /** {@link committedStateVector}, encoded. */
  get encodedStateVector(): Uint8Array {
    return (this.#encoded ??= encodeStateVector(this.#stateVector));
  }

  /** {@link stateVector}, encoded. */
  get encodedAdmitted(): Uint8Array {
    return (this.#encodedAdmitted ??= encodeStateVector(this.#coverage.stateVector));
  }

  /** About how many bytes the checkpoint and the tail take in the store. */
  get checkpointBytes(): number {
    return this.#checkpointBytes;
  }

  get tailBytes(): number {
    return this.#tailBytes;
  }

  get tailEntries(): number {
    return this.#tailEntries;
  }

  /** About how much memory it takes, in bytes. */
  get memory(): number {
    const { stateVector, deletedRanges } = this.#coverage;
    return this.bytes + stateVector.size * CLIENT_BYTES + deletedRanges * RANGE_BYTES;
  }

  /** How many bytes the log has, as updates. */
  get bytes(): number {
    return this.#base.bytes.length + this.#recentBytes;
  }

  /** Checkpoint and entries up to some seq; another object when it covers more. */
  get base(): ScannedUpdate {
    return this.#base;
  }

  /** What was committed after the base. */
  get recent(): readonly Content[] {
    return this.#recent;
  }

  /** How many clients and ranges of deletions the log would have, at most, with these news. */
  sizeWith(news: Content | undefined): { readonly clients: number; readonly ranges: number } {
    let { size: clients } = this.#coverage.stateVector;
    let ranges = this.#coverage.deletedRanges;
    for (const { clock } of news?.runs ?? []) if (clock === 0) clients++;
    for (const deleted of news?.deletes.values() ?? []) ranges += deleted.length / 2;
    return { clients, ranges };
  }

  /** Divides an update into what is new and what must wait. Nothing is taken note of yet. */
  look(content: Content): Admission {
    return this.#coverage.admit(content);
  }

  /**
   * What is new of an update counts as covered from now on.
   * @throws SyncError `update-refused` when it does not fit into the document; nothing is taken note of then.
   */
  admit(news: Content): void {
    try {
      this.#lineage ??= new Lineage([this.#base, ...this.#recent]);
      this.#lineage.add(news, this.#coverage);
    } catch (cause) {
      if (!(cause instanceof UpdateError)) throw cause;
      throw new SyncError(cause.code, `the update was refused: ${cause.message}`, { cause });
    }
    this.#coverage.add(news);
    this.#encodedAdmitted = undefined;
  }

  /** Takes content of other nodes' entries, which are committed: it counts as covered from now on. */
  admitCommitted(content: Content): void {
    const { news, held } = this.#coverage.admit(content);
    if (held !== undefined) throw new SyncError('load-failed', 'the log has a gap');
    if (news === undefined) return;
    this.#lineage?.addCommitted(news, this.#coverage.stateVector);
    this.#coverage.add(news);
    this.#encodedAdmitted = undefined;
  }

  /**
   * What entries say that come next in the log, as one update, without what the log has already: a
   * commit of which the answer was lost is made again, and its entries are in the log twice.
   */
  newsOf(contents: readonly Content[]): Content {
    const [only] = contents;
    return contents.length === 1 && only !== undefined && this.#isAllNew(only)
      ? only
      : joinLog(contents, this.#stateVector);
  }

  /** Admitted content that has been committed, as so many bytes of updates; see {@link newsOf}. */
  committed(content: Content, { epoch, head }: Appended, bytes: number): void {
    this.#encoded = undefined;
    this.#epoch = epoch;
    this.#tailBytes += bytes + (head - this.#head) * ENTRY_OVERHEAD_BYTES;
    this.#tailEntries += head - this.#head;
    this.#head = head;
    this.#recent.push(content);
    this.#recentHeads.push(head);
    this.#recentBytes += bytes;
    for (const { client, end } of content.runs) this.#stateVector.set(client, end);
    const enough = Math.max(FOLD_BYTES, this.#base.bytes.length * FOLD_PART);
    if (this.#recent.length >= FOLD_CONTENTS || this.#recentBytes >= enough) {
      this.#rebuild([this.#base, ...this.#recent]);
    }
  }

  /** What was committed after a seq; `undefined` when the base holds a part of it. */
  since(seq: Seq): readonly Content[] | undefined {
    if (seq >= this.#head) return [];
    if (seq < this.#baseHead) return undefined;
    return this.#recent.slice(this.#recentHeads.findIndex((head) => head > seq));
  }

  /** Everything committed that a reader with this state vector lacks, and all deletions, as one update. */
  missingSince(stateVector: StateVector): Uint8Array {
    return joinLog([this.#base, ...this.#recent], stateVector).bytes;
  }

  /** Takes a checkpoint, in which what was deleted is gone, in the place of what it covers. */
  rebase(checkpoint: Uint8Array, covered: Covered): void {
    this.#checkpointBytes = checkpoint.length;
    this.#tailBytes = Math.max(0, this.#tailBytes - covered.bytes);
    this.#tailEntries = Math.max(0, this.#tailEntries - covered.entries);
    // What the checkpoint has comes first and wins; of the rest only what is newer is taken.
    this.#rebuild([scan(checkpoint), this.#base, ...this.#recent]);
  }

  #isAllNew({ runs }: Content): boolean {
    let previous = -1;
    for (const { client, clock } of runs) {
      if (client === previous || clock !== (this.#stateVector.get(client) ?? 0)) return false;
      previous = client;
    }
    return true;
  }

  #rebuild(contents: readonly Content[]): void {
    this.#base = joinLog(contents);
    this.#baseHead = this.#head;
    this.#recent = [];
    this.#recentHeads = [];
    this.#recentBytes = 0;
  }
}

/** About how many bytes entries take in the store. */
export function storedBytes(entries: readonly NewEntry[]): number {
  return entries.reduce((sum, { update }) => sum + update.length + ENTRY_OVERHEAD_BYTES, 0);
}

/**
 * A log, or a part of it that follows what a reader has, as one update: there is no gap in it.
 * @throws SyncError `load-failed` when there is
 */
export function joinLog(contents: readonly Content[], since?: StateVector): ScannedUpdate {
  const update = join(contents, since);
  if (update === undefined) throw new SyncError('load-failed', 'the log has a gap');
  return update;
}
