import { type DocumentId, SyncError } from '@syncline/protocol';
import {
  type Appended,
  type DocumentStore,
  type DocumentSummary,
  type Epoch,
  newEpoch,
  nextEpoch,
  type Seq,
  type StoredDocument,
} from '@syncline/storage';
import { UpdateError } from '@syncline/update';
import {
  afterDeletion,
  afterReplacement,
  decodeTombstone,
  encodeTombstone,
  NO_TOMBSTONE,
  type Tombstone,
} from '../tombstone.ts';
import { checkContent, clocksOfAll, contentOf } from './content.ts';
import type {
  CompactionReport,
  DocumentReport,
  ExportedDocument,
  ImportOptions,
  Operator,
  Selection,
  StoredSize,
  UnreadableDocument,
} from './operator.ts';

/** So many documents are inspected at once for a list. */
const LOOK_AHEAD = 16;

/** Ends the sessions of a document, with what they are told; what they sent is in the store then. */
export type EndSessions = (reason: SyncError) => Promise<void>;

/** The live side of documents, as operations on their logs need it. */
export interface LiveDocuments {
  /**
   * Runs a task that may change a document's log, and keeps out who comes meanwhile. Before it reads what it
   * changes, the task ends the sessions. Tasks of one document run one after the other.
   */
  exclusive<T>(documentId: DocumentId, task: (end: EndSessions) => Promise<T>): Promise<T>;
  /** Undefined where nobody can know it. */
  sessionCount(documentId: DocumentId): number | undefined;
}

export interface StoreOperatorOptions {
  readonly store: DocumentStore;
  /** Merges a document's log; `undefined` when there is nothing to do, or another node is at it. */
  readonly compact: (
    documentId: DocumentId,
  ) => Promise<{ readonly setAside: readonly Seq[] } | undefined>;
  /** Absent where nobody but the operator has the store. */
  readonly live?: LiveDocuments;
}

const UNKNOWN = { code: 'internal', message: 'it could not be read' } as const;

/** Nobody is there, and nobody comes. */
const NOT_LIVE: LiveDocuments = {
  exclusive: async (_documentId, task) => await task(async () => {}),
  sessionCount: () => 0,
};

/** An {@link Operator} on a store, in a server or without one. */
export class StoreOperator implements Operator {
  readonly #store: DocumentStore;
  readonly #compact: StoreOperatorOptions['compact'];
  readonly #live: LiveDocuments;

  constructor({ store, compact, live }: StoreOperatorOptions) {
    this.#store = store;
    this.#compact = compact;
    this.#live = live ?? NOT_LIVE;
  }

  names({ changed = false }: Selection = {}): AsyncIterable<DocumentId> {
    return changed ? this.#store.changed() : this.#store.list();
  }

  async *list(selection: Selection = {}): AsyncIterable<DocumentReport | UnreadableDocument> {
    const pending: Promise<DocumentReport | UnreadableDocument | undefined>[] = [];
    for await (const documentId of this.names(selection)) {
      pending.push(this.#look(documentId));
      if (pending.length < LOOK_AHEAD) continue;
      const report = await pending.shift();
      if (report !== undefined) yield report;
    }
    for (const report of await Promise.all(pending)) {
      if (report !== undefined) yield report;
    }
  }

  async inspect(documentId: DocumentId): Promise<DocumentReport> {
    const summary = await this.#summary(documentId);
    return { documentId, ...summary, sessions: this.#live.sessionCount(documentId) };
  }

  async compact(documentId: DocumentId): Promise<CompactionReport> {
    const before = sizeOf(await this.#summary(documentId));
    const result = await this.#compact(documentId).catch((cause: unknown) => {
      throw cause instanceof SyncError ? cause : cannotCompact(documentId, cause);
    });
    const after = sizeOf(await this.#summary(documentId));
    const setAside = result?.setAside.length ?? 0;
    return { documentId, compacted: result !== undefined, before, after, setAside };
  }

  async reset(documentId: DocumentId): Promise<Appended> {
    return await this.#renew(documentId, newEpoch);
  }

  /**
   * Gives a document that lost acknowledged entries of an epoch the next one, since its seqs do not
   * hold any more. Clients merge their copies, which may have what was lost.
   */
  async carryOn(documentId: DocumentId, lost: Epoch): Promise<void> {
    // Many clients may find out at once.
    await this.#renew(documentId, (epoch) => (epoch === lost ? nextEpoch(epoch) : epoch));
  }

  async #renew(documentId: DocumentId, next: (epoch: Epoch) => Epoch): Promise<Appended> {
    return await this.#live.exclusive(documentId, async (end) => {
      const { epoch, head } = await this.#summary(documentId);
      if (next(epoch) === epoch) return { epoch, head };
      await end(new SyncError('document-reset', 'the document got a new epoch; reconnect'));
      const stored = await this.#load(documentId);
      const renewed = next(stored.epoch);
      // Another node may have been there first.
      if (renewed === stored.epoch) return { epoch: renewed, head: stored.head };
      // The same document goes on: what was there before it does not come back.
      const tombstone = await this.#store.tombstone(documentId);
      const options = { tombstone, epoch: renewed };
      return await this.#store.replace(documentId, contentOf(documentId, stored), options);
    });
  }

  async export(documentId: DocumentId): Promise<ExportedDocument> {
    const stored = await this.#load(documentId);
    const { epoch, head } = stored;
    return { documentId, epoch, head, update: contentOf(documentId, stored) };
  }

  async import(
    documentId: DocumentId,
    update: Uint8Array,
    { replace = false }: ImportOptions = {},
  ): Promise<Appended> {
    const clocks = checkContent(update);
    const isNew = !(await this.#exists(documentId));
    if (!isNew && !replace) throw exists(documentId);
    // Who looks at a document that is not there has nothing that contradicts its first content.
    const reason = isNew
      ? new SyncError('document-reset', 'the document was imported; reconnect')
      : new SyncError('document-replaced', 'the document was replaced; load it anew');
    return await this.#live.exclusive(documentId, async (end) => {
      await end(reason);
      if (!replace && (await this.#exists(documentId))) throw exists(documentId);
      const stored = clocksOfAll(await unlessDamaged(this.#store.load(documentId)));
      const tombstone = afterReplacement(await this.#tombstone(documentId), stored, clocks);
      const isNone = tombstone.deleted.size === 0 && tombstone.replaced.size === 0;
      const options = isNone ? {} : { tombstone: encodeTombstone(tombstone) };
      return await this.#store.replace(documentId, update, options);
    });
  }

  async delete(documentId: DocumentId): Promise<void> {
    if (!(await this.#exists(documentId))) throw missing(documentId);
    const reason = new SyncError('document-deleted', 'the document was deleted');
    await this.#live.exclusive(documentId, async (end) => {
      await end(reason);
      const stored = clocksOfAll(await unlessDamaged(this.#store.load(documentId)));
      const tombstone = afterDeletion(await this.#tombstone(documentId), stored);
      if (!(await this.#store.delete(documentId, encodeTombstone(tombstone)))) {
        throw missing(documentId);
      }
    });
  }

  /** The store is its owner's to close. */
  async close(): Promise<void> {}

  async #look(documentId: DocumentId): Promise<DocumentReport | UnreadableDocument | undefined> {
    try {
      return await this.inspect(documentId);
    } catch (error) {
      const { code, message } = error instanceof SyncError ? error : UNKNOWN;
      if (code === 'document-missing') return undefined; // it was deleted meanwhile
      return { documentId, error: { code, message } };
    }
  }

  /** One that cannot be read counts as none. */
  async #tombstone(documentId: DocumentId): Promise<Tombstone> {
    const bytes = await unlessDamaged(this.#store.tombstone(documentId));
    try {
      return decodeTombstone(bytes);
    } catch (error) {
      if (error instanceof UpdateError) return NO_TOMBSTONE;
      throw error;
    }
  }

  async #summary(documentId: DocumentId): Promise<DocumentSummary> {
    const summary = await this.#store.inspect(documentId);
    if (summary === undefined) throw missing(documentId);
    return summary;
  }

  async #load(documentId: DocumentId): Promise<StoredDocument> {
    const stored = await this.#store.load(documentId);
    if (stored === undefined) throw missing(documentId);
    return stored;
  }

  /** A document that cannot be read is there. */
  async #exists(documentId: DocumentId): Promise<boolean> {
    try {
      return (await this.#store.inspect(documentId)) !== undefined;
    } catch (error) {
      if (error instanceof SyncError && error.code === 'store-damaged') return true;
      throw error;
    }
  }
}

/** What a store reads; `undefined` also when what it has stored is damaged. */
async function unlessDamaged<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof SyncError && error.code === 'store-damaged') return undefined;
    throw error;
  }
}

function sizeOf({ entries, entryBytes, checkpoint }: DocumentSummary): StoredSize {
  return { entries, bytes: entryBytes + (checkpoint?.bytes ?? 0) };
}

function missing(documentId: DocumentId): SyncError {
  return new SyncError('document-missing', `there is no document "${documentId}"`);
}

function cannotCompact(documentId: DocumentId, cause: unknown): SyncError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SyncError('internal', `"${documentId}" could not be compacted: ${reason}`, { cause });
}

function exists(documentId: DocumentId): SyncError {
  return new SyncError('document-exists', `there is a document "${documentId}" already`);
}
