/** How large a document's checkpoint and tail are in the store, in bytes. */
export interface Growth {
  readonly checkpointBytes: number;
  readonly tailBytes: number;
  readonly tailEntries: number;
}

/** A tail below this waits until it is quiet. One above does not: rooms have it in memory. */
const MAX_TAIL_BYTES = 1024 * 1024;
/** When it is quiet, a tail of this part of the checkpoint is worth a new one. */
const WORTHWHILE_PART = 1 / 8;
/** A tail below this takes less than a commit that would save it… */
const MIN_WORTHWHILE_BYTES = 512;
/** …and one below this waits until everybody has left: who types in a small document pauses often. */
const MIN_WORTHWHILE_OPEN_BYTES = 8 * 1024;

/** Whether a tail must be compacted even while people edit. */
export function hasOutgrown({ tailBytes }: Growth): boolean {
  return tailBytes > MAX_TAIL_BYTES;
}

/**
 * Whether a tail is worth compacting when nobody edits any more.
 * @param isOpen whether somebody has the document open, who may go on.
 */
export function isWorthCompacting(
  { checkpointBytes, tailBytes, tailEntries }: Growth,
  isOpen: boolean,
): boolean {
  // A log of one entry is a checkpoint but for its name.
  if (checkpointBytes === 0 && tailEntries <= 1) return false;
  const least = isOpen ? MIN_WORTHWHILE_OPEN_BYTES : MIN_WORTHWHILE_BYTES;
  return tailBytes > Math.max(least, checkpointBytes * WORTHWHILE_PART);
}
