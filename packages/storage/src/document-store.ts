import type { DocumentId } from '@syncline/protocol';

declare const brand: unique symbol;

/** The place of an entry in its document's log: 1, 2, 3 … without holes; 0 stands before the first. */
export type Seq = number & { readonly [brand]: 'Seq' };

/** A random id of one incarnation of a document. */
export type Epoch = string & { readonly [brand]: 'Epoch' };

/** What is to be appended. */
export interface NewEntry {
  /** The bytes of a Yjs update, format v1. The store does not look into them. */
  readonly update: Uint8Array;
  /** Who sent it; empty when that is not known. */
  readonly author: string;
  /** When the server took it, in milliseconds since 1970. */
  readonly time: number;
}

/** One appended update. */
export interface Entry extends NewEntry {
  readonly seq: Seq;
}

/** The whole state of a document at a seq, as one update. */
export interface Checkpoint {
  readonly seq: Seq;
  readonly update: Uint8Array;
}

/** A checkpoint in the form in which the store has it, to be sent on as it is. */
export interface StoredCheckpoint {
  readonly seq: Seq;
  /** How `bytes` hold the update: as it is, or compressed (RFC 1951, without a header). */
  readonly encoding: 'identity' | 'deflate-raw';
  readonly bytes: Uint8Array;
}

/** A document as it is stored, in one consistent view. */
export interface StoredDocument {
  readonly epoch: Epoch;
  /** The newest seq: that of the last entry, or of the checkpoint when there is no tail. */
  readonly head: Seq;
  readonly checkpoint: Checkpoint | undefined;
  /** The entries after the checkpoint, in order and without a hole. */
  readonly tail: readonly Entry[];
}

/** Entries for one document's log. */
export interface Append {
  readonly documentId: DocumentId;
  readonly entries: readonly NewEntry[];
  /**
   * The incarnation that the entries were made for. Undefined when there was no document: they go to
   * the one that is there by then, or make it.
   */
  readonly epoch?: Epoch | undefined;
}

/** Where a document's log stands after an append. */
export interface Appended {
  readonly epoch: Epoch;
  /** The seq of the last entry; those before it have the seqs before. */
  readonly head: Seq;
}

/**
 * Why nothing was appended to a document. `held`: another node, or another write of this one that is no
 * append, holds it just then; it is to be tried again. `replaced`: the document has another epoch, or
 * is gone, so the entries do not belong to it.
 */
export type NotAppended = 'held' | 'replaced';

export interface AppendOptions {
  /**
   * Wait for documents that others hold, for some seconds, instead of leaving them out. Those who
   * append without it, at the same time, MUST NOT be kept waiting.
   */
  readonly wait?: boolean;
}

export interface ReplaceOptions {
  /** What takes the place of the document's tombstone; absent, that is taken away. See {@link DocumentStore.delete}. */
  readonly tombstone?: Uint8Array | undefined;
  /** The new epoch: by default one that has nothing to do with any before it. */
  readonly epoch?: Epoch;
}

/** What there is of a document, in numbers. */
export interface DocumentSummary {
  readonly epoch: Epoch;
  readonly head: Seq;
  /** The oldest seq from which a reader can still catch up entry by entry. */
  readonly floor: Seq;
  /** The tail: how many entries, and how many bytes of updates. */
  readonly entries: number;
  readonly entryBytes: number;
  /** Absent when there was no compaction yet. `bytes` are those of its update. */
  readonly checkpoint: { readonly seq: Seq; readonly bytes: number } | undefined;
  /** How many entries were set aside because Yjs could not integrate them. */
  readonly setAside: number;
}

/**
 * `ready`: reads and writes work. `recovering`: a write failed, and is tried again until it works;
 * reads work as far as the medium allows. `read-only`: stored data is damaged; writes are refused
 * until the store was repaired.
 */
export type StoreState = 'ready' | 'recovering' | 'read-only';

/**
 * Where the logs are kept. Every store passes the suite in `contract.ts`.
 *
 * Methods reject with a `SyncError`: `store-damaged` when what is stored fails its checks,
 * `store-closed` after {@link close}, `commit-failed` or `load-failed` when the medium fails.
 */
export interface DocumentStore {
  readonly state: StoreState;

  /**
   * Reads a document. `undefined` when nothing was ever appended to it, or it was deleted.
   * An implementation MUST NOT give a part of a document, and MUST check each record.
   */
  load(documentId: DocumentId): Promise<StoredDocument | undefined>;

  /**
   * Appends to many documents; the answer is in the order of `appends`, which names no document twice.
   *
   * An implementation MUST give each entry the seq after the one before it, make a document that is
   * not there (with a new epoch), commit all that it does not leave out or nothing, leave out a
   * document whole or not at all, and resolve only when what it appended is durable: it survives a
   * power cut from then on. Where several nodes share the logs, it MUST NOT let a reader see an entry
   * before those with lower seqs, nor give two nodes that make a document two epochs of it. It may
   * append twice what it was given once when the medium failed and it cannot tell whether the first
   * try was stored: updates can be applied twice.
   */
  append(
    appends: readonly Append[],
    options?: AppendOptions,
  ): Promise<readonly (Appended | NotAppended)[]>;

  /**
   * Where many logs stand, in the order of the ids; `undefined` for documents that are not there. An
   * implementation SHOULD ask its medium once.
   */
  heads(documentIds: readonly DocumentId[]): Promise<readonly (Appended | undefined)[]>;

  /**
   * The entries after a seq. `undefined` when they are not all there any more (a checkpoint covers
   * them), or the document has another epoch.
   */
  read(documentId: DocumentId, epoch: Epoch, after: Seq): Promise<readonly Entry[] | undefined>;

  /**
   * The newest checkpoint as it is stored. `undefined` when there is none, or the document has
   * another epoch. An implementation MUST check the record, and need not look into the bytes.
   */
  readCheckpoint(documentId: DocumentId, epoch: Epoch): Promise<StoredCheckpoint | undefined>;

  /**
   * Asks to be the one who makes the next checkpoint of a document, for so many milliseconds or until
   * {@link compact} has stored it: so that nodes do not make the same one at the same time. False when
   * somebody else has asked before and is not done, or there is nothing to compact. It saves work, and
   * nothing depends on it: see {@link compact}. Where one process has the store, it MAY grant each.
   */
  claimCompaction(documentId: DocumentId, forMs: number): Promise<boolean>;

  /**
   * Puts a checkpoint in the place of the entries up to its seq, and of older checkpoints, in one
   * atomic and durable step. An implementation MUST leave later entries alone, also those that are
   * appended meanwhile. False, and nothing happens, when the document has another epoch, no entry
   * with that seq, or a checkpoint as new. So a compactor that was overtaken while it was paused does
   * no harm.
   *
   * @param setAside seqs of covered entries that the checkpoint does not hold, since Yjs could not
   *   integrate them. They are kept for people to look at, and never loaded or read again.
   */
  compact(
    documentId: DocumentId,
    epoch: Epoch,
    checkpoint: Checkpoint,
    setAside?: readonly Seq[],
  ): Promise<boolean>;

  /**
   * Puts a new incarnation in the place of a document, or makes it when there is none: a new epoch,
   * and a checkpoint at seq 1 that is this update. Atomic and durable. An implementation MUST put the
   * new tombstone in the place of the old one, or take that away, in the same step.
   */
  replace(documentId: DocumentId, update: Uint8Array, options?: ReplaceOptions): Promise<Appended>;

  /**
   * Removes a document and its whole log, and leaves a tombstone. False, and nothing is kept, when
   * there is no document. Made again, it has a new epoch.
   *
   * An implementation MUST store the tombstone, in the place of an older one, in the same atomic and
   * durable step that removes the log, and MUST be able to delete a document that is damaged.
   *
   * @param tombstone what copies of the document can be known by. The store does not look into it.
   */
  delete(documentId: DocumentId, tombstone: Uint8Array): Promise<boolean>;

  /**
   * The tombstone that the last deletion or replacement of a document left, if there was one with any. An implementation MUST keep it beside a log that is made under the same name
   * later, and MUST check its record.
   */
  tombstone(documentId: DocumentId): Promise<Uint8Array | undefined>;

  /** The documents that there are, in no particular order. */
  list(): AsyncIterable<DocumentId>;

  /**
   * The documents that have a tail: what changed since their last checkpoint. The caller may take
   * its time, and compact them on the way.
   */
  changed(): AsyncIterable<DocumentId>;

  /** Reads a document's numbers, without its contents where that is possible. */
  inspect(documentId: DocumentId): Promise<DocumentSummary | undefined>;

  /** Gives the room of what was removed back to the medium, if that takes a step of its own. */
  reclaim(): Promise<void>;

  /** Idempotent. What was asked before still ends. */
  close(): Promise<void>;
}
