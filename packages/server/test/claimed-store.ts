import type { DocumentId } from '@syncline/protocol';
import { MemoryStore } from '@syncline/storage';

/** An in-memory store for several compactors, which grants claims one at a time, as PostgreSQL does. */
export class ClaimedStore extends MemoryStore {
  /** What the clock of the claims says, in milliseconds; it moves only when it is told to. */
  now = 0;
  /** Checkpoints that were handed over, stored or not. */
  compactions = 0;
  readonly #claimedUntil = new Map<DocumentId, number>();

  override async claimCompaction(documentId: DocumentId, forMs = 0): Promise<boolean> {
    if ((this.#claimedUntil.get(documentId) ?? 0) > this.now) return false;
    this.#claimedUntil.set(documentId, this.now + forMs);
    const granted = await super.claimCompaction(documentId);
    if (!granted) this.#claimedUntil.delete(documentId);
    return granted;
  }

  override async compact(...args: Parameters<MemoryStore['compact']>): Promise<boolean> {
    this.compactions++;
    const isStored = await super.compact(...args);
    if (isStored) this.#claimedUntil.delete(args[0]);
    return isStored;
  }
}
