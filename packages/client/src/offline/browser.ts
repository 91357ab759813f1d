import { IndexedDbBackend } from './indexed-db.ts';
import { InertCopies } from './inert-copies.ts';
import { OfflineCopies } from './offline-copies.ts';
import type { OfflineStoreOptions } from './store-options.ts';

export { DamagedCopyError } from './damaged-copy.ts';
export type { StoredDocument } from './eviction.ts';
export { OfflineCopies } from './offline-copies.ts';
export type { OfflineStoreOptions } from './store-options.ts';

/**
 * The copies of documents in this browser. It is opened with the first document. Where there is no IndexedDB nothing is kept:
 * on a server for one, which may import a module that opens a store.
 */
export function openOfflineStore({
  name = 'syncline',
  ...options
}: OfflineStoreOptions = {}): OfflineCopies {
  if (!hasIndexedDb()) return new InertCopies('there is no IndexedDB here; nothing is kept');
  return new OfflineCopies(new IndexedDbBackend(name), options);
}

function hasIndexedDb(): boolean {
  try {
    // Not undefined alone: browsers that block storage say null, or throw.
    return typeof indexedDB === 'object' && (indexedDB as unknown) !== null;
  } catch {
    return false;
  }
}
