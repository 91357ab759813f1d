import type { Entry } from './entry.ts';

/**
 * What a tab tells the others after it wrote. It is only a hint, and may get lost: who sees by `from` that
 * something is missing reads it from the store.
 */
export interface Notice {
  readonly documentId: string;
  /** Of the copy that was written to; see `Meta`. */
  readonly incarnation: string;
  /** The epoch of the copy. */
  readonly epoch: string;
  /** The numbers of the entries; `to` is `from` - 1 when there are none. */
  readonly from: number;
  readonly to: number;
  readonly entries: readonly Entry[];
  /** The server has all that was written up to this entry. */
  readonly saved?: number;
}
