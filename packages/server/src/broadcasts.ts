import { Delivery } from './delivery.ts';

/** An ephemeral message on a document's channel. It is in no log. */
export interface Broadcast {
  /** 1, 2, 3 … for one room; begins anew with the room. */
  readonly number: number;
  /** The sender's user id; empty when nobody is known. */
  readonly from: string;
  readonly topic: string;
  readonly payload: Uint8Array;
}

/** The last broadcasts of a room, for those who join late. */
export class Broadcasts {
  readonly #keep: number;
  #last: Delivery<Broadcast>[] = [];
  #number = 0;

  constructor(keep: number) {
    this.#keep = keep;
  }

  add(from: string, topic: string, payload: Uint8Array): Delivery<Broadcast> {
    const broadcast = { number: ++this.#number, from, topic, payload: payload.slice() };
    const delivery = new Delivery<Broadcast>(broadcast);
    // Kept without its frames, which are made again for who is late.
    this.#last.push(new Delivery<Broadcast>(broadcast));
    if (this.#last.length > this.#keep) this.#last.shift();
    return delivery;
  }

  /** The newest ones, at most so many, oldest first. */
  last(count: number): readonly Delivery<Broadcast>[] {
    return count <= 0 ? [] : this.#last.slice(-count);
  }
}
