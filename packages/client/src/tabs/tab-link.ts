import type { SynclineClientMessage, SynclineServerMessage } from '@syncline/protocol';
import type { Link, LinkEnd, LinkListener } from '../link/link.ts';
import { post, type TabMessage } from './tab-message.ts';

/** A leader that hangs for longer is not waited for. */
const HELLO_MS = 3_000;

/** Where a {@link TabLink} speaks, and for whom. */
export interface TabLinkPlace {
  readonly tab: string;
  /** Which link of the tab it is. */
  readonly link: number;
  /** To all tabs of the group. */
  readonly group: BroadcastChannel;
  /** To the leader alone. */
  readonly line: BroadcastChannel;
  /**
   * The link is over. Called before the listener is.
   * @param alone the next connection should not go through the leader
   */
  onOver(alone: boolean): void;
}

/** A follower's link: messages go to the leading tab, which passes them on over its own connection. */
export class TabLink implements Link {
  readonly kind = 'tab';
  readonly bufferedBytes = 0;
  readonly isProven = true;
  readonly #place: TabLinkPlace;
  readonly #listener: LinkListener;
  #versions: readonly number[] = [];
  #leader: string | undefined;
  /** What was said before the welcome: the leader has no sessions for it yet. */
  #early: SynclineClientMessage[] | undefined = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #over = false;

  constructor(place: TabLinkPlace, listener: LinkListener) {
    this.#place = place;
    this.#listener = listener;
    queueMicrotask(() => {
      if (!this.#over) listener.onOpen();
    });
  }

  send(message: SynclineClientMessage): void {
    if (this.#over || message.type === 'token') return; // the leader keeps the connection's token new
    if (message.type === 'hello') {
      this.#versions = message.versions;
      this.#timer = setTimeout(
        () => this.end({ message: 'the leading tab does not answer' }, true),
        HELLO_MS,
      );
      this.#greet();
    } else if (this.#early === undefined) this.#say(this.#place.line, { type: 'up', message });
    else this.#early.push(message);
  }

  /** Of another tab nothing is too large. */
  setFragmentBytes(): void {}

  close(): void {
    if (this.#stop(false)) this.#sayBye();
  }

  /** Ends it, and tells both ends. */
  end(end: LinkEnd, alone = false): void {
    if (!this.#stop(alone)) return;
    this.#sayBye();
    this.#listener.onEnd(end);
  }

  /** A tab said that it leads. */
  onLeader(tab: string): void {
    if (this.#leader === undefined) {
      if (this.#timer !== undefined) this.#greet(); // the one before may not have read it
    } else if (this.#leader !== tab) this.end({ message: 'another tab leads now' });
  }

  /** Takes what came on the tab's line. */
  receive(message: TabMessage): void {
    if (this.#over || message.link !== this.#place.link) return;
    this.#leader = message.tab;
    clearTimeout(this.#timer);
    this.#listener.onSign();
    if (message.type === 'down') this.#onMessage(message.message);
    else if (message.type === 'end') this.end(message.end, message.alone);
  }

  #onMessage(message: SynclineServerMessage): void {
    if (message.type === 'welcome') {
      if (!this.#versions.includes(message.version)) {
        this.end({ message: 'the leading tab speaks another version of the protocol' }, true);
        return;
      }
      for (const early of this.#early ?? []) {
        this.#say(this.#place.line, { type: 'up', message: early });
      }
      this.#early = undefined;
    }
    this.#listener.onMessage(message);
  }

  #greet(): void {
    this.#say(this.#place.group, { type: 'hello' });
  }

  #sayBye(): void {
    // Who has not answered does not listen to the line.
    this.#say(this.#leader === undefined ? this.#place.group : this.#place.line, { type: 'bye' });
  }

  #say(to: BroadcastChannel, message: LinkMessage): void {
    post(to, { ...message, tab: this.#place.tab, link: this.#place.link });
  }

  #stop(alone: boolean): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#place.onOver(alone);
    return true;
  }
}

type LinkMessage =
  | { readonly type: 'hello' | 'bye' }
  | { readonly type: 'up'; readonly message: SynclineClientMessage };
