import type { NodeId, OwnedState } from '@syncline/bus';
import type { AwarenessEntry } from '@syncline/protocol';
import { contain, type OnThrow } from '../bulkhead.ts';
import { Delivery } from '../delivery.ts';
import type { Peer, Session } from '../session.ts';
import { AwarenessTable } from './awareness-table.ts';

/** Awareness has a tick of its own. */
const TICK_MS = 33;
/**
 * That a client is still there is said again after so long, with all others who have said so meanwhile:
 * stock clients renew their states each 15 to 18 s, and give up those of others after 30 s.
 */
const RENEWAL_MS = 21_000;
/** At most so much is said at once: a second's worth, so that those whose turn it is not do not wait for longer. */
const LONGEST_MS = 1_000;
/** The states of a document take no more than this, in bytes, and no more than can be said again in time. */
const MAX_BYTES = 16 * 1024 * 1024;
/** A session that asks who is here is told at most this often: what changes it is told anyway. */
const SHOW_EVERY_MS = 1_000;

export interface PresenceOptions {
  /** Who is told: all sessions of the room, as they come and go. */
  readonly sessions: Iterable<Session>;
  /** How many states a session may own. */
  readonly perSession: number;
  /** What each session is sent in a second, on average: the tick is longer when there is much to say. */
  readonly bytesPerSecond: number;
  /** Who has more than this in its socket misses a tick: the latest state wins anyway. */
  readonly budgetBytes: number;
  /** Tells the other nodes of states of clients that are here. */
  readonly tellNodes: (states: readonly OwnedState[]) => void;
  /** Ends the room for what its tick threw. */
  readonly onThrow: OnThrow;
}

type Entries = Delivery<readonly AwarenessEntry[]>;

/** Brings what is known of who is in a document, on any node, to all sessions of its room. */
export class Presence {
  readonly #options: PresenceOptions;
  /** Made when somebody is there: most documents are opened and shown to nobody. */
  #table: AwarenessTable | undefined;
  /** Who is here, for those who join before anything else is told. */
  #all: Entries | undefined;
  readonly #shownAt = new WeakMap<Session, number>();
  #timer: NodeJS.Timeout | undefined;
  /** When the timer ends. */
  #dueAt = 0;
  /** Until then what was sent last has used up the budget. */
  #spentUntil = 0;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** Whether what is said of a client is no news: see {@link AwarenessTable.isKnown}. */
  isKnownState(client: number, clock: number, bytes: number): boolean {
    return this.#table?.isKnown(client, clock, bytes) ?? false;
  }

  /**
   * Shows a session who is here, to begin with or since it asks: as much as it may be sent in a second. The rest
   * comes when it changes or is renewed.
   */
  show(session: Session): void {
    if (this.#table === undefined) return;
    const now = performance.now();
    if (now - (this.#shownAt.get(session) ?? -Infinity) < SHOW_EVERY_MS) return;
    this.#shownAt.set(session, now);
    this.#all ??= new Delivery(this.#table.states(this.#maxBytesAtOnce));
    if (this.#all.content.length > 0) session.tell(this.#saying(this.#all));
  }

  announce(session: Session, entries: readonly AwarenessEntry[]): void {
    const stale = this.#open().announce(session, entries);
    if (stale.length > 0) {
      session.tell((peer) => peer.deliverAwareness(new Delivery(stale)));
    }
    this.#schedule();
  }

  /** Takes away the states that a session announced. */
  leave(session: Session): void {
    this.#table?.leave(session);
    this.#schedule();
  }

  /** Takes what another node tells of its clients. */
  hear(node: NodeId, states: readonly OwnedState[]): void {
    this.#open().hear(node, states);
    this.#schedule();
  }

  /** Takes away the states of a node that is gone. */
  nodeGone(node: NodeId): void {
    this.#table?.nodeGone(node);
    this.#schedule();
  }

  /** Tells the other nodes of all clients that are here. */
  tellOwn(): void {
    const states = this.#table?.ownStates() ?? [];
    if (states.length > 0) this.#options.tellNodes(states);
  }

  get #maxBytesAtOnce(): number {
    return (this.#options.bytesPerSecond * LONGEST_MS) / 1_000;
  }

  #open(): AwarenessTable {
    const { perSession, bytesPerSecond } = this.#options;
    const maxBytes = Math.min(MAX_BYTES, (bytesPerSecond * RENEWAL_MS) / 1_000);
    this.#table ??= new AwarenessTable({ perSession, maxBytes });
    return this.#table;
  }

  #schedule(): void {
    const untoldSince = this.#table?.untoldSince ?? Infinity;
    if (untoldSince === Infinity) return;
    const soonest = performance.now() + TICK_MS;
    const dueAt = Math.max(soonest, this.#spentUntil, untoldSince + RENEWAL_MS);
    if (this.#timer !== undefined && dueAt >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      contain(() => this.#tell(), this.#options.onThrow);
    }, dueAt - performance.now());
  }

  #tell(): void {
    const { sessions, bytesPerSecond, tellNodes } = this.#options;
    const { entries, bytes, by, own } = this.#open().takeChanges(this.#maxBytesAtOnce);
    this.#all = undefined;
    if (own.length > 0) tellNodes(own);
    this.#spentUntil = performance.now() + (bytes / bytesPerSecond) * 1_000;
    const say = this.#saying(new Delivery(entries));
    for (const session of sessions) if (session !== by) session.tell(say);
    this.#schedule();
  }

  #saying(entries: Entries): (peer: Peer) => void {
    const { budgetBytes } = this.#options;
    return (peer) => {
      if (peer.bufferedBytes <= budgetBytes) peer.deliverAwareness(entries);
    };
  }
}
