import { coverageOf, scan, UpdateError } from '@syncline/update';
import * as Y from 'yjs';

/**
 * At the end of a transaction Yjs merges the structs that came with it, and each merge moves all that follow
 * in the client's array. So not all in one: 36,000 updates of one letter take a quarter of the time like this.
 */
const UPDATES_A_TRANSACTION = 256;

/**
 * All updates as one, with what was deleted collected as garbage; undefined when one of them cannot be
 * read or integrated.
 * @throws Error when the result does not cover what went in.
 */
export function merge(updates: readonly Uint8Array[]): Uint8Array | undefined {
  const doc = documentOf(updates);
  if (doc === undefined) return undefined;
  const merged = Y.encodeStateAsUpdate(doc);
  try {
    const covered = coverageOf([scan(merged)]);
    if (updates.every((update) => covered.covers(scan(update)))) return merged;
  } catch (error) {
    // Yjs takes more than the server does.
    if (error instanceof UpdateError) return undefined;
    throw error;
  }
  throw new Error('the checkpoint does not cover the log');
}

/** Whether Yjs can integrate all updates. */
export function canIntegrate(updates: readonly Uint8Array[]): boolean {
  return documentOf(updates) !== undefined;
}

/** A document with all updates; undefined when one throws, or something is left pending. */
function documentOf(updates: readonly Uint8Array[]): Y.Doc | undefined {
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
