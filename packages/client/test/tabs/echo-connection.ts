import type {
  ServerMessageOf,
  SynclineClientMessage,
  SynclineServerMessage,
} from '@syncline/protocol';
import type { Link, LinkEnd, LinkListener } from '../../src/link/link.ts';
import { TabGroup, type TabRole } from '../../src/tabs/tab-group.ts';
import type { ChannelMessage, TabHost } from '../../src/tabs/tab-host.ts';

export interface EchoOptions {
  readonly locks?: Pick<LockManager, 'request'>;
  /** Sessions of a direct connection. */
  readonly documents?: number;
  /** Whether direct connections open by themselves; else by `open`. */
  readonly opens?: boolean;
}

/**
 * As much of a connection as a group of tabs needs, with a server of its own in the place of the network: it
 * attaches everybody, acknowledges updates, and sends them back as entries.
 */
export class EchoConnection implements TabHost {
  readonly group: TabGroup;
  readonly roles: TabRole[] = [];
  /** How links and direct connections ended. */
  readonly ends: LinkEnd[] = [];
  /** What the members of this tab were told. */
  readonly told: SynclineServerMessage[] = [];
  /** What was said on direct connections: what the server has seen of this tab. */
  readonly said: SynclineClientMessage[] = [];
  readyCalls = 0;
  welcome: ServerMessageOf<'welcome'> | undefined;
  readonly #options: EchoOptions;
  readonly #channels = new Map<number, (message: ChannelMessage) => void>();
  #link: Link | undefined;
  #channel = 0;

  constructor(key: string, options: EchoOptions = {}) {
    this.#options = options;
    this.group = new TabGroup(
      key,
      this,
      {
        onRole: (role) => {
          this.roles.push(role);
          this.dial();
        },
        onLeaderReady: () => {
          this.readyCalls++;
          this.dial();
        },
      },
      options.locks,
    );
  }

  get sessions(): number {
    return this.#channels.size;
  }

  /** Which documents the server has sessions of, by the direct connection of this tab. */
  get served(): string[] {
    const open = new Map<number, string>();
    for (const message of this.said) {
      if (message.type === 'attach') open.set(message.channel, message.documentId);
      if (message.type === 'detach') open.delete(message.channel);
    }
    return [...open.values()].sort();
  }

  takeChannel(onMessage: (message: ChannelMessage) => void): number {
    this.#channels.set(++this.#channel, onMessage);
    return this.#channel;
  }

  freeChannel(channel: number): void {
    this.#channels.delete(channel);
  }

  send(message: SynclineClientMessage): void {
    this.#link?.send(message);
  }

  /** Attaches to a document; returns its channel. */
  attach(documentId: string): number {
    const channel = this.takeChannel((message) => this.told.push(message));
    this.send({
      type: 'attach',
      channel,
      documentId,
      epoch: '',
      since: 0,
      stateVector: new Uint8Array(1),
      replay: 0,
    });
    return channel;
  }

  detach(channel: number): void {
    this.send({ type: 'detach', channel });
    this.freeChannel(channel);
  }

  /** Connects in the way that the role says, unless there is a connection. */
  dial(): void {
    if (this.#link !== undefined) return;
    const { role } = this.group;
    const listener = this.#listener();
    if (role === 'follower') this.#link = this.group.dial('', listener);
    else if (role !== undefined) this.#link = this.#direct(listener);
  }

  /** The direct connection opens. */
  open(): void {
    this.serve({
      type: 'welcome',
      version: 1,
      connectionId: `of ${this.roles.length}`,
      serverVersion: 'echo',
      userId: 'ada',
      tokenExpiresInMs: 60_000,
      heartbeatMs: 20_000,
      limits: {
        fragmentBytes: 1,
        updateBytes: 1,
        documents: this.#options.documents ?? 100,
        awarenessBytes: 1,
        broadcastBytes: 1,
      },
    });
  }

  /** The server says something on the direct connection. */
  serve: (message: SynclineServerMessage) => void = () => {};

  /** The direct connection breaks off. */
  break: (end: LinkEnd) => void = () => {};

  hangUp(): void {
    this.#link?.close();
    this.#lose();
  }

  #lose(): void {
    this.#link = undefined;
    this.welcome = undefined;
    this.#channels.clear();
  }

  #listener(): LinkListener {
    return {
      onOpen: () => {
        const hello = { clientName: '', clientVersion: '', schemaVersion: 0, token: 'secret' };
        this.send({ type: 'hello', versions: [1], ...hello });
      },
      onSign: () => {},
      onMessage: (message) => {
        this.told.push(message);
        if (message.type === 'welcome') {
          this.welcome = message;
          this.group.connected(message);
        } else if ('channel' in message) {
          this.told.pop();
          this.#channels.get(message.channel)?.(message);
        }
      },
      onEnd: (end) => {
        this.ends.push(end);
        this.#lose();
        this.group.disconnected(end);
      },
    };
  }

  #direct(listener: LinkListener): Link {
    let isOver = false;
    this.serve = (message) => {
      if (!isOver) listener.onMessage(message);
    };
    this.break = (end) => {
      if (isOver) return;
      isOver = true;
      this.said.length = 0;
      listener.onEnd(end);
    };
    queueMicrotask(() => listener.onOpen());
    return {
      kind: 'web-socket',
      bufferedBytes: 0,
      isProven: true,
      setFragmentBytes() {},
      send: (message) => {
        if (isOver) return;
        this.said.push(message);
        setTimeout(() => this.#answer(message), 1);
      },
      close: () => {
        isOver = true;
        this.said.length = 0;
      },
    };
  }

  #answer(message: SynclineClientMessage): void {
    if (message.type === 'hello' && this.#options.opens !== false) this.open();
    if (message.type === 'attach') {
      const { channel, documentId } = message;
      const rights = { read: true, write: true, awareness: true, broadcast: true, admin: false };
      const stateVector = new Uint8Array(1);
      this.serve({ type: 'attached', channel, epoch: documentId, head: 0, rights, stateVector });
    }
    if (message.type === 'update') {
      const { channel, number, update } = message;
      this.serve({ type: 'entries', channel, from: number - 1, to: number, update });
      this.serve({ type: 'ack', channel, through: number, seq: number });
    }
  }
}
