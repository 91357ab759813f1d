import { coverageOf, scan } from '@syncline/update';
import * as Y from 'yjs';

/**
 * Merges a document's log into one update, with what was deleted collected as garbage.
 * @param updates all of the log, in order.
 * @throws Error when Yjs cannot apply them all, or the result would not cover them.
 */
export function compact(updates: readonly Uint8Array[]): Uint8Array {
  const doc = new Y.Doc();
  // One transaction: integrating is linear, and garbage is collected once.
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update);
  });
  if (doc.store.pendingStructs !== null || doc.store.pendingDs !== null) {
    throw new Error('the log has a gap');
  }
  const checkpoint = Y.encodeStateAsUpdate(doc);
  const coverage = coverageOf([scan(checkpoint)]);
  if (!updates.every((update) => coverage.covers(scan(update)))) {
    throw new Error('the checkpoint does not cover the log');
  }
  return checkpoint;
}
