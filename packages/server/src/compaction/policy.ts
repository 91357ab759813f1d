/** How large a document's checkpoint and tail are in the store, in bytes. */
export interface Growth {
  readonly checkpointBytes: number;
  readonly tailBytes: number;
  readonly tailEntries: number;
}

/** A tail below this waits until it is quiet… */
const MIN_OUTGROWN_BYTES = 256 * 1024;
/** …and one above this does not, however large the checkpoint is: rooms have it in memory. */
const MAX_TAIL_BYTES = 1024 * 1024;
/** When it is quiet, a tail of this part of the checkpoint is worth a new one. */
const WORTHWHILE_PART = 1 / 8;
/** A tail below this takes less than a commit that would save it. */
const MIN_WORTHWHILE_BYTES = 512;

/** Whether a tail must be compacted even while people edit. */
export function hasOutgrown({ checkpointBytes, tailBytes }: Growth): boolean {
  return tailBytes > Math.min(Math.max(MIN_OUTGROWN_BYTES, checkpointBytes), MAX_TAIL_BYTES);
}

/** Whether a tail is worth compacting when nobody edits any more. */
export function isWorthCompacting({ checkpointBytes, tailBytes, tailEntries }: Growth): boolean {
  // A log of one entry is a checkpoint but for its name.
  if (checkpointBytes === 0 && tailEntries <= 1) return false;
  return tailBytes > Math.max(MIN_WORTHWHILE_BYTES, checkpointBytes * WORTHWHILE_PART);
}
