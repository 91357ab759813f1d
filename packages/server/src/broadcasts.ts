import { Delivery } from './delivery.ts';
import type { Session } from './session.ts';

/** An ephemeral message on a document's channel. It is in no log. */
export interface Broadcast {
  /** 1, 2, 3 … for one room; begins anew with the room. */
  readonly number: number;
  /** The sender's user id; empty when nobody is known. */
  readonly from: string;
  readonly topic: string;
  readonly payload: Uint8Array;
}

export interface BroadcastsOptions {
  /** Those of the room, as they come and go. */
  readonly sessions: Iterable<Session>;
  /** How many are kept for those who join late. */
  readonly keep: number;
  /** A session with more than this in its socket misses what is said: nothing of it is kept for that. */
  readonly budgetBytes: number;
}

/** Brings broadcasts to the sessions of a room, and the last ones to those who join late. */
export class Broadcasts {
  readonly #options: BroadcastsOptions;
  #last: Delivery<Broadcast>[] = [];
  #number = 0;

  constructor(options: BroadcastsOptions) {
    this.#options = options;
  }

  passOn(message: Omit<Broadcast, 'number'>, except: Session | undefined): void {
    const { sessions, keep } = this.#options;
    const { from, topic, payload } = message;
    const broadcast = { number: ++this.#number, from, topic, payload: payload.slice() };
    // Kept without its frames, which are made again for who is late.
    this.#last.push(new Delivery<Broadcast>(broadcast));
    if (this.#last.length > keep) this.#last.shift();
    const delivery = new Delivery<Broadcast>(broadcast);
    for (const session of sessions) if (session !== except) this.#tell(session, delivery);
  }

  /** Gives a session the newest ones, at most so many, oldest first, as long as its socket takes them. */
  replay(session: Session, count: number): void {
    const last = count <= 0 ? [] : this.#last.slice(-count);
    for (const broadcast of last) if (!this.#tell(session, broadcast)) return;
  }

  /** Whether the session's socket had room for it. */
  #tell(session: Session, broadcast: Delivery<Broadcast>): boolean {
    if (session.bufferedBytes > this.#options.budgetBytes) return false;
    session.tell((peer) => peer.deliverBroadcast(broadcast));
    return true;
  }
}
