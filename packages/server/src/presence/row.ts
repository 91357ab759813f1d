import type { NodeId } from '@syncline/bus';
import type { Session } from '../session.ts';
import type { Share } from './shares.ts';

/** Of `null`: a state of more bytes can be null only with blanks, which nobody writes. */
export const REMOVAL_BYTES = 4;
/** Of an entry without its state: id, clock and length, as they are encoded. */
const ENTRY_BYTES = 16;

/** What a table of awareness states knows of a Yjs client. */
export interface Row {
  clock: number;
  state: string | null;
  /** Of the entry as it is told. */
  bytes: number;
  /** The session or node that announced the state last; undefined when it or the state is gone. */
  owner: Session | NodeId | undefined;
  /** Of whose number of states it is one, also when the state is gone; undefined when the session is. */
  holder: Session | undefined;
  /** Of which the state is a part. */
  share: Share;
  /** Whose client it is; null when that is not known. */
  userId: string | null;
  /** When the state went, in milliseconds of the monotonic clock. */
  removedAt: number;
  /** When the room's sessions were told of it last, likewise; when it came, if they never were. */
  toldAt: number;
  /** Whether a session may have been told of the state, or another node: then they are told that it is gone. */
  isTold: boolean;
}

/** What is said of a client. */
export type RowNow = Omit<Row, 'bytes' | 'toldAt' | 'isTold'>;

export function newRow(share: Share): Row {
  return {
    clock: 0,
    state: null,
    bytes: 0,
    owner: undefined,
    holder: undefined,
    share,
    userId: null,
    removedAt: 0,
    toldAt: performance.now(),
    isTold: false,
  };
}

/** A removal at a known clock counts when it comes from the node that had the client. */
export function isNewsOfNode(node: NodeId, row: Row, clock: number, state: string | null): boolean {
  if (clock !== row.clock) return clock > row.clock;
  return state === null && row.owner === node;
}

/** What an entry with this state takes as it is told. */
export function bytesOf(state: string | null): number {
  return ENTRY_BYTES + (state === null ? REMOVAL_BYTES : Buffer.byteLength(state));
}

/**
 * Whether a session may say something of a client. A client belongs to a user, who may come back with
 * another session while the old one is not known to be dead yet. Without authentication nobody is
 * known, and only what would take away a live session's state is refused.
 */
export function mayChange(session: Session, { owner, userId }: Row, state: string | null): boolean {
  if (owner === session) return true;
  if (userId !== session.userId) return false;
  return owner === undefined || state !== null;
}
