import type { DocumentId } from '@syncline/protocol';
import type { Backend } from './backend.ts';
import { compact, isDue, type Occasion } from './compaction.ts';
import type { Meta } from './meta.ts';

/** After so long without a write the tail is merged, in milliseconds. */
const QUIET_MS = 2_000;

/** When the tail of an open copy is merged into its checkpoint. */
export class Tail {
  #due: Occasion | undefined;
  /** What of it could not be merged, in bytes. */
  #keptBytes = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** It is to be merged now. */
  get isDue(): boolean {
    return this.#due !== undefined;
  }

  /** The copy was written to. @param onQuiet called when nothing more comes for some time, and it is due */
  grew(meta: Meta, onQuiet: () => void): void {
    this.rest();
    if (isDue(meta, 'writing', this.#keptBytes)) {
      this.#due = 'writing';
      return;
    }
    if (!isDue(meta, 'quiet', this.#keptBytes)) return;
    this.#timer = setTimeout(() => {
      this.#due = 'quiet';
      onQuiet();
    }, QUIET_MS);
    // Nothing is lost when the process ends before. (In browsers it is a number.)
    (this.#timer as { unref?: () => void }).unref?.();
  }

  /** Nobody writes any more. */
  end(meta: Meta | undefined): void {
    this.rest();
    if (meta !== undefined && isDue(meta, 'quiet', this.#keptBytes)) this.#due = 'quiet';
  }

  rest(): void {
    clearTimeout(this.#timer);
  }

  /** @throws what `compact` throws; it is not tried again then: the content is stored, if not as small as can be. */
  async merge(backend: Backend, documentId: DocumentId): Promise<Meta | undefined> {
    const occasion = this.#due;
    this.#due = undefined;
    if (occasion === undefined) return undefined;
    const kept = this.#keptBytes;
    this.#keptBytes = Number.MAX_SAFE_INTEGER;
    const meta = await backend.transact('write', (transaction) =>
      compact(transaction, documentId, occasion, kept),
    );
    this.#keptBytes = meta?.tailBytes ?? kept;
    return meta;
  }

  /** The copy was put away. */
  reset(): void {
    this.rest();
    this.#due = undefined;
    this.#keptBytes = 0;
  }
}
