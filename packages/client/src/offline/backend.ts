import type { Notice } from './notice.ts';

/** Keys from `from` on and below `below`. */
export type KeyRange = readonly [from: string, below: string];

/** One atomic look at, and change of, the records. */
export interface Transaction {
  get(key: string): Promise<Uint8Array | undefined>;
  /** In the order of the keys. */
  range(range: KeyRange): Promise<(readonly [key: string, value: Uint8Array])[]>;
  put(key: string, value: Uint8Array): void;
  delete(key: string): void;
  /** What is put into the range afterwards stays. */
  deleteRange(range: KeyRange): void;
}

/** `read`: the body changes nothing, and waits for no other that reads. */
export type Mode = 'read' | 'write';

/** Where the copies of documents are: records of bytes under strings, and the other tabs that use them. */
export interface Backend {
  /**
   * Runs the body; what it changes is stored as a whole, or not at all. Resolves when that is done.
   *
   * The body MUST read all that it needs before its first change (an adapter need not show it its own
   * changes), and MUST NOT await anything but reads of this transaction (IndexedDB commits when one is
   * idle). No change of anybody else falls between its reads and its changes.
   */
  transact<T>(mode: Mode, body: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Tells the other tabs. Nobody can rely on it that they hear. */
  tell(notice: Notice): void;
  /** Called once. `onNotice` hears what other tabs tell; `onLost` that the records are out of reach for now. */
  listen(onNotice: (notice: Notice) => void, onLost: (error: unknown) => void): void;
  /** Ends it, after what is under way. Idempotent. */
  close(): Promise<void>;
}
