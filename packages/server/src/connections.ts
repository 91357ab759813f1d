import { setTimeout as sleep } from 'node:timers/promises';
import { SyncError } from '@syncline/protocol';
import type { Connection } from './connection.ts';
import type { Limits } from './limits.ts';
import type { Tick } from './tick.ts';

/** A connection over which nothing was sent for so long gets a keep-alive. Stock clients wait 30 s. */
const SILENT_MS = 20_000;
const KEEP_ALIVE_CHECK_MS = 5_000;
/** How long a peer may take to answer a goodbye when the server stops. */
const CLOSE_GRACE_MS = 1_000;
/** While the server drains, those are ended together whose time comes within so long. */
const DRAIN_STEP_MS = 50;
/** Clients that are sent away at once come back spread over some time: no more than so many a second… */
const RETURNS_PER_SECOND = 100;
/** …unless that would take longer than this. */
const MOST_SPREAD_MS = 5_000;

/** Every connection there is, of any kind. */
export class Connections {
  readonly #limits: Limits;
  readonly #connections = new Set<Connection>();
  readonly #perAddress = new Count<string>();
  readonly #perUser = new Count<string>();
  readonly #usersOf = new Map<Connection, Set<string>>();
  readonly #timer: NodeJS.Timeout;
  #isClosing = false;
  #isDraining = false;
  #isCongested = false;

  constructor(limits: Limits, tick: Tick) {
    this.#limits = limits;
    tick.onCongestion = (isCongested) => this.#setCongested(isCongested);
    this.#timer = setInterval(() => this.#keepAlive(), KEEP_ALIVE_CHECK_MS).unref();
  }

  get count(): number {
    return this.#connections.size;
  }

  /** Whether connections are ended one after the other: the others go on meanwhile. */
  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Whether peers are not read, since too much waits for a commit. */
  get isCongested(): boolean {
    return this.#isCongested;
  }

  /** @throws SyncError `server-stopping`, `too-many-connections` */
  mustAdmit(address: string): void {
    if (this.#isClosing) throw new SyncError('server-stopping', 'the server is stopping');
    const { connectionsPerAddress } = this.#limits;
    if (this.#perAddress.of(address) < connectionsPerAddress) return;
    throw new SyncError(
      'too-many-connections',
      `${address} has limits.connectionsPerAddress (${connectionsPerAddress}) already`,
    );
  }

  add(connection: Connection): void {
    this.#connections.add(connection);
    this.#perAddress.add(connection.request.address, 1);
    if (this.#isCongested) connection.pause('congested');
  }

  /**
   * Takes note of whose connection it is. One can be of several users, by a token for each document.
   * @throws SyncError `too-many-connections`; `server-stopping` when it is gone meanwhile.
   */
  claim(connection: Connection, userId: string | undefined): void {
    if (!this.#connections.has(connection)) {
      throw new SyncError('server-stopping', 'the connection was closed');
    }
    if (userId === undefined) return;
    let users = this.#usersOf.get(connection);
    if (users?.has(userId)) return;
    const { connectionsPerUser } = this.#limits;
    if (this.#perUser.of(userId) >= connectionsPerUser) {
      throw new SyncError(
        'too-many-connections',
        `the user has limits.connectionsPerUser (${connectionsPerUser}) already`,
      );
    }
    if (users === undefined) this.#usersOf.set(connection, (users = new Set()));
    users.add(userId);
    this.#perUser.add(userId, 1);
  }

  remove(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    this.#perAddress.add(connection.request.address, -1);
    for (const userId of this.#usersOf.get(connection) ?? []) this.#perUser.add(userId, -1);
    this.#usersOf.delete(connection);
  }

  /**
   * Takes no more, and ends those that there are one after the other, evenly over a time. The others go
   * on as usual until it is their turn.
   * @param settled resolves when what came is committed.
   * @param signal ends it early, with the rest as they are.
   */
  async drain(drainMs: number, settled: () => Promise<void>, signal: AbortSignal): Promise<void> {
    this.#isClosing = this.#isDraining = true;
    const all = [...this.#connections];
    const start = performance.now();
    for (let ended = 0; ended < all.length && this.#connections.size > 0; ) {
      await sleep(DRAIN_STEP_MS, undefined, { signal }).catch(() => {});
      if (signal.aborted) break;
      const due = Math.floor((all.length * (performance.now() - start)) / drainMs);
      const group = all.slice(ended, due).filter((it) => this.#connections.has(it));
      ended = due;
      for (const connection of group) connection.pause('stopping');
      await settled();
      for (const connection of group) connection.close(stopping(0));
    }
    this.#isDraining = false;
  }

  /** Takes no more, reads no more, tells all to reconnect, and drops who does not listen. */
  async close(settled: () => Promise<void>): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#timer);
    for (const connection of this.#connections) connection.pause('stopping');
    await settled();
    const spreadMs = (this.#connections.size / RETURNS_PER_SECOND) * 1_000;
    for (const connection of this.#connections) {
      connection.close(stopping(Math.random() * Math.min(MOST_SPREAD_MS, spreadMs)));
    }
    const deadline = performance.now() + CLOSE_GRACE_MS;
    while (this.#connections.size > 0 && performance.now() < deadline) await sleep(10);
    for (const connection of this.#connections) connection.terminate();
  }

  /** While too much waits for a commit, clients keep what they have to say. */
  #setCongested(isCongested: boolean): void {
    this.#isCongested = isCongested;
    for (const connection of this.#connections) {
      if (isCongested) connection.pause('congested');
      else connection.resume('congested');
    }
  }

  #keepAlive(): void {
    for (const connection of this.#connections) {
      if (connection.silentMs >= SILENT_MS) connection.keepAlive();
    }
  }
}

function stopping(retryAfterMs: number): SyncError {
  const options = { retryAfterMs: Math.round(retryAfterMs) };
  return new SyncError('server-stopping', 'the server stops; reconnect', options);
}

class Count<K> {
  readonly #counts = new Map<K, number>();

  of(key: K): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: K, change: 1 | -1): void {
    const count = this.of(key) + change;
    if (count > 0) this.#counts.set(key, count);
    else this.#counts.delete(key);
  }
}
