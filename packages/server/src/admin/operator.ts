import type { DocumentId, ErrorCode } from '@syncline/protocol';
import type { Appended, DocumentSummary, Epoch, Seq } from '@syncline/storage';

/** A document's numbers, and how many sessions it has now. */
export interface DocumentReport extends DocumentSummary {
  readonly documentId: DocumentId;
  /** Undefined on a database, where only its nodes know. */
  readonly sessions: number | undefined;
}

/** A document that is there but cannot be read. */
export interface UnreadableDocument {
  readonly documentId: DocumentId;
  readonly error: { readonly code: ErrorCode; readonly message: string };
}

/** How much a document's content takes in the store: checkpoint and entries, in bytes of updates. */
export interface StoredSize {
  readonly bytes: number;
  readonly entries: number;
}

/** What a compaction did. `compacted` is false when there was nothing to do. */
export interface CompactionReport {
  readonly documentId: DocumentId;
  readonly compacted: boolean;
  readonly before: StoredSize;
  readonly after: StoredSize;
  /** How many entries it set aside, since Yjs cannot integrate them. */
  readonly setAside: number;
}

/** A document's whole content, as one Yjs update (format v1), and where it comes from. */
export interface ExportedDocument {
  readonly documentId: DocumentId;
  readonly epoch: Epoch;
  readonly head: Seq;
  readonly update: Uint8Array;
}

export interface Selection {
  /** Only documents that have entries since their last checkpoint. */
  readonly changed?: boolean;
}

export interface ImportOptions {
  /** Whether the content takes the place of a document that is there. */
  readonly replace?: boolean;
}

/**
 * What operators do with documents: on a data folder, or through a running server.
 *
 * Methods reject with a `SyncError`: `document-missing` where the document is not there, and what
 * the store rejects with.
 */
export interface Operator {
  /** The names of the documents, in no particular order. */
  names(selection?: Selection): AsyncIterable<DocumentId>;

  /** The documents with their numbers, in no particular order, those that cannot be read as well. */
  list(selection?: Selection): AsyncIterable<DocumentReport | UnreadableDocument>;

  inspect(documentId: DocumentId): Promise<DocumentReport>;

  /** Merges a document's log into a checkpoint. @throws SyncError `internal` when it cannot be merged. */
  compact(documentId: DocumentId): Promise<CompactionReport>;

  /** Gives a document a new epoch, with the same content: clients put their copies away. */
  reset(documentId: DocumentId): Promise<Appended>;

  export(documentId: DocumentId): Promise<ExportedDocument>;

  /**
   * Makes a document of this update (format v1), byte for byte. Copies of a document of that name
   * that was deleted are welcome again: its tombstone goes.
   * @throws SyncError `document-exists` when it is there and not to be replaced, `update-refused`
   *   when Yjs could not integrate the update, or not all of it.
   */
  import(documentId: DocumentId, update: Uint8Array, options?: ImportOptions): Promise<Appended>;

  /**
   * Deletes a document, also one that is damaged. By the tombstone that it leaves, copies of it are
   * known: the state vector of all that could be read of it, and of those deleted before it under
   * that name.
   */
  delete(documentId: DocumentId): Promise<void>;

  /** Idempotent. */
  close(): Promise<void>;
}
