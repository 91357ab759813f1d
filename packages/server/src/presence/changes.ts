import type { Share } from './shares.ts';

/** Something that is to be told of a client. */
interface Change {
  readonly client: number;
  share: Share;
  /** Whether it is news to the other nodes. */
  isOwn: boolean;
  bytes: number;
  /** Those with smaller ones are told first. */
  turn: number;
}

/**
 * The clients of which the sessions are to be told, in a fair order where not all can be told at once: a share that says
 * little has its turn at once, however much others say. It is weighted fair queueing: a clock counts what each share
 * could have said if all had said the same, and a change's turn is when its share could have said it.
 */
export class Changes {
  readonly #waiting = new Map<number, Change>();
  #clock = 0;

  get size(): number {
    return this.#waiting.size;
  }

  has(client: number): boolean {
    return this.#waiting.has(client);
  }

  /** Something is to be told of a client, for somebody's share: this much, in the place of what was to be told. */
  note(client: number, share: Share, bytes: number, isOwn: boolean): void {
    const known = this.#waiting.get(client);
    if (known?.share === share) {
      const more = bytes - known.bytes;
      share.turn += more;
      known.turn += more;
      known.bytes = bytes;
      known.isOwn = isOwn;
    } else {
      share.turn = Math.max(share.turn, this.#clock) + bytes;
      this.#waiting.set(client, { client, share, isOwn, bytes, turn: share.turn });
    }
  }

  /** Nothing is to be told of a client any more. */
  forget(client: number): void {
    this.#waiting.delete(client);
  }

  /** Those whose turn it is, until they take this much; at least one. */
  take(maxBytes: number): readonly Readonly<Change>[] {
    const waiting = [...this.#waiting.values()];
    const taken = inTurn(waiting, maxBytes);
    if (taken.length === waiting.length) {
      for (const { turn } of taken) this.#clock = Math.max(this.#clock, turn);
      this.#waiting.clear();
      return taken;
    }
    const shares = new Set(waiting.map(({ share }) => share));
    for (const { client, bytes } of taken) {
      this.#waiting.delete(client);
      this.#clock += bytes / shares.size;
    }
    return taken;
  }
}

/** All of them, if they fit; else those with the smallest turns that do, at least one. */
export function inTurn<T extends { readonly turn: number; readonly bytes: number }>(
  items: readonly T[],
  maxBytes: number,
): readonly T[] {
  let left = maxBytes;
  if (items.every(({ bytes }) => (left -= bytes) >= 0)) return items;
  const sorted = items.toSorted((a, b) => a.turn - b.turn);
  left = maxBytes;
  const end = sorted.findIndex(({ bytes }) => (left -= bytes) < 0);
  return sorted.slice(0, Math.max(1, end));
}
