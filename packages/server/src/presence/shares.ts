import type { Session } from '../session.ts';

/** Whose states count together: a user's; where nobody is known a session's, or a Yjs client's on another node. */
export type ShareKey = string | Session | number;

/** What somebody has of a document's table of awareness states. */
export class Share {
  readonly key: ShareKey;
  /** The clients whose states are in the table, … */
  readonly clients = new Set<number>();
  /** …and what those take. */
  bytes = 0;
  /** Of what it has to say last; see {@link Changes}. */
  turn = 0;

  constructor(key: ShareKey) {
    this.key = key;
  }
}

/**
 * Divides the room in a table. As long as there is some, anybody gets it; when there is none, whoever has less than an
 * equal part gets it from whoever has the most.
 */
export class Shares {
  readonly #maxBytes: number;
  readonly #shares = new Map<ShareKey, Share>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The share of somebody; it counts once it has something. */
  of(key: ShareKey): Share {
    return this.#shares.get(key) ?? new Share(key);
  }

  add(share: Share, client: number, bytes: number): void {
    this.#shares.set(share.key, share);
    share.clients.add(client);
    share.bytes += bytes;
    this.#bytes += bytes;
  }

  remove(share: Share, client: number, bytes: number): void {
    if (!share.clients.delete(client)) return;
    share.bytes -= bytes;
    this.#bytes -= bytes;
    if (share.clients.size === 0) this.#shares.delete(share.key);
  }

  /** Whether there is room for this much more. */
  hasRoom(bytes: number): boolean {
    return bytes <= 0 || this.#bytes + bytes <= this.#maxBytes;
  }

  /** Whether a share with this much more has no more than an equal part. Then there is a larger one. */
  isFair(share: Share, bytes: number): boolean {
    const count = this.#shares.size + (share.clients.size === 0 ? 1 : 0);
    return share.bytes + bytes <= this.#maxBytes / count;
  }

  /** A client of the largest share. */
  clientOfLargest(): number | undefined {
    let largest: Share | undefined;
    for (const share of this.#shares.values()) {
      if (largest === undefined || share.bytes > largest.bytes) largest = share;
    }
    return largest?.clients.values().next().value;
  }
}
