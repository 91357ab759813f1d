import type { NodeId, OwnedState } from '@syncline/bus';
import type { AwarenessEntry } from '@syncline/protocol';
import { AwarenessTable } from './awareness-table.ts';
import { Delivery } from './delivery.ts';
import type { Session } from './session.ts';

/** Awareness has a tick of its own. */
const TICK_MS = 33;
/**
 * That a client is still there is said again after so long, with all others who have said so meanwhile:
 * stock clients renew their states each 15 to 18 s, and give up those of others after 30 s.
 */
const RENEWAL_MS = 21_000;
/** However much was said, the next word comes so soon: a few huge states must not silence the others. */
const LONGEST_MS = 1_000;
/** Of an entry without its state: id, clock and length, as they are encoded. */
const ENTRY_BYTES = 12;

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
}

/** Brings what is known of who is in a document, on any node, to all sessions of its room. */
export class Presence {
  readonly #options: PresenceOptions;
  readonly #table: AwarenessTable;
  #timer: NodeJS.Timeout | undefined;
  /** When the timer ends. */
  #dueAt = 0;
  /** Until then what was sent last has used up the budget. */
  #spentUntil = 0;

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#table = new AwarenessTable(options.perSession);
  }

  /** Whether what is said of a client is no news: see {@link AwarenessTable.isKnown}. */
  isKnownState(client: number, clock: number, bytes: number): boolean {
    return this.#table.isKnown(client, clock, bytes);
  }

  /** The states of all who are here. */
  states(): AwarenessEntry[] {
    return this.#table.states();
  }

  announce(session: Session, entries: readonly AwarenessEntry[]): void {
    const stale = this.#table.announce(session, entries);
    if (stale.length > 0) {
      session.peer.deliverAwareness(new Delivery<readonly AwarenessEntry[]>(stale));
    }
    this.#schedule();
  }

  /** Takes away the states that a session announced. */
  leave(session: Session): void {
    this.#table.leave(session);
    this.#schedule();
  }

  /** Takes what another node tells of its clients. */
  hear(node: NodeId, states: readonly OwnedState[]): void {
    this.#table.hear(node, states);
    this.#schedule();
  }

  /** Takes away the states of a node that is gone. */
  nodeGone(node: NodeId): void {
    this.#table.nodeGone(node);
    this.#schedule();
  }

  /** Tells the other nodes of all clients that are here. */
  tellOwn(): void {
    const states = this.#table.ownStates();
    if (states.length > 0) this.#options.tellNodes(states);
  }

  #schedule(): void {
    const { untoldSince } = this.#table;
    if (untoldSince === Infinity) return;
    const soonest = performance.now() + TICK_MS;
    const dueAt = Math.max(soonest, this.#spentUntil, untoldSince + RENEWAL_MS);
    if (this.#timer !== undefined && dueAt >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#tell();
    }, dueAt - performance.now());
  }

  #tell(): void {
    const { sessions, budgetBytes, bytesPerSecond, tellNodes } = this.#options;
    const { entries, by, own } = this.#table.takeChanges();
    if (own.length > 0) tellNodes(own);
    const bytes = entries.reduce((sum, { state }) => sum + ENTRY_BYTES + (state?.length ?? 4), 0);
    const spentMs = Math.min((bytes / bytesPerSecond) * 1_000, LONGEST_MS);
    this.#spentUntil = performance.now() + spentMs;
    const delivery = new Delivery<readonly AwarenessEntry[]>(entries);
    for (const session of sessions) {
      if (session !== by && session.peer.bufferedBytes <= budgetBytes) {
        session.peer.deliverAwareness(delivery);
      }
    }
  }
}
