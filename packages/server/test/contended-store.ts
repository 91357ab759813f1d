import type { DocumentId } from '@syncline/protocol';
import {
  type Append,
  type Appended,
  type AppendOptions,
  MemoryStore,
  type NotAppended,
} from '@syncline/storage';

/** An in-memory store of which another node holds some documents. */
export class ContendedStore extends MemoryStore {
  /** How often each document is left out before it is let go; Infinity until {@link release}. */
  readonly held = new Map<DocumentId, number>();
  /** The tries to append to a document that was held. */
  readonly tries: { documentId: DocumentId; wait: boolean }[] = [];
  failWaits = false;
  failAppends = false;
  readonly #underWay = new Set<DocumentId>();
  #released: (() => void)[] = [];

  release(documentId: DocumentId): void {
    this.held.delete(documentId);
    for (const resolve of this.#released.splice(0)) resolve();
  }

  override async append(appends: readonly Append[], { wait = false }: AppendOptions = {}) {
    if (this.failAppends) throw new Error('the disk is full');
    return await Promise.all(appends.map((append) => this.#appendOne(append, wait)));
  }

  async #appendOne(append: Append, wait: boolean): Promise<Appended | NotAppended> {
    const { documentId } = append;
    if (this.#underWay.has(documentId)) throw new Error(`two commits of ${documentId} at once`);
    this.#underWay.add(documentId);
    try {
      const left = this.held.get(documentId) ?? 0;
      if (left > 0) {
        this.tries.push({ documentId, wait });
        this.held.set(documentId, left - 1);
        if (!wait) return 'held';
        await new Promise<void>((resolve) => this.#released.push(resolve));
        if (this.failWaits) throw new Error('the database went away');
      }
      const [answer] = await super.append([append]);
      return answer as Appended | NotAppended;
    } finally {
      this.#underWay.delete(documentId);
    }
  }
}
