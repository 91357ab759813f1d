import { randomUUID } from 'node:crypto';
import { until } from '@syncline/testing';
import { afterEach, vi } from 'vitest';
import { EchoConnection, type EchoOptions } from './echo-connection.ts';
import { LockTable, type TabLocks } from './lock-table.ts';

/** Tabs of one browser, in Node: real channels, and locks in memory. Another browser for each test. */
export class NodeTabs {
  #table = new LockTable();
  #key = randomUUID();
  #locks = new Map<EchoConnection, TabLocks>();
  #taps: BroadcastChannel[] = [];

  constructor() {
    afterEach(() => {
      vi.restoreAllMocks();
      for (const tab of this.#locks.keys()) tab.group.close();
      for (const tap of this.#taps) tap.close();
      this.#table = new LockTable();
      this.#key = randomUUID();
      this.#locks = new Map();
      this.#taps = [];
    });
  }

  /** A tab joins. Its role is known, but it need not be connected. */
  async join(options: EchoOptions = {}, group = ''): Promise<EchoConnection> {
    const tabLocks = this.#table.tabOf();
    const tab = new EchoConnection(this.#key + group, { locks: tabLocks.locks, ...options });
    this.#locks.set(tab, tabLocks);
    await until('the role is known', () => tab.group.role !== undefined);
    return tab;
  }

  /** A leader and a follower; connected, unless the leader's connection does not open by itself. */
  async pair(
    options: EchoOptions = {},
  ): Promise<[leader: EchoConnection, follower: EchoConnection]> {
    const leader = await this.join(options);
    const follower = await this.join();
    if (options.opens !== false) await welcomed(follower);
    return [leader, follower];
  }

  /** A pair, the channels between them, and the address of the follower. */
  async tappedPair() {
    const group = new BroadcastChannel(`syncline:1:${this.#key}`);
    let tab = '';
    let link = 0;
    group.addEventListener('message', ({ data }: MessageEvent<{ [name: string]: unknown }>) => {
      if (data['type'] === 'hello') [tab, link] = [data['tab'] as string, data['link'] as number];
    });
    const [leader, follower] = await this.pair();
    const line = new BroadcastChannel(`syncline:1:${this.#key}:${tab}`);
    this.#taps.push(group, line);
    return { leader, follower, group, line, tab, link };
  }

  /** As a tab is killed: its locks go, and it says nothing any more. */
  kill(tab: EchoConnection): void {
    vi.spyOn(BroadcastChannel.prototype, 'postMessage').mockImplementation(() => {});
    tab.group.close();
    vi.restoreAllMocks();
    this.#locks.get(tab)?.kill();
  }

  /** A tab that has the lock, and does nothing. */
  hang(): TabLocks {
    const hanging = this.#table.tabOf();
    void hanging.locks.request(`syncline:1:${this.#key}`, {}, () => new Promise(() => {}));
    return hanging;
  }
}

export const welcomed = (tab: EchoConnection): Promise<void> =>
  until('a welcome', () => tab.welcome !== undefined);

/** What the tab was told of a type. */
export const told = (tab: EchoConnection, type: string) =>
  tab.told.filter((message) => message.type === type);
