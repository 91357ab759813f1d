import type { OfflineCopiesOptions } from './offline-copies.ts';

/** Where copies are kept. A module that is loaded in browsers and on servers can give both names. */
export interface OfflineStoreOptions extends OfflineCopiesOptions {
  /** In browsers, the name of the IndexedDB database. Tabs of one origin with the same name share copies. Default: 'syncline'. */
  readonly name?: string | undefined;
  /**
   * On Node, where the copies are; made when it is not there. One process can use it at a time. Without it nothing is kept
   * there.
   */
  readonly folder?: string | undefined;
}
