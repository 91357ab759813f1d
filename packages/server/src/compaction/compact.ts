import type { StoredLog } from '../stored-log.ts';
import { merge } from './merge.ts';

/** A log, merged. */
export interface Merged {
  /** The whole state as one update, with what was deleted collected as garbage. */
  readonly checkpoint: Uint8Array;
  /** Which of the entries could not be used; the checkpoint is without them. */
  readonly setAside: readonly number[];
}

/**
 * Merges a document's log.
 * @throws Error when the old checkpoint cannot be used (there is nothing to stand on then), or the new one
 *   does not cover what went in.
 */
export async function compact(log: StoredLog): Promise<Merged> {
  const { checkpoint: before, entries } = log;
  const checkpoint = merge(before === undefined ? entries : [before, ...entries]);
  if (checkpoint !== undefined) return { checkpoint, setAside: [] };
  // Only a log with a fault needs this, and a thread is sooner ready without.
  const { salvage } = await import('./salvage.ts');
  return salvage(log);
}
