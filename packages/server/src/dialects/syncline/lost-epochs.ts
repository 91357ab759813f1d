import type { DocumentId } from '@syncline/protocol';
import type { Epoch } from '@syncline/storage';

/** The oldest are forgotten first: copies of them are put away by their clients, and not merged. */
const MAX_REMEMBERED = 10_000;

/**
 * Epochs that were given up because the log had lost entries that it had acknowledged. Whoever has a
 * copy of one may be the only one who has what was lost: it is merged into the epoch that followed.
 */
export class LostEpochs {
  readonly #replace: (documentId: DocumentId) => Promise<{ readonly epoch: Epoch }>;
  readonly #followers = new Map<Epoch, Promise<Epoch>>();

  /** @param replace gives a document a new epoch, with the same content. */
  constructor(replace: (documentId: DocumentId) => Promise<{ readonly epoch: Epoch }>) {
    this.#replace = replace;
  }

  /** Whether a copy of one epoch is to be merged into another one. */
  async isFollowed(epoch: Epoch, by: Epoch | undefined): Promise<boolean> {
    let follower = await this.#followers.get(epoch);
    while (follower !== undefined && follower !== by) {
      follower = await this.#followers.get(follower);
    }
    return follower !== undefined;
  }

  /** Gives up an epoch of a document, once, however many find out. */
  async giveUp(documentId: DocumentId, epoch: Epoch): Promise<void> {
    let follower = this.#followers.get(epoch);
    if (follower === undefined) {
      follower = this.#replace(documentId).then((replaced) => replaced.epoch);
      this.#followers.set(epoch, follower);
      follower.catch(() => this.#followers.delete(epoch));
      const [oldest] = this.#followers.keys();
      if (this.#followers.size > MAX_REMEMBERED && oldest !== undefined) {
        this.#followers.delete(oldest);
      }
    }
    await follower;
  }
}
