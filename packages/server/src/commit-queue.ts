import type { NewEntry } from '@syncline/storage';
import { type Gathered, toEntries } from './gathered.ts';
import type { Receipt } from './receipt.ts';

/** What goes into a commit, and who is owed an acknowledgement for it. */
export interface Batch {
  readonly gathered: readonly Gathered[];
  readonly receipts: readonly Receipt[];
}

/** A room's updates that wait for the next commit, and those in the one that runs. */
export class CommitQueue {
  #next: { gathered: Gathered[]; receipts: Receipt[] } = { gathered: [], receipts: [] };
  #running: { gathered: Gathered[]; receipts: Receipt[] } | undefined;

  get isEmpty(): boolean {
    return this.#next.gathered.length === 0 && this.#running === undefined;
  }

  add(item: Gathered, receipt: Receipt): void {
    this.#next.gathered.push(item);
    this.#next.receipts.push(receipt);
  }

  /** Owes an acknowledgement once all that waits is committed. False when nothing waits. */
  addReceipt(receipt: Receipt): boolean {
    const batch = this.#next.gathered.length > 0 ? this.#next : this.#running;
    batch?.receipts.push(receipt);
    return batch !== undefined;
  }

  /** What the next commit is to append. */
  gather(): readonly NewEntry[] {
    this.#running = this.#next;
    this.#next = { gathered: [], receipts: [] };
    return toEntries(this.#running.gathered);
  }

  /** The commit has ended: what was in it. */
  take(): Batch {
    const batch = this.#running ?? { gathered: [], receipts: [] };
    this.#running = undefined;
    return batch;
  }

  /** Nothing of the commit was stored: it is to be gathered again, before what came since. */
  putBack(): void {
    const { gathered, receipts } = this.take();
    this.#next = {
      gathered: [...gathered, ...this.#next.gathered],
      receipts: [...receipts, ...this.#next.receipts],
    };
  }

  clear(): void {
    this.#running = undefined;
    this.#next = { gathered: [], receipts: [] };
  }
}
