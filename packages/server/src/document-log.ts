import { SyncError } from '@syncline/protocol';
import type { Appended, Epoch, NewEntry, Seq, StoredDocument } from '@syncline/storage';
import {
  type Admission,
  type Content,
  Coverage,
  concatenate,
  type ScannedUpdate,
  type StateVector,
  scan,
} from '@syncline/update';

/** Entries are folded into the base at this many, so that what a room keeps stays compact. */
const FOLD_ENTRIES = 500;
/** What a stored entry takes besides its update: key, checksum, time. */
const ENTRY_OVERHEAD_BYTES = 50;

/**
 * What a room has of its document's log in memory: everything committed, as few updates, and the
 * coverage, which includes what is admitted but not committed yet.
 */
export class DocumentLog {
  readonly #coverage = new Coverage();
  /** Checkpoint and entries up to some seq, as one update. */
  #base: ScannedUpdate;
  /** The contents committed since. */
  #recent: Content[] = [];
  /** The clocks of what is committed. */
  #stateVector: Map<number, number>;
  #epoch: Epoch | undefined;
  #head: Seq;
  /** About how many bytes the checkpoint and the tail take in the store. */
  #checkpointBytes: number;
  #tailBytes: number;

  /** @throws SyncError `load-failed` when the store gives what is no update. */
  constructor(stored: StoredDocument | undefined) {
    const updates = [
      ...(stored?.checkpoint === undefined ? [] : [stored.checkpoint.update]),
      ...(stored?.tail ?? []).map((entry) => entry.update),
    ];
    const contents = updates.map(scanStored);
    for (const content of contents) this.#coverage.add(content);
    this.#base = join(contents);
    this.#stateVector = new Map(this.#coverage.stateVector);
    this.#epoch = stored?.epoch;
    this.#head = stored?.head ?? (0 as Seq);
    this.#checkpointBytes = stored?.checkpoint?.update.length ?? 0;
    this.#tailBytes = storedBytes(stored?.tail ?? []);
  }

  /** Undefined until there is a first entry. */
  get epoch(): Epoch | undefined {
    return this.#epoch;
  }

  /** The clocks of all that was admitted. */
  get stateVector(): StateVector {
    return this.#coverage.stateVector;
  }

  /** The clocks of what is committed. */
  get committedStateVector(): StateVector {
    return this.#stateVector;
  }

  get checkpointBytes(): number {
    return this.#checkpointBytes;
  }

  get tailBytes(): number {
    return this.#tailBytes;
  }

  /** Takes an update's news; they count as covered from now on. */
  admit(content: Content): Admission {
    const admission = this.#coverage.admit(content);
    if (admission.news !== undefined) this.#coverage.add(admission.news);
    return admission;
  }

  /** Admitted content that has been committed, as so many bytes of updates. */
  committed(content: Content, { epoch, head }: Appended, bytes: number): void {
    this.#epoch = epoch;
    this.#tailBytes += bytes + (head - this.#head) * ENTRY_OVERHEAD_BYTES;
    this.#head = head;
    this.#recent.push(content);
    for (const run of content.runs) this.#stateVector.set(run.client, run.end);
    if (this.#recent.length >= FOLD_ENTRIES) this.#fold();
  }

  /** Everything committed that a reader with this state vector lacks, and all deletions, as one update. */
  missingSince(stateVector: StateVector): Uint8Array {
    this.#fold();
    if (stateVector.size === 0) return this.#base.bytes;
    return concatenate([this.#base], stateVector)[0].bytes;
  }

  /**
   * Takes a checkpoint, in which what was deleted is gone, in the place of what it covers: so many
   * bytes of the stored tail.
   */
  rebase(checkpoint: Uint8Array, coveredBytes: number): void {
    const scanned = scanStored(checkpoint);
    this.#checkpointBytes = checkpoint.length;
    this.#tailBytes = Math.max(0, this.#tailBytes - coveredBytes);
    // What the checkpoint has comes first and wins; of the rest only what is newer is taken.
    this.#base = join([scanned, this.#base, ...this.#recent]);
    this.#recent = [];
  }

  #fold(): void {
    if (this.#recent.length === 0) return;
    this.#base = join([this.#base, ...this.#recent]);
    this.#recent = [];
  }
}

/** About how many bytes entries take in the store. */
export function storedBytes(entries: readonly NewEntry[]): number {
  return entries.reduce((sum, { update }) => sum + update.length + ENTRY_OVERHEAD_BYTES, 0);
}

function scanStored(update: Uint8Array): ScannedUpdate {
  try {
    return scan(update);
  } catch (cause) {
    throw new SyncError('load-failed', 'a stored update cannot be read', { cause });
  }
}

/** A log has no gaps, so that it fits into one update. */
function join(contents: readonly Content[]): ScannedUpdate {
  const [update, ...rest] = concatenate(contents);
  if (rest.length > 0) throw new SyncError('load-failed', 'the log has a gap');
  return update;
}
