import { SyncError } from '@syncline/protocol';
import type { Connection } from './connection.ts';
import type { Limits } from './limits.ts';
import type { Tick } from './tick.ts';

/** A connection over which nothing was sent for so long gets a keep-alive. Stock clients wait 30 s. */
const SILENT_MS = 20_000;
const KEEP_ALIVE_CHECK_MS = 5_000;
/** How long a peer may take to answer a goodbye when the server stops. */
const CLOSE_GRACE_MS = 1_000;

/** Every connection there is, of any kind. */
export class Connections {
  readonly #limits: Limits;
  readonly #connections = new Set<Connection>();
  readonly #perAddress = new Count<string>();
  readonly #perUser = new Count<string>();
  readonly #usersOf = new Map<Connection, Set<string>>();
  readonly #timer: NodeJS.Timeout;
  #isClosing = false;
  #isCongested = false;

  constructor(limits: Limits, tick: Tick) {
    this.#limits = limits;
    tick.onCongestion = (isCongested) => this.#setCongested(isCongested);
    this.#timer = setInterval(() => this.#keepAlive(), KEEP_ALIVE_CHECK_MS).unref();
  }

  get count(): number {
    return this.#connections.size;
  }

  get isClosing(): boolean {
    return this.#isClosing;
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

  /** Takes no more, reads no more, tells all to reconnect, and drops who does not listen. */
  async close(beforeGoodbye: () => Promise<void>): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#timer);
    for (const connection of this.#connections) connection.pause('stopping');
    await beforeGoodbye();
    const reason = new SyncError('server-stopping', 'the server stops; reconnect');
    for (const connection of this.#connections) connection.close(reason);
    const deadline = performance.now() + CLOSE_GRACE_MS;
    while (this.#connections.size > 0 && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
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
