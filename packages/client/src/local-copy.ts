/**
 * Where a copy of a document stands against the server's log. It is stored with the copy, and is never
 * ahead of its content (E7 of the SPEC).
 */
export interface Position {
  /** The incarnation that the copy belongs to; '': none yet. */
  readonly epoch: string;
  /** The copy has all entries up to this seq. */
  readonly cursor: number;
  /** How many bytes of changes the server has not confirmed: an upper bound. 0: it has all of them. */
  readonly unsavedBytes: number;
  /** The state vector of the copy before the first change that is unsaved. Without any it says nothing. */
  readonly savedVector: Uint8Array;
}

export const START: Position = {
  epoch: '',
  cursor: 0,
  unsavedBytes: 0,
  savedVector: Uint8Array.of(0),
};

/** A change of the Y.Doc, in the order in which it happened. */
export interface Change {
  readonly update: Uint8Array;
  /** Made here, and not known to be on the server. Otherwise it came from there. */
  readonly own: boolean;
  /** For what came from the server: it is part of the entries up to this seq. 0: nobody said. */
  readonly to: number;
}

/** Copies of documents that outlive the page: `@syncline/client/offline`, or one of your own. */
export interface OfflineStore {
  /**
   * Reads the copy of a document, and follows it: tabs and providers that have the same document open
   * write to one copy.
   * @throws Error when the store cannot be used. The provider then goes on without, and says so.
   */
  open(documentId: string, listener: OfflineListener): Promise<OfflineDocument>;
}

/** What the user of an {@link OfflineDocument} is asked and told. */
export interface OfflineListener {
  /** All that the Y.Doc has, as one update: the stored copy was lost (evicted, cleared) and is written anew. */
  wholeState(): Uint8Array;
  /** Another tab wrote this. Not called before `open` is through. */
  onChange(change: Change): void;
  /** Another tab says that the server has all changes that were written before. */
  onSaved(): void;
  /** Writing failed, and will be tried again with the next write: the disk is full, say. */
  onError(error: unknown): void;
}

/** One document in an {@link OfflineStore}. */
export interface OfflineDocument {
  /** The copy as it was when it was opened: merge these in any order. Empty: there was none. */
  readonly updates: readonly Uint8Array[];
  readonly position: Position;
  /**
   * Writes changes and the position after them, in one transaction; changes that come while one is
   * under way go into the next. An own change adds its bytes to the stored `unsavedBytes`; a position with
   * `unsavedBytes` 0 sets that to 0 if this tab has seen all that was written, and leaves it otherwise.
   * Nothing is written, and `onError` is told, when another tab has put the copy away. A document that the
   * server carried on under another epoch is the same copy.
   */
  write(changes: readonly Change[], position: Position): void;
  /** Resolves when all that was written so far is stored, or failed. */
  flush(): Promise<void>;
  /**
   * The copy is of an epoch that is no more: begins an empty one, and keeps `unsaved` apart, if given, for
   * the user to look at ({@link SetAside}).
   */
  putAway(reason: string, unsaved: Uint8Array | undefined): Promise<void>;
  /** Flushes, and ends it. Idempotent. */
  close(): Promise<void>;
}

/** What was not saved of a copy that was put away. */
export interface SetAside {
  readonly id: string;
  readonly documentId: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The code of docs/errors.md that led to it, or `document-reset`. */
  readonly reason: string;
  /** A Yjs update, format v1: changes against the copy that is no more. */
  readonly unsaved: Uint8Array;
}
