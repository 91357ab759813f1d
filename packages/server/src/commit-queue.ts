import type { NewEntry } from '@syncline/storage';
import type { Content } from '@syncline/update';
import { type Gathered, inTurns, newsOf, type Turn, toEntries } from './gathered.ts';
import type { Receipt } from './receipt.ts';
import type { Session } from './session.ts';

/** What was in a commit, who wrote it, and who is owed an acknowledgement for it. */
export interface Batch {
  readonly contents: readonly Content[];
  readonly writers: readonly Session[];
  readonly receipts: readonly Receipt[];
}

interface Waiting {
  readonly gathered: Gathered[];
  readonly receipts: Receipt[];
}

/** A room's updates that wait for the next commit, and those in the one that runs. */
export class CommitQueue {
  #next: Waiting = { gathered: [], receipts: [] };
  #running: (Waiting & { readonly turns: readonly Turn[] }) | undefined;

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
    const { gathered, receipts } = this.#next;
    const turns = inTurns(gathered);
    this.#running = { gathered, receipts, turns };
    this.#next = { gathered: [], receipts: [] };
    return toEntries(turns);
  }

  /** The commit has ended: what was in it. */
  take(): Batch {
    const { turns, receipts } = this.#running ?? { turns: [], receipts: [] };
    this.#running = undefined;
    return {
      contents: newsOf(turns),
      writers: turns.map(({ session }) => session),
      receipts,
    };
  }

  /** Nothing of the commit was stored: it is to be gathered again, before what came since. */
  putBack(): void {
    const { gathered, receipts } = this.#running ?? { gathered: [], receipts: [] };
    this.#running = undefined;
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
