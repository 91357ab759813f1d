import type { Awareness } from 'y-protocols/awareness';
import type * as Y from 'yjs';
import type { Access } from './access.ts';
import { type ConnectionOptions, SynclineConnection } from './connection/connection.ts';
import type { ConnectionState, Problem } from './connection-state.ts';
import type { OfflineStore } from './local-copy.ts';
import type { SaveState } from './save-state.ts';
import type { Schema } from './schema.ts';
import type { Broadcast } from './session/broadcasts.ts';

/** A connection that is shared, or what one of its own needs. */
export type ProviderOptions = DocumentOptions &
  (
    | { readonly connection: SynclineConnection }
    | (Omit<ConnectionOptions, 'schemaVersion'> & { readonly connection?: never })
  );

export interface DocumentOptions {
  /** The document's name: 1 to 512 bytes of UTF-8 without control characters. */
  readonly documentId: string;
  /** Default: a new one. */
  readonly doc?: Y.Doc;
  /** Default: a new one. */
  readonly awareness?: Awareness;
  /** The version of the application's data. */
  readonly schema?: Schema;
  /** Keeps a copy of the document: see `@syncline/client/offline`. */
  readonly offline?: OfflineStore | Promise<OfflineStore>;
  /** `false`: it does not connect before `connect()` is called. Default: true. */
  readonly connect?: boolean;
  /** How many of the last broadcasts to get on joining. Default: 0. */
  readonly replay?: number;
  /**
   * Whether subdocuments that are loaded are synced too, over the same connection; or a function that names
   * them. Default: true, as `DOCUMENT/GUID`.
   */
  readonly subdocuments?: boolean | ((guid: string, documentId: string) => string);
}

export interface ProviderEvents {
  state: (state: ConnectionState) => void;
  saveState: (state: SaveState) => void;
  access: (access: Access) => void;
  /** The document is as the server has it; again after each time it was not. */
  synced: () => void;
  /** The copy was put away, and the document is loaded anew: `doc` and `awareness` are others now. */
  reset: (reset: Reset) => void;
  broadcast: (broadcast: Broadcast) => void;
  /** Something did not work, and the provider goes on. */
  warning: (problem: Problem) => void;
}

/** A copy that does not belong to the document any more. */
export interface Reset {
  /** `document-reset`, or why the server refused the copy: see docs/errors.md. */
  readonly code: string;
  /** The old copy. What is changed in it goes nowhere. */
  readonly previous: Y.Doc;
  /** What of it the server never confirmed, as an update, or all of it where the server has nothing; undefined: nothing. */
  readonly unsaved: Uint8Array | undefined;
  /** The new one, which is the provider's from now on. */
  readonly doc: Y.Doc;
}

/** The connection of a provider, and whether it is for it alone. */
export function connectionOf(options: ProviderOptions): {
  readonly connection: SynclineConnection;
  readonly isOwn: boolean;
} {
  if (options.connection !== undefined) return { connection: options.connection, isOwn: false };
  const schemaVersion = options.schema?.version ?? 0;
  return { connection: new SynclineConnection({ ...options, schemaVersion }), isOwn: true };
}
