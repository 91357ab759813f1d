import type { ServerMessageOf } from '@syncline/protocol';
import type { Dial, LinkEnd } from '../link/link.ts';
import type { TabHost } from './tab-host.ts';
import { TabHub } from './tab-hub.ts';
import { TabLink } from './tab-link.ts';
import { groupName, listen, post, type TabMessage, tabName } from './tab-message.ts';

/** How long a leader that did not answer, or had no room, is not asked again. */
const ALONE_MS = 60_000;

/**
 * What a tab is in its group: it has the connection that all share; it uses the leader's, by
 * {@link TabGroup.dial}; or it has one for itself, because the leader does not answer or has no room.
 */
export type TabRole = 'leader' | 'follower' | 'alone';

export interface TabGroupEvents {
  /**
   * The role is known, or another one. Whoever has no connection now dials at once, as the role says; one
   * that is open stays. The end of a link that goes with the change was told before.
   */
  onRole(role: TabRole): void;
  /** The leader's connection is open: a follower that waits for its next try need not wait any longer. */
  onLeaderReady(): void;
}

/**
 * The tabs of a browser that share one connection, seen from one of them. Who holds the group's lock
 * leads; all others wait for it, so that the browser makes the next one leader when a tab dies.
 *
 * Nothing here depends on a timer of the leader: those of hidden tabs run once a minute. Messages and
 * locks come at once everywhere.
 */
export class TabGroup {
  readonly #name: string;
  readonly #tab = crypto.randomUUID();
  readonly #host: TabHost;
  readonly #events: TabGroupEvents;
  readonly #locks: Pick<LockManager, 'request'>;
  #left: AbortController | undefined;
  #group: BroadcastChannel | undefined;
  #line: BroadcastChannel | undefined;
  #role: TabRole | undefined;
  #aloneUntil = 0;
  #hub: TabHub | undefined;
  #link: TabLink | undefined;
  #links = 0;
  #closed = false;
  #joinsWhenShown = false;

  /** Whether tabs can find each other: in browsers, on pages that came by https or from this machine. */
  static isSupported(): boolean {
    return (
      // Not in Node, whose locks and channels are of one process.
      ((globalThis.isSecureContext as boolean | undefined) ?? false) &&
      typeof BroadcastChannel === 'function' &&
      navigator.locks !== undefined
    );
  }

  /**
   * Joins the group.
   * @param key what its tabs have in common, see `shareKey`
   */
  constructor(
    key: string,
    host: TabHost,
    events: TabGroupEvents,
    locks: Pick<LockManager, 'request'> = navigator.locks,
  ) {
    this.#name = groupName(key);
    this.#host = host;
    this.#events = events;
    this.#locks = locks;
    globalThis.addEventListener?.('pagehide', this.#onHide);
    globalThis.addEventListener?.('pageshow', this.#onShow);
    this.join();
  }

  /** Undefined until it is known, and after {@link leave}. `alone` ends, without an event, after a minute or with the next leader. */
  get role(): TabRole | undefined {
    return this.#role === 'alone' && performance.now() >= this.#aloneUntil
      ? 'follower'
      : this.#role;
  }

  /**
   * Begins a link to the leader. It hears nothing of the url: that is part of the key.
   * @throws TypeError when the role is another one than `follower`
   */
  readonly dial: Dial = (_url, listener) => {
    const { role } = this;
    if (role !== 'follower' || this.#group === undefined || this.#line === undefined) {
      throw new TypeError('only followers have a leader to dial');
    }
    this.#role = role;
    this.#link?.close();
    const link = new TabLink(
      {
        tab: this.#tab,
        link: ++this.#links,
        group: this.#group,
        line: this.#line,
        onOver: (alone) => {
          this.#link = undefined;
          if (!alone) return;
          this.#aloneUntil = performance.now() + ALONE_MS;
          this.#role = 'alone';
          // After the listener has heard of the end.
          queueMicrotask(() => {
            if (this.#role === 'alone') this.#events.onRole('alone');
          });
        },
      },
      listener,
    );
    this.#link = link;
    return link;
  };

  /** The tab's own connection is open. Nobody cares unless the tab leads. */
  connected(welcome: ServerMessageOf<'welcome'>): void {
    this.#hub?.connected(welcome);
    this.#announce(true);
  }

  /** The tab's own connection has ended, or could not be opened: so have the links of the followers. */
  disconnected(end: LinkEnd): void {
    this.#hub?.disconnected(end);
  }

  /** Joins it again, after {@link leave}. Idempotent. */
  join(): void {
    if (this.#closed || this.#left !== undefined) return;
    const left = new AbortController();
    this.#left = left;
    this.#elect(left.signal).catch(() => {
      // A sandbox without locks or channels, or another script stole the lock.
      if (left.signal.aborted) return;
      this.leave();
      this.#aloneUntil = Number.POSITIVE_INFINITY;
      this.#role = 'alone';
      this.#events.onRole('alone');
    });
  }

  /** Leads and follows no more; the next one leads. The tab's own connection is not touched. Idempotent. */
  leave(): void {
    this.#joinsWhenShown = false;
    this.#role = undefined;
    this.#endHub();
    this.#link?.end({ message: 'the tab has left its group' });
    this.#group?.close();
    this.#line?.close();
    this.#group = this.#line = undefined;
    this.#left?.abort();
    this.#left = undefined;
  }

  /** Leaves it for ever. Idempotent. */
  close(): void {
    this.#closed = true;
    globalThis.removeEventListener?.('pagehide', this.#onHide);
    globalThis.removeEventListener?.('pageshow', this.#onShow);
    this.leave();
  }

  async #elect(left: AbortSignal): Promise<void> {
    const until = new Promise<void>((resolve) => {
      left.addEventListener('abort', () => resolve());
    });
    const line = tabName(this.#name, this.#tab);
    this.#group = listen(this.#name, (message) => this.#onMessage(message));
    this.#line = listen(line, (message) => this.#link?.receive(message));
    // First the lock by which a leader sees that the tab lives.
    await new Promise<void>((resolve, reject) => {
      const living = () => {
        resolve();
        return until;
      };
      this.#locks.request(line, { signal: left }, living).catch(reject);
    });
    const lead = () => {
      if (left.aborted) return undefined;
      this.#become('leader');
      return until;
    };
    await this.#locks.request(this.#name, { ifAvailable: true }, (lock) => {
      if (lock !== null) return lead();
      if (!left.aborted) this.#become('follower');
      return undefined;
    });
    if (!left.aborted) await this.#locks.request(this.#name, { signal: left }, lead);
  }

  #become(role: 'leader' | 'follower'): void {
    const left = this.#left;
    this.#role = role;
    this.#link?.end({ message: 'the leading tab is gone' });
    if (this.#left !== left) return; // the listener has left the group
    if (role === 'leader') {
      // A connection that is open now is one that the tab had for itself: it can be shared as it is.
      const { welcome } = this.#host;
      this.#hub = new TabHub(this.#name, this.#tab, this.#host, this.#locks, welcome);
      this.#announce(welcome !== undefined);
    }
    this.#events.onRole(role);
  }

  #endHub(): void {
    this.#hub?.disconnected({ message: 'the leading tab is gone' });
    this.#hub = undefined;
  }

  #announce(open: boolean): void {
    if (this.#hub === undefined || this.#group === undefined) return;
    post(this.#group, { type: 'leader', tab: this.#tab, link: 0, open });
  }

  #onMessage(message: TabMessage): void {
    const { type, tab, link } = message;
    if (type === 'hello') this.#hub?.hello(tab, link);
    else if (type === 'bye') this.#hub?.bye(tab, link);
    else if (type === 'leader') {
      this.#aloneUntil = 0; // it lives
      this.#link?.onLeader(tab);
      if (message.open && this.#link === undefined) this.#events.onLeaderReady();
    }
  }

  /** A page that is kept to go back to is frozen, and could serve nobody. */
  readonly #onHide = (): void => {
    const joined = this.#left !== undefined;
    this.leave();
    this.#joinsWhenShown = joined;
  };

  readonly #onShow = (): void => {
    if (this.#joinsWhenShown) this.join();
  };
}
