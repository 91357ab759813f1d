import type { NodeId, OwnedState } from '@syncline/bus';
import type { AwarenessEntry } from '@syncline/protocol';
import type { Session } from '../session.ts';
import { Changes, inTurn } from './changes.ts';
import { Holders } from './holders.ts';
import {
  bytesOf,
  isNewsOfNode,
  mayChange,
  newRow,
  REMOVAL_BYTES,
  type Row,
  type RowNow,
} from './row.ts';
import { type Share, type ShareKey, Shares } from './shares.ts';
import { stamp } from './stamp.ts';

/** For how long the clock of a state that went is remembered, so that old states do not come back. */
const REMEMBER_MS = 60_000;
/** With fewer rows than this it is not worth looking for those that can be forgotten. */
const MIN_ROWS_TO_SWEEP = 1_000;
/** With more rows than this, states that went are forgotten at once. */
const MAX_ROWS_TO_REMEMBER = 50_000;
/** The rows of a session are not gone through more often than this, in milliseconds. */
const SWEEP_EVERY_MS = 1_000;

export interface AwarenessTableOptions {
  /** How many states a session may own, with those that it took away lately. */
  readonly perSession: number;
  /** How much the states may take together, in bytes; see {@link Shares} for whose make way. */
  readonly maxBytes: number;
}

/**
 * The latest awareness state of each Yjs client in a document: those of the room's own sessions, and
 * those that other nodes tell of theirs.
 */
export class AwarenessTable {
  readonly #rows = new Map<number, Row>();
  readonly #perSession: number;
  readonly #holders = new Holders();
  readonly #shares: Shares;
  readonly #changes = new Changes();
  #sweepAt = MIN_ROWS_TO_SWEEP;
  #sweptAt = -Infinity;
  #untoldSince = Infinity;
  /** Who made the changes; undefined for the table itself. */
  #changedBy = new Set<Session | undefined>();

  constructor({ perSession, maxBytes }: AwarenessTableOptions) {
    this.#perSession = perSession;
    this.#shares = new Shares(maxBytes);
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
   * somebody else's, those beyond what a session may own or its share has room for, and, where users are known, those
   * that are no objects. Returns the removals that the session
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
        if (state === null) this.#takeAway(session, client, clock);
        else this.#take(session, client, clock, state);
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
      const share = this.#shares.of(userId ?? client);
      if (state !== null && !this.#makeRoom(client, share, bytesOf(state))) continue;
      const isGone = state === null;
      const owner = isGone ? undefined : node;
      const removedAt = isGone ? performance.now() : 0;
      this.#set(
        client,
        { clock, state, owner, holder: undefined, share, userId, removedAt },
        false,
      );
      this.#changedBy.add(undefined);
    }
  }

  /** Removes the states of a node that is gone. The other nodes do so themselves. */
  nodeGone(node: NodeId): void {
    for (const [client, row] of this.#rows) {
      if (row.owner === node) this.#remove(client, row, false);
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
    for (const client of this.#holders.take(session)) {
      const row = this.#rows.get(client) as Row;
      row.holder = undefined;
      if (row.owner !== undefined) this.#remove(client, row, true);
    }
  }

  /** The states that there are, up to this many bytes: where that is not all, some of each share. */
  states(maxBytes: number): readonly AwarenessEntry[] {
    const turns = new Map<Share, number>();
    const items: (AwarenessEntry & { readonly bytes: number; readonly turn: number })[] = [];
    for (const [client, row] of this.#rows) {
      const { clock, state, bytes, share } = row;
      if (state === null) continue;
      row.isTold = true;
      const turn = (turns.get(share) ?? 0) + bytes;
      turns.set(share, turn);
      items.push({ client, clock, state, bytes, turn });
    }
    return inTurn(items, maxBytes);
  }

  /**
   * What changed and was not told, up to this many bytes, but at least one entry. `by` is set when one session made all
   * the changes, and `own` is what other nodes are to be told.
   */
  takeChanges(maxBytes: number): {
    readonly entries: readonly AwarenessEntry[];
    readonly bytes: number;
    readonly by: Session | undefined;
    readonly own: readonly OwnedState[];
  } {
    const entries: AwarenessEntry[] = [];
    const own: OwnedState[] = [];
    const now = performance.now();
    let bytes = 0;
    for (const { client, isOwn } of this.#changes.take(maxBytes)) {
      const row = this.#rows.get(client) as Row;
      row.toldAt = now;
      row.isTold = row.state !== null;
      bytes += row.bytes;
      const { clock, state, userId } = row;
      entries.push({ client, clock, state });
      if (isOwn) own.push({ client, clock, state, userId });
    }
    const [by] = this.#changedBy.size === 1 ? this.#changedBy : [];
    const isAll = this.#changes.size === 0;
    if (isAll) this.#changedBy = new Set();
    this.#untoldSince = isAll ? Infinity : -Infinity;
    return { entries, bytes, by, own };
  }

  #take(session: Session, client: number, clock: number, state: string): void {
    const { userId } = session;
    const row = this.#rows.get(client);
    if (row?.holder !== session && !this.#mayHoldMore(session)) return;
    const stamped = session.isVouchedFor ? stamp(state, userId) : state;
    if (stamped === undefined) return;
    const share = this.#shares.of(shareOf(session));
    if (!this.#makeRoom(client, share, bytesOf(stamped))) return;
    const now = { owner: session, holder: session, share, userId, removedAt: 0 };
    this.#set(client, { clock, state: stamped, ...now }, true);
    // A stamped state is not what its client sent; but that client knows itself who it is.
    this.#changedBy.add(session);
  }

  #takeAway(session: Session, client: number, clock: number): void {
    const row = this.#rows.get(client) as Row;
    const { holder, share } = row;
    const { userId } = session;
    const gone = { clock, state: null, owner: undefined, removedAt: performance.now() };
    this.#set(client, { ...gone, holder, share, userId }, true);
    this.#changedBy.add(session);
  }

  /** A state goes that nobody took away. */
  #remove(client: number, row: Row, isOwn: boolean): void {
    const { clock, holder, share, userId } = row;
    const gone = { state: null, owner: undefined, removedAt: performance.now() };
    this.#set(client, { clock, holder, share, userId, ...gone }, isOwn);
    this.#changedBy.add(undefined);
  }

  #mayHoldMore(session: Session): boolean {
    const isFull = () => this.#holders.countOf(session) >= this.#perSession;
    if (isFull() && performance.now() - this.#sweptAt >= SWEEP_EVERY_MS) this.#sweep();
    return !isFull();
  }

  /** Whether a share may have a state of a client that takes this much; larger shares make way for it. */
  #makeRoom(client: number, share: Share, bytes: number): boolean {
    const replaced = () => {
      const row = this.#rows.get(client);
      return row === undefined || row.state === null ? 0 : row.bytes;
    };
    if (this.#shares.hasRoom(bytes - replaced())) return true;
    const isOfShare = this.#rows.get(client)?.share === share;
    if (!this.#shares.isFair(share, bytes - (isOfShare ? replaced() : 0))) return false;
    while (!this.#shares.hasRoom(bytes - replaced())) {
      const evicted = this.#shares.clientOfLargest() as number;
      const row = this.#rows.get(evicted) as Row;
      this.#remove(evicted, row, typeof row.owner === 'object');
    }
    return true;
  }

  /** @param isOwn whether the other nodes are to be told. */
  #set(client: number, now: RowNow, isOwn: boolean): void {
    const row = this.#rows.get(client) ?? newRow(now.share);
    const isRenewal = row.state === now.state && row.owner === now.owner;
    this.#holders.move(client, row.holder, now.holder);
    this.#shares.remove(row.share, client, row.bytes);
    Object.assign(row, now);
    row.bytes = bytesOf(now.state);
    if (now.state !== null) this.#shares.add(now.share, client, row.bytes);
    this.#rows.set(client, row);
    // What came and went before anybody was told of it is nobody's business.
    if (now.state === null && !row.isTold) this.#changes.forget(client);
    else this.#changes.note(client, now.share, row.bytes, isOwn);
    this.#untoldSince = Math.min(this.#untoldSince, isRenewal ? row.toldAt : -Infinity);
    if (this.#rows.size >= this.#sweepAt) this.#sweep();
  }

  #sweep(): void {
    this.#sweptAt = performance.now();
    const rememberMs = this.#rows.size > MAX_ROWS_TO_REMEMBER ? 0 : REMEMBER_MS;
    const before = this.#sweptAt - rememberMs;
    for (const [client, { state, removedAt, holder }] of this.#rows) {
      if (state === null && removedAt <= before && !this.#changes.has(client)) {
        this.#holders.move(client, holder, undefined);
        this.#rows.delete(client);
      }
    }
    this.#sweepAt = Math.max(MIN_ROWS_TO_SWEEP, 2 * this.#rows.size);
  }
}

function shareOf(session: Session): ShareKey {
  return session.userId ?? session;
}
