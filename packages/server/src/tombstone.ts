import { SyncError } from '@syncline/protocol';
import {
  decodeStateVectors,
  EMPTY_STATE_VECTOR,
  encodeStateVector,
  type ScannedUpdate,
  type StateVector,
} from '@syncline/update';

/**
 * By what copies are known that must not come back under a document's name, since stock clients know no epochs. A copy has
 * the clocks of what was deleted or replaced, as far as they are not in what took its place: that may be a
 * backup of the same document.
 */
export interface Tombstone {
  readonly deleted: StateVector;
  readonly replaced: StateVector;
}

export const NO_TOMBSTONE: Tombstone = {
  deleted: EMPTY_STATE_VECTOR,
  replaced: EMPTY_STATE_VECTOR,
};

/**
 * The bytes as the store has them: two state vectors, one behind the other. Older versions wrote the first
 * alone.
 */
export function encodeTombstone({ deleted, replaced }: Tombstone): Uint8Array {
  const parts = [encodeStateVector(deleted)];
  if (replaced.size > 0) parts.push(encodeStateVector(replaced));
  return new Uint8Array(Buffer.concat(parts));
}

/** @throws UpdateError */
export function decodeTombstone(bytes: Uint8Array | undefined): Tombstone {
  if (bytes === undefined) return NO_TOMBSTONE;
  const [deleted = EMPTY_STATE_VECTOR, replaced = EMPTY_STATE_VECTOR] = decodeStateVectors(bytes);
  return { deleted, replaced };
}

/** What is left by deleting a log that reached these clocks. */
export function afterDeletion({ deleted, replaced }: Tombstone, log: StateVector): Tombstone {
  return { deleted: highest(deleted, replaced, log), replaced: EMPTY_STATE_VECTOR };
}

/** What is left by putting other content in the place of such a log. Copies of that content are welcome. */
export function afterReplacement(
  { deleted, replaced }: Tombstone,
  log: StateVector,
  content: StateVector,
): Tombstone {
  return {
    deleted: beyond(deleted, content),
    replaced: beyond(highest(replaced, log), content),
  };
}

/**
 * Refuses what comes from a copy that is not welcome.
 * @param log how far the log has each client now
 * @param clocks how far the copy has them, or refers to them
 * @throws SyncError `document-deleted`, `document-replaced`
 */
export function refuseCopy(
  { deleted, replaced }: Tombstone,
  log: StateVector,
  clocks: Iterable<readonly [client: number, clock: number]>,
): void {
  if (deleted.size === 0 && replaced.size === 0) return;
  for (const [client, clock] of clocks) {
    if (clock <= (log.get(client) ?? 0)) continue;
    if (deleted.has(client)) {
      throw new SyncError('document-deleted', 'the document was deleted; forget this copy of it');
    }
    if (replaced.has(client)) {
      throw new SyncError('document-replaced', 'the document was replaced; load it anew');
    }
  }
}

/** The clocks that an update brings, deletes or refers to; each client may come several times. */
export function* clocksOf(update: ScannedUpdate): Iterable<readonly [number, number]> {
  for (const { client, end } of update.runs) yield [client, end];
  for (const [client, ranges] of update.deletes) yield [client, ranges.at(-1) ?? 0];
  for (const [client, clock] of update.references) yield [client, clock + 1];
}

function highest(...vectors: readonly StateVector[]): StateVector {
  const all = new Map<number, number>();
  for (const vector of vectors) {
    for (const [client, clock] of vector) all.set(client, Math.max(clock, all.get(client) ?? 0));
  }
  return all;
}

/** The clients of a vector that another one does not reach as far with. */
function beyond(vector: StateVector, other: StateVector): StateVector {
  return new Map([...vector].filter(([client, clock]) => clock > (other.get(client) ?? 0)));
}
