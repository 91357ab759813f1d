import type { ServerMessageOf } from '@syncline/protocol';
import { DIALS } from '../link/dial.ts';
import type { Link, LinkEnd, LinkListener } from '../link/link.ts';
import { shareKey } from '../tabs/share-key.ts';
import { TabGroup } from '../tabs/tab-group.ts';
import type { TabHost } from '../tabs/tab-host.ts';
import { type Transport, TransportChoice } from './transport-choice.ts';

export interface DialerOptions {
  readonly url: string;
  readonly schemaVersion: number;
  readonly transports: readonly Transport[] | undefined;
  /** Whether tabs of one browser share a connection. */
  readonly tabs: boolean;
}

/**
 * Finds the way to the server: through the tab that leads, or by the transport that works here.
 */
export class Dialer {
  readonly #options: DialerOptions;
  readonly #host: TabHost;
  readonly #onReady: () => void;
  readonly #choice: TransportChoice;
  #group: TabGroup | undefined;
  #key = '';
  /** Waits until the tab's role is known. */
  #onRole: () => void = () => {};

  /** @param onReady a try that waits has better chances now. */
  constructor(options: DialerOptions, host: TabHost, onReady: () => void) {
    this.#options = options;
    this.#host = host;
    this.#onReady = onReady;
    this.#choice = new TransportChoice(options.transports);
  }

  /** Joins the tabs whose token says the same; resolves when it is known which of them leads. */
  async prepare(token: string): Promise<void> {
    const { url, schemaVersion, tabs } = this.#options;
    if (!tabs || !TabGroup.isSupported()) return;
    const key = await shareKey(url, schemaVersion, token);
    if (key !== this.#key) this.close();
    this.#key = key;
    if (this.#group === undefined) {
      this.#group = new TabGroup(key, this.#host, {
        onRole: () => {
          this.#onRole();
          this.#onReady();
        },
        onLeaderReady: this.#onReady,
      });
    } else this.#group.join();
    if (this.#group.role !== undefined) return;
    await new Promise<void>((resolve) => {
      this.#onRole = resolve;
    });
  }

  /** Begins to open a link. */
  dial(listener: LinkListener): Link {
    const { url } = this.#options;
    if (this.#group?.role === 'follower') return this.#group.dial(url, listener);
    return DIALS[this.#choice.take()](url, listener);
  }

  connected(welcome: ServerMessageOf<'welcome'>): void {
    this.#group?.connected(welcome);
  }

  /**
   * A link ended, or none came about.
   *
   * @param isOurs the application wants it no more, which says nothing of the transport
   * @returns whether there is another transport to be tried at once
   */
  disconnected(end: LinkEnd, link: Link | undefined, isOurs: boolean): boolean {
    this.#group?.disconnected(end);
    if (link === undefined || link.kind === 'tab') return false;
    if (link.isProven) this.#choice.worked(link.kind);
    // What has a code was said by the server: the transport came through.
    else if (!isOurs && (end.code ?? '') === '') return this.#choice.failed(link.kind);
    return false;
  }

  /** The network may be another one. */
  reset(): void {
    this.#choice.reset();
  }

  /** No connection is wanted here: another tab may lead. */
  leave(): void {
    this.#group?.leave();
  }

  close(): void {
    this.#group?.close();
    this.#group = undefined;
    this.#key = '';
  }
}
