import { InertCopies } from './inert-copies.ts';
import { LevelBackend } from './level.ts';
import { OfflineCopies } from './offline-copies.ts';
import type { OfflineStoreOptions } from './store-options.ts';

export { DamagedCopyError } from './damaged-copy.ts';
export type { StoredDocument } from './eviction.ts';
export { OfflineCopies } from './offline-copies.ts';
export type { OfflineStoreOptions } from './store-options.ts';

/**
 * The copies of documents in a folder. It is opened with the first document. Without a folder nothing is kept, so that a module
 * which opens a store for browsers can be imported on a server.
 */
export function openOfflineStore({ folder, ...options }: OfflineStoreOptions = {}): OfflineCopies {
  if (folder === undefined)
    return new InertCopies('on a server it needs a folder; nothing is kept');
  return new OfflineCopies(new LevelBackend(folder), options);
}
