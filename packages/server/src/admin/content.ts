import { type DocumentId, SyncError } from '@syncline/protocol';
import type { StoredDocument } from '@syncline/storage';
import {
  Coverage,
  coverageOf,
  join,
  type ScannedUpdate,
  type StateVector,
  scan,
  UpdateError,
} from '@syncline/update';
import { compactInTurns } from '../compaction/compact.ts';

/**
 * A stored document's whole content as one update. Nothing is collected as garbage: what Yjs makes
 * of it is what it makes of the log.
 * @throws SyncError `store-damaged` when the log holds what is no update, or has a gap.
 */
export function contentOf(documentId: DocumentId, stored: StoredDocument): Uint8Array {
  const updates = stored.tail.map((entry) => entry.update);
  if (stored.checkpoint !== undefined) updates.unshift(stored.checkpoint.update);
  const [only] = updates;
  if (updates.length === 1 && only !== undefined) return only;
  try {
    const update = join(updates.map(scan));
    if (update !== undefined) return update.bytes;
  } catch (cause) {
    if (!(cause instanceof UpdateError)) throw cause;
    throw new SyncError('store-damaged', `an entry of ${documentId} cannot be read`, { cause });
  }
  throw new SyncError('store-damaged', `the log of ${documentId} has a gap`);
}

/**
 * How far each client is in all that was ever in a stored document: also what cannot be used is in copies of it. Left out
 * is what cannot be read.
 */
export function clocksOfAll(stored: StoredDocument | undefined): StateVector {
  const updates = stored?.tail.map((entry) => entry.update) ?? [];
  if (stored?.checkpoint !== undefined) updates.push(stored.checkpoint.update);
  const clocks = new Map<number, number>();
  for (const update of updates) {
    for (const { client, end } of readable(() => scan(update))?.runs ?? []) {
      clocks.set(client, Math.max(end, clocks.get(client) ?? 0));
    }
  }
  return clocks;
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof UpdateError) return undefined;
    throw error;
  }
}

/**
 * Checks that an update can be a document's whole content, and says how far each client is in it.
 * @throws SyncError `update-refused`
 */
export function checkContent(bytes: Uint8Array): StateVector {
  let update: ScannedUpdate;
  try {
    update = scan(bytes);
  } catch (cause) {
    if (!(cause instanceof UpdateError)) throw cause;
    throw new SyncError('update-refused', `Yjs cannot read the update: ${cause.message}`, {
      cause,
    });
  }
  if (new Coverage().admit(update).held !== undefined) {
    throw new SyncError('update-refused', 'the update builds on others that are missing');
  }
  return coverageOf([update]).stateVector;
}

/** Updates as one, and how many of them could not be integrated. */
export interface Merged {
  readonly update: Uint8Array;
  readonly leftOut: number;
}

/**
 * Merges updates of a document that came from elsewhere, in about their order, as a compaction does.
 * What builds on a later one is integrated after it.
 */
export async function mergeUpdates(updates: readonly Uint8Array[]): Promise<Merged> {
  let checkpoint: Uint8Array | undefined;
  let entries = updates;
  for (;;) {
    const merged = await compactInTurns({ checkpoint, entries });
    const left = merged.setAside.flatMap((index) => entries[index] ?? []);
    if (left.length === 0 || left.length === entries.length) {
      return { update: merged.checkpoint, leftOut: left.length };
    }
    ({ checkpoint } = merged);
    entries = left;
  }
}
