import { parseDocumentId } from '@syncline/protocol';
import type { OfflineDocument, OfflineListener, OfflineStore, SetAside } from '../local-copy.ts';
import type { Backend } from './backend.ts';
import { evict, readDocuments, type StoredDocument, sumOfBytes } from './eviction.ts';
import { asideKey } from './key.ts';
import type { Notice } from './notice.ts';
import { OpenCopy } from './open-copy.ts';
import { readAside } from './set-aside.ts';
import { deleteCopy } from './stored-copy.ts';

const DEFAULT_MAX_BYTES = 100 * 1024 * 1024;

export interface OfflineCopiesOptions {
  /**
   * When all copies together take more bytes, those that were not used for the longest time are deleted, but
   * never one with unsaved changes. Default: 100 MiB.
   */
  readonly maxBytes?: number | undefined;
}

/** The stored copies of documents: in IndexedDB, or in a folder. */
export class OfflineCopies implements OfflineStore {
  readonly #backend: Backend;
  readonly #maxBytes: number;
  readonly #open = new Set<OpenCopy>();
  /** The bytes of all copies when they were counted last, and what was written since; undefined: never. */
  #bytes: number | undefined;
  #evicting: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(backend: Backend, { maxBytes = DEFAULT_MAX_BYTES }: OfflineCopiesOptions = {}) {
    this.#backend = backend;
    this.#maxBytes = maxBytes;
    backend.listen(
      (notice) => this.#hear(notice),
      (error) => this.#report(error),
    );
  }

  /**
   * @throws SyncError `document-id-invalid`; Error when the store cannot be used
   */
  async open(documentId: string, listener: OfflineListener): Promise<OfflineDocument> {
    if (this.#closing !== undefined) throw new Error('the offline store is closed');
    const copy = new OpenCopy(
      {
        backend: this.#backend,
        tell: (notice, from) => this.#tell(notice, from),
        grew: (bytes) => this.#grew(bytes),
        closed: (copy) => this.#open.delete(copy),
      },
      parseDocumentId(documentId),
      listener,
    );
    // It hears from now on, so that nothing falls between reading and following.
    this.#open.add(copy);
    try {
      await copy.open();
    } catch (error) {
      this.#open.delete(copy);
      throw error;
    }
    this.#grew(0);
    return copy;
  }

  /** All documents of which there is a copy. */
  async list(): Promise<StoredDocument[]> {
    return await this.#backend.transact('read', readDocuments);
  }

  /** What was not saved of copies that were put away: of one document, or of all. */
  async setAside(documentId?: string): Promise<SetAside[]> {
    const id = documentId === undefined ? undefined : parseDocumentId(documentId);
    return await this.#backend.transact('read', (transaction) => readAside(transaction, id));
  }

  /** Deletes what was set aside under this id; nothing when there is none. */
  async discard(id: string): Promise<void> {
    await this.#backend.transact('write', async (transaction) => transaction.delete(asideKey(id)));
  }

  /**
   * Deletes the copy of a document, its unsaved changes too. Who has it open writes it anew with the next
   * change. What was set aside stays.
   */
  async delete(documentId: string): Promise<void> {
    const id = parseDocumentId(documentId);
    await this.#backend.transact('write', async (transaction) => deleteCopy(transaction, id));
  }

  /** Closes all documents, and ends it. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#open].map((copy) => copy.close()));
    await this.#evicting;
    await this.#backend.close();
  }

  #tell(notice: Notice, from: OpenCopy): void {
    this.#hear(notice, from);
    this.#backend.tell(notice);
  }

  #hear(notice: Notice, from?: OpenCopy): void {
    for (const copy of this.#open) {
      if (copy !== from && copy.documentId === notice.documentId) copy.hear(notice);
    }
  }

  #report(error: unknown): void {
    for (const copy of this.#open) copy.report(error);
  }

  #grew(bytes: number): void {
    if (this.#bytes !== undefined) this.#bytes += bytes;
    if (bytes > 0 && (this.#bytes ?? 0) <= this.#maxBytes) return;
    this.#evicting ??= this.#evict()
      .catch((error: unknown) => this.#report(error))
      .finally(() => {
        this.#evicting = undefined;
      });
  }

  async #evict(): Promise<void> {
    this.#bytes = sumOfBytes(await this.list());
    if (this.#bytes <= this.#maxBytes) return;
    this.#bytes = await this.#backend.transact('write', (transaction) =>
      evict(transaction, this.#maxBytes, (id) =>
        [...this.#open].some(({ documentId }) => documentId === id),
      ),
    );
  }
}
