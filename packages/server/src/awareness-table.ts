import type { NodeId, OwnedState } from '@syncline/bus';
import type { AwarenessEntry } from '@syncline/protocol';
import type { Session } from './session.ts';

/** For how long the clock of a state that went is remembered, so that old states do not come back. */
const REMEMBER_MS = 60_000;
/** With fewer rows than this it is not worth looking for those that can be forgotten. */
const MIN_ROWS_TO_SWEEP = 1_000;
/** With more rows than this, states that went are forgotten at once. */
const MAX_ROWS_TO_REMEMBER = 50_000;
/** The rows of a session are not gone through more often than this, in milliseconds. */
const SWEEP_EVERY_MS = 1_000;
/** The states of a document take no more than this, in UTF-16 code units; others are dropped. */
const MAX_LENGTH = 16 * 1024 * 1024;

/** Of `null`: a state of more bytes can be null only with blanks, which nobody writes. */
const REMOVAL_BYTES = 4;

interface Row {
  clock: number;
  state: string | null;
  /** The session or node that announced the state last; undefined when it or the state is gone. */
  owner: Session | NodeId | undefined;
  /** Whose share the row is of, also when the state is gone; undefined when the session is. */
  holder: Session | undefined;
  /** Whose client it is; null when that is not known. */
  userId: string | null;
  /** When the state went, in milliseconds of the monotonic clock. */
  removedAt: number;
  /** When the room's sessions were told of it last, likewise; 0 until it is in the table. */
  toldAt: number;
}

/**
 * The latest awareness state of each Yjs client in a document: those of the room's own sessions, and
 * those that other nodes tell of theirs.
 */
export class AwarenessTable {
  readonly #rows = new Map<number, Row>();
  readonly #perSession: number;
  readonly #held = new Map<Session, number>();
  #length = 0;
  #sweepAt = MIN_ROWS_TO_SWEEP;
  #sweptAt = -Infinity;
  /** The clients whose rows changed, with whether that is news to the other nodes. */
  #changed = new Map<number, boolean>();
  #untoldSince = Infinity;
  /** Who made the changes; undefined for the table itself. */
  #changedBy = new Set<Session | undefined>();

  /** @param perSession how many states a session may own, with those that it took away lately. */
  constructor(perSession: number) {
    this.#perSession = perSession;
  }

  /**
   * Since when the room's sessions have not been told of what changed: of clients that only renewed their
   * states, as they do each 15 s, when the one was told of for which that is the longest ago; `-Infinity`
   * when there is more, and `Infinity` when there is nothing.
   */
  get untoldSince(): number {
    return this.#untoldSince;
  }

  /**
   * Takes the states that a session announces, latest clock wins. Dropped are entries with a clock
   * that is known already (stock clients send on what they receive), those of a client that is
   * somebody else's, and those beyond what a session may own. Returns the removals that the session
   * must be told of: a client that comes back with an old clock sees that it was taken for gone, and
   * announces itself anew.
   */
  announce(session: Session, entries: readonly AwarenessEntry[]): AwarenessEntry[] {
    const stale: AwarenessEntry[] = [];
    for (const { client, clock, state } of entries) {
      const row = this.#rows.get(client);
      if (row !== undefined && !mayChange(session, row, state)) continue;
      const isNews =
        row === undefined
          ? state !== null
          : clock > row.clock || (clock === row.clock && state === null && row.state !== null);
      if (isNews) {
        this.#take(session, client, clock, state);
      } else if (row?.state === null && state !== null) {
        stale.push({ client, clock: row.clock, state: null });
      }
    }
    return stale;
  }

  /**
   * Whether {@link announce} would drop an entry for its clock, whoever announces it.
   * @param bytes of the state, by which one that takes the client away is told from others.
   */
  isKnown(client: number, clock: number, bytes: number): boolean {
    const row = this.#rows.get(client);
    if (row === undefined || row.state === null) return false;
    return clock < row.clock || (clock === row.clock && bytes > REMOVAL_BYTES);
  }

  /** Takes the states that another node tells of its clients, latest clock wins. */
  hear(node: NodeId, states: readonly OwnedState[]): void {
    for (const { client, clock, state, userId } of states) {
      const row = this.#rows.get(client);
      if (row === undefined ? state === null : !isNewsOfNode(node, row, clock, state)) continue;
      // A client is somebody's as long as its session is here.
      if (typeof row?.owner === 'object' && row.userId !== userId) continue;
      if (this.#length + (state?.length ?? 0) - lengthOf(row) > MAX_LENGTH) continue;
      const isGone = state === null;
      const owner = isGone ? undefined : node;
      const removedAt = isGone ? performance.now() : 0;
      const holder = undefined;
      this.#set(client, { clock, state, owner, holder, userId, removedAt, toldAt: 0 }, false);
      this.#changedBy.add(undefined);
    }
  }

  /** Removes the states of a node that is gone. The other nodes do so themselves. */
  nodeGone(node: NodeId): void {
    const removedAt = performance.now();
    for (const [client, row] of this.#rows) {
      if (row.owner !== node) continue;
      this.#set(client, { ...row, state: null, owner: undefined, removedAt }, false);
      this.#changedBy.add(undefined);
    }
  }

  /** The states of the room's own sessions. */
  ownStates(): OwnedState[] {
    const states: OwnedState[] = [];
    for (const [client, { clock, state, owner, userId }] of this.#rows) {
      if (typeof owner === 'object') states.push({ client, clock, state, userId });
    }
    return states;
  }

  /** Removes the states that this session announced. */
  leave(session: Session): void {
    const now = performance.now();
    for (const [client, row] of this.#rows) {
      if (row.holder !== session) continue;
      if (row.owner === undefined) {
        this.#count(session, -1);
        row.holder = undefined;
      } else {
        const gone = { state: null, owner: undefined, holder: undefined, removedAt: now };
        this.#set(client, { ...row, ...gone }, true);
        this.#changedBy.add(undefined);
      }
    }
    this.#sweep();
  }

  /** All states that there are. */
  states(): AwarenessEntry[] {
    const states: AwarenessEntry[] = [];
    for (const [client, { clock, state }] of this.#rows) {
      if (state !== null) states.push({ client, clock, state });
    }
    return states;
  }

  /**
   * What changed since this was last called; `by` is set when one session made all the changes, and
   * `own` is what other nodes are to be told.
   */
  takeChanges(): { entries: AwarenessEntry[]; by: Session | undefined; own: OwnedState[] } {
    const entries: AwarenessEntry[] = [];
    const own: OwnedState[] = [];
    const now = performance.now();
    for (const [client, isOwn] of this.#changed) {
      const row = this.#rows.get(client);
      if (row === undefined) continue;
      row.toldAt = now;
      const { clock, state, userId } = row;
      entries.push({ client, clock, state });
      if (isOwn) own.push({ client, clock, state, userId });
    }
    const [by] = this.#changedBy.size === 1 ? this.#changedBy : [];
    this.#changed = new Map();
    this.#changedBy = new Set();
    this.#untoldSince = Infinity;
    return { entries, by, own };
  }

  #take(session: Session, client: number, clock: number, state: string | null): void {
    const { userId } = session;
    const row = this.#rows.get(client);
    if (state === null) {
      const removedAt = performance.now();
      const owner = undefined;
      const holder = row?.holder;
      this.#set(client, { clock, state, owner, holder, userId, removedAt, toldAt: 0 }, true);
    } else {
      if (row?.holder !== session && !this.#hasShareLeft(session)) return;
      const stamped = userId === null ? state : stamp(state, userId);
      if (this.#length + stamped.length - lengthOf(row) > MAX_LENGTH) return;
      this.#set(
        client,
        {
          clock,
          state: stamped,
          owner: session,
          holder: session,
          userId,
          removedAt: 0,
          toldAt: 0,
        },
        true,
      );
    }
    // A stamped state is not what its client sent; but that client knows itself who it is.
    this.#changedBy.add(session);
  }

  #hasShareLeft(session: Session): boolean {
    const isFull = () => (this.#held.get(session) ?? 0) >= this.#perSession;
    if (isFull() && performance.now() - this.#sweptAt >= SWEEP_EVERY_MS) this.#sweep();
    return !isFull();
  }

  /** @param isOwn whether the other nodes are to be told. */
  #set(client: number, row: Row, isOwn: boolean): void {
    const before = this.#rows.get(client);
    row.toldAt = before?.toldAt ?? performance.now();
    this.#count(before?.holder, -1);
    this.#count(row.holder, 1);
    this.#length += lengthOf(row) - lengthOf(before);
    this.#rows.set(client, row);
    this.#changed.set(client, isOwn);
    const isRenewal = before?.state === row.state && before.owner === row.owner;
    this.#untoldSince = Math.min(this.#untoldSince, isRenewal ? row.toldAt : -Infinity);
    if (this.#rows.size >= this.#sweepAt) this.#sweep();
  }

  #sweep(): void {
    this.#sweptAt = performance.now();
    const rememberMs = this.#rows.size > MAX_ROWS_TO_REMEMBER ? 0 : REMEMBER_MS;
    const before = this.#sweptAt - rememberMs;
    for (const [client, { state, removedAt, holder }] of this.#rows) {
      if (state === null && removedAt <= before && !this.#changed.has(client)) {
        this.#count(holder, -1);
        this.#rows.delete(client);
      }
    }
    this.#sweepAt = Math.max(MIN_ROWS_TO_SWEEP, 2 * this.#rows.size);
  }

  #count(session: Session | undefined, change: 1 | -1): void {
    if (session === undefined) return;
    const count = (this.#held.get(session) ?? 0) + change;
    if (count > 0) this.#held.set(session, count);
    else this.#held.delete(session);
  }
}

/** A removal at a known clock counts when it comes from the node that had the client. */
function isNewsOfNode(node: NodeId, row: Row, clock: number, state: string | null): boolean {
  if (clock !== row.clock) return clock > row.clock;
  return state === null && row.owner === node;
}

function lengthOf(row: Row | undefined): number {
  return row?.state?.length ?? 0;
}

/**
 * Whether a session may say something of a client. A client belongs to a user, who may come back with
 * another session while the old one is not known to be dead yet. Without authentication nobody is
 * known, and only what would take away a live session's state is refused.
 */
function mayChange(session: Session, { owner, userId }: Row, state: string | null): boolean {
  if (owner === session) return true;
  if (userId !== session.userId) return false;
  return owner === undefined || state !== null;
}

/** Says in a state who announced it: `user.id` is the server's word, and not the client's. */
function stamp(json: string, userId: string): string {
  const state: unknown = JSON.parse(json);
  if (!isRecord(state)) return json;
  const user = isRecord(state['user']) ? state['user'] : {};
  return JSON.stringify({ ...state, user: { ...user, id: userId } });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
