import type { ServerMessageOf } from '@syncline/protocol';
import type { LinkEnd } from '../link/link.ts';
import { reactionTo } from '../reaction.ts';
import { RemoteTab } from './remote-tab.ts';
import type { TabHost } from './tab-host.ts';
import { tabName } from './tab-message.ts';

/** The leader's side: it shares its connection with the followers that ask for it. */
export class TabHub {
  readonly #group: string;
  readonly #tab: string;
  readonly #host: TabHost;
  readonly #locks: Pick<LockManager, 'request'>;
  readonly #tabs = new Map<string, RemoteTab>();
  /** The connection is open, or was ended. Neither: it is being opened for the first time. */
  #state: ServerMessageOf<'welcome'> | LinkEnd | undefined;

  /**
   * @param group its name
   * @param tab the leader
   */
  constructor(
    group: string,
    tab: string,
    host: TabHost,
    locks: Pick<LockManager, 'request'>,
    welcome: ServerMessageOf<'welcome'> | undefined,
  ) {
    this.#group = group;
    this.#tab = tab;
    this.#host = host;
    this.#locks = locks;
    this.#state = welcome;
  }

  /** A follower begins a link. */
  hello(tab: string, link: number): void {
    const known = this.#tabs.get(tab);
    if (known?.link === link) return; // it said so twice, to be sure
    known?.close();
    const remote = new RemoteTab({
      tab: this.#tab,
      link,
      name: tabName(this.#group, tab),
      host: this.#host,
      locks: this.#locks,
      onOver: () => {
        if (this.#tabs.get(tab) === remote) this.#tabs.delete(tab);
      },
    });
    this.#tabs.set(tab, remote);
    this.#tell(remote);
  }

  /** A follower does not want its link any more, and has not got an answer yet. */
  bye(tab: string, link: number): void {
    const known = this.#tabs.get(tab);
    if (known?.link === link) known.close();
  }

  connected(welcome: ServerMessageOf<'welcome'>): void {
    if (this.#state === welcome) return; // it was open before the tab led
    this.#state = welcome;
    for (const remote of this.#tabs.values()) this.#tell(remote);
  }

  disconnected({ code, ...end }: LinkEnd): void {
    // What is final for this tab need not be for those with a newer token or build: they find out when they lead.
    const isPassing = code !== undefined && reactionTo(code, true) === 'offline';
    this.#state = isPassing ? { ...end, code } : end;
    for (const remote of this.#tabs.values()) this.#tell(remote);
  }

  #tell(remote: RemoteTab): void {
    const state = this.#state;
    if (state === undefined) return;
    if ('type' in state) remote.welcome(state);
    else remote.end(state);
  }
}
