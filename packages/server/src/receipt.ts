import type { Seq } from '@syncline/storage';
import type { Session } from './session.ts';

/** What is owed to a session for one of its updates: an acknowledgement, once all of it is durable. */
export interface Receipt {
  readonly session: Session;
  /** The client's number of the update; undefined when it wants no acknowledgement. */
  readonly number: number | undefined;
  /** Into how many pieces the update fell that are not durable yet. */
  pieces: number;
}

/**
 * One more piece of each receipt is durable: acknowledges what is whole, and to all who sent something
 * how far they have come.
 */
export function settle(receipts: readonly Receipt[], seqOf: (session: Session) => Seq): void {
  const settled = new Map<Session, number[]>();
  for (const receipt of receipts) {
    const numbers = settled.get(receipt.session) ?? [];
    settled.set(receipt.session, numbers);
    receipt.pieces--;
    if (receipt.pieces === 0 && receipt.number !== undefined) numbers.push(receipt.number);
  }
  for (const [session, numbers] of settled) {
    session.tell((peer) => peer.acknowledge(numbers, seqOf(session)));
  }
}
