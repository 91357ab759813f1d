import type {
  ServerMessageOf,
  SynclineClientMessage,
  SynclineServerMessage,
} from '@syncline/protocol';
import { until } from '@syncline/testing';
import { afterEach } from 'vitest';
import { DIALS } from '../../src/link/dial.ts';
import type { Dial, Link, LinkEnd, LinkListener } from '../../src/link/link.ts';

export const KINDS = ['web-socket', 'http-stream', 'http-poll'] as const;
export const HTTP_KINDS = ['http-stream', 'http-poll'] as const;

export const HELLO: SynclineClientMessage = {
  type: 'hello',
  versions: [1],
  clientName: 'test',
  clientVersion: '',
  schemaVersion: 0,
  token: '',
};

export const PING: SynclineClientMessage = { type: 'ping' };

const peers: Peer[] = [];

afterEach(() => {
  for (const peer of peers.splice(0)) peer.link.close();
});

/** What listens to a link, says hello, and remembers all that it is told. */
export class Peer implements LinkListener {
  readonly link: Link;
  readonly messages: SynclineServerMessage[] = [];
  readonly ends: LinkEnd[] = [];
  opened = 0;
  signs = 0;

  constructor(kind: keyof typeof DIALS, url: string) {
    const dial: Dial = DIALS[kind];
    this.link = dial(url, this);
    peers.push(this);
  }

  /** One that the server has said welcome to. */
  static async welcomed(kind: keyof typeof DIALS, url: string): Promise<Peer> {
    const peer = new Peer(kind, url);
    await peer.message('welcome');
    return peer;
  }

  /** One with a session on channel 1. */
  static async attached(kind: keyof typeof DIALS, url: string, documentId: string): Promise<Peer> {
    const peer = await Peer.welcomed(kind, url);
    peer.link.send({
      type: 'attach',
      channel: 1,
      documentId,
      epoch: '',
      since: 0,
      stateVector: Uint8Array.of(0),
      replay: 0,
    });
    await peer.message('synced');
    return peer;
  }

  onOpen(): void {
    this.opened++;
    this.link.send(HELLO);
  }

  onMessage(message: SynclineServerMessage): void {
    this.messages.push(message);
    if (message.type === 'welcome') this.link.setFragmentBytes(message.limits.fragmentBytes);
  }

  onSign(): void {
    this.signs++;
  }

  onEnd(end: LinkEnd): void {
    this.ends.push(end);
  }

  all<Type extends SynclineServerMessage['type']>(type: Type): ServerMessageOf<Type>[] {
    return this.messages.filter((message) => message.type === type) as ServerMessageOf<Type>[];
  }

  /** The first message of a type. */
  async message<Type extends SynclineServerMessage['type']>(
    type: Type,
  ): Promise<ServerMessageOf<Type>> {
    await until(`${type} comes`, () => this.all(type).length > 0 || this.ends.length > 0, 8_000);
    const [first] = this.all(type);
    if (first === undefined) throw new Error(`no ${type}, but the end: ${this.ends[0]?.message}`);
    return first;
  }

  async ended(timeoutMs = 8_000): Promise<LinkEnd> {
    await until('the link ends', () => this.ends.length > 0, timeoutMs);
    return this.ends[0] as LinkEnd;
  }
}
