import { LevelBackend } from './level.ts';
import { OfflineCopies, type OfflineCopiesOptions } from './offline-copies.ts';

export { DamagedCopyError } from './damaged-copy.ts';
export type { StoredDocument } from './eviction.ts';
export { OfflineCopies } from './offline-copies.ts';

export interface OfflineStoreOptions extends OfflineCopiesOptions {
  /** Where the copies are; made when it is not there. One process can use it at a time. */
  readonly folder: string;
}

/** The copies of documents in a folder. It is opened with the first document. */
export function openOfflineStore({ folder, ...options }: OfflineStoreOptions): OfflineCopies {
  return new OfflineCopies(new LevelBackend(folder), options);
}
