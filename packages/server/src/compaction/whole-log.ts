import { coverageOf, scan, UpdateError } from '@syncline/update';
import * as Y from 'yjs';
import type { StoredLog } from '../stored-log.ts';

/**
 * At the end of a transaction Yjs merges the structs that came with it, and each merge moves all that follow
 * in the client's array. So not all in one: 36,000 updates of one letter take a quarter of the time like this.
 */
const UPDATES_A_TRANSACTION = 256;

export function updatesOf({ checkpoint, entries }: StoredLog): readonly Uint8Array[] {
  return checkpoint === undefined ? entries : [checkpoint, ...entries];
}

/** A document with all updates; undefined when one throws, or something is left pending. */
export function applyAll(updates: readonly Uint8Array[]): Y.Doc | undefined {
  // With a name of its own it would be given a random one, which costs as much as a short log.
  const doc = new Y.Doc({ guid: 'log' });
  try {
    for (let start = 0; start < updates.length; start += UPDATES_A_TRANSACTION) {
      doc.transact(() => {
        for (const update of updates.slice(start, start + UPDATES_A_TRANSACTION)) {
          Y.applyUpdate(doc, update);
        }
      });
    }
  } catch {
    return undefined;
  }
  return doc.store.pendingStructs === null && doc.store.pendingDs === null ? doc : undefined;
}

/**
 * The whole state; undefined when there is something in it that Yjs takes and the server does not.
 * @throws Error when it is not all.
 */
export function checkpointOf(doc: Y.Doc): Uint8Array | undefined {
  const checkpoint = Y.encodeStateAsUpdate(doc);
  try {
    const { stateVector } = coverageOf([scan(checkpoint)]);
    for (const [client, clock] of Y.decodeStateVector(Y.encodeStateVector(doc))) {
      if (stateVector.get(client) !== clock) throw new Error('the checkpoint is not the whole log');
    }
  } catch (error) {
    if (error instanceof UpdateError) return undefined;
    throw error;
  }
  return checkpoint;
}
