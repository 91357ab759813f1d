import { SyncError } from '@syncline/protocol';
import { type Content, Coverage, type ScannedUpdate, scan, UpdateError } from '@syncline/update';

/** A document's log, as the store has it: the bytes of updates, in order. */
export interface StoredLog {
  readonly checkpoint: Uint8Array | undefined;
  readonly entries: readonly Uint8Array[];
}

/** What of a stored log can be used. */
export interface ReadLog {
  /** What the usable updates say, in order; nothing twice, and no gap. */
  readonly contents: readonly Content[];
  /** What {@link contents} cover. */
  readonly coverage: Coverage;
  /** Which of the entries cannot be used: Yjs could not decode them, or they lie behind a gap. */
  readonly unreadable: readonly number[];
}

/**
 * Reads a stored log. What was appended could be integrated, so that anything unreadable comes from
 * a fault; it is left out, and the rest of the document stays usable.
 * @throws SyncError `load-failed` when the checkpoint cannot be read: there is nothing to stand on.
 */
export function readStoredLog({ checkpoint, entries }: StoredLog): ReadLog {
  const coverage = new Coverage();
  const contents: Content[] = [];
  const unreadable: number[] = [];
  if (checkpoint !== undefined) {
    const scanned = scanCheckpoint(checkpoint);
    coverage.add(scanned);
    contents.push(scanned);
  }
  for (const [index, bytes] of entries.entries()) {
    const update = scanOrUndefined(bytes);
    const admission = update && coverage.admit(update);
    if (admission?.news !== undefined) {
      coverage.add(admission.news);
      contents.push(admission.news);
    }
    if (admission === undefined || admission.held !== undefined) unreadable.push(index);
  }
  return { contents, coverage, unreadable };
}

function scanCheckpoint(bytes: Uint8Array): ScannedUpdate {
  try {
    return scan(bytes);
  } catch (cause) {
    throw new SyncError('load-failed', 'the stored checkpoint cannot be read', { cause });
  }
}

function scanOrUndefined(bytes: Uint8Array): ScannedUpdate | undefined {
  try {
    return scan(bytes);
  } catch (error) {
    if (error instanceof UpdateError) return undefined;
    throw error;
  }
}
