import { IndexedDbBackend } from './indexed-db.ts';
import { OfflineCopies, type OfflineCopiesOptions } from './offline-copies.ts';

export { DamagedCopyError } from './damaged-copy.ts';
export type { StoredDocument } from './eviction.ts';
export { OfflineCopies } from './offline-copies.ts';

export interface OfflineStoreOptions extends OfflineCopiesOptions {
  /** The name of the IndexedDB database. Tabs of one origin with the same name share copies. Default: 'syncline'. */
  readonly name?: string | undefined;
}

/** The copies of documents in this browser. It is opened with the first document. */
export function openOfflineStore({
  name = 'syncline',
  ...options
}: OfflineStoreOptions = {}): OfflineCopies {
  return new OfflineCopies(new IndexedDbBackend(name), options);
}
