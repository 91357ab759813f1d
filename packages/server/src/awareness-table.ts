import type { AwarenessEntry } from '@syncline/protocol';
import type { Session } from './session.ts';

/** How long the clock of a client that is gone is remembered, so that old states do not come back. */
const REMEMBER_MS = 60_000;

interface Row {
  clock: number;
  state: string | null;
  /** The session that announced the state last. */
  owner: Session | undefined;
  /** When the state went, in milliseconds of the monotonic clock. */
  removedAt: number;
}

/** The latest awareness state of each Yjs client in a room. */
export class AwarenessTable {
  readonly #rows = new Map<number, Row>();
  #changed = new Set<number>();
  /** Who made the changes; undefined for the table itself. */
  #changedBy = new Set<Session | undefined>();

  get dirty(): boolean {
    return this.#changed.size > 0;
  }

  /**
   * Takes the states that a session announces, latest clock wins. Stock clients send on what they
   * receive, so an entry with a clock that is known already is an echo, and dropped. Returns the
   * removals that the session must be told of: a client that comes back with an old clock sees that
   * it was taken for gone, and announces itself anew.
   */
  announce(session: Session, entries: readonly AwarenessEntry[]): AwarenessEntry[] {
    const stale: AwarenessEntry[] = [];
    for (const { client, clock, state } of entries) {
      const row = this.#rows.get(client);
      if (row === undefined) {
        if (state !== null) this.#set(client, { clock, state, owner: session, removedAt: 0 });
      } else if (
        clock > row.clock ||
        (clock === row.clock && state === null && row.state !== null)
      ) {
        const gone = state === null;
        const removedAt = gone ? performance.now() : 0;
        this.#set(client, { clock, state, owner: gone ? undefined : session, removedAt });
      } else if (row.state === null && state !== null) {
        stale.push({ client, clock: row.clock, state: null });
        continue;
      } else {
        continue;
      }
      this.#changedBy.add(session);
    }
    return stale;
  }

  /** Removes the states that this session announced. */
  leave(session: Session): void {
    const now = performance.now();
    for (const [client, row] of this.#rows) {
      if (row.owner === session) {
        this.#set(client, { clock: row.clock, state: null, owner: undefined, removedAt: now });
        this.#changedBy.add(undefined);
      } else if (row.state === null && row.removedAt + REMEMBER_MS < now) {
        this.#rows.delete(client);
      }
    }
  }

  /** All states that there are. */
  states(): AwarenessEntry[] {
    const states: AwarenessEntry[] = [];
    for (const [client, { clock, state }] of this.#rows) {
      if (state !== null) states.push({ client, clock, state });
    }
    return states;
  }

  /** What changed since this was last called; `by` is set when one session made all the changes. */
  takeChanges(): { entries: AwarenessEntry[]; by: Session | undefined } {
    const entries: AwarenessEntry[] = [];
    for (const client of this.#changed) {
      const row = this.#rows.get(client);
      if (row !== undefined) entries.push({ client, clock: row.clock, state: row.state });
    }
    const [by] = this.#changedBy.size === 1 ? this.#changedBy : [];
    this.#changed = new Set();
    this.#changedBy = new Set();
    return { entries, by };
  }

  #set(client: number, row: Row): void {
    this.#rows.set(client, row);
    this.#changed.add(client);
  }
}
