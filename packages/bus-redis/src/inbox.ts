import {
  type BusListener,
  decodeDocumentMessage,
  decodeNodeMessage,
  type NodeId,
} from '@syncline/bus';
import { type DocumentId, SyncError } from '@syncline/protocol';
import type { Channels } from './channels.ts';
import { decodeEnvelope, type Packet } from './envelope.ts';
import type { Nodes } from './nodes.ts';
import type { Requests } from './requests.ts';

const REPORT_MS = 60_000;

interface InboxOptions {
  readonly nodeId: NodeId;
  readonly channels: Channels;
  readonly nodes: Nodes;
  readonly requests: Requests;
  readonly reply: (node: NodeId, reply: Packet) => void;
  /** A beat of this node's own came back. */
  readonly onBeat: (count: number) => void;
  /** Something is as good as lost. */
  readonly onMissed: () => void;
  readonly onGone: (node: NodeId) => void;
  readonly onUnreadable: ((cause: unknown) => void) | undefined;
}

/** What comes from Redis: bytes that anybody may have published, for whom they are meant. */
export class Inbox {
  readonly counts = { heard: 0, unreadable: 0 };
  readonly joined = new Set<DocumentId>();
  listener: BusListener | undefined;
  readonly #options: InboxOptions;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  take(channel: string, payload: Buffer): void {
    const { nodeId, channels, nodes, onBeat } = this.#options;
    try {
      const { sender, packet } = decodeEnvelope(payload);
      if (sender.node !== nodeId) {
        const read = packet();
        if (nodes.hear(sender)) this.#hear(channel, sender.node, read);
      } else if (channel === channels.all) {
        const read = packet();
        if (read.type === 'beat') onBeat(read.count);
      }
    } catch (cause) {
      if (!(cause instanceof SyncError)) throw cause;
      this.#report(cause);
    }
  }

  #hear(channel: string, from: NodeId, packet: Packet): void {
    const { nodes, requests, onMissed, onGone } = this.#options;
    switch (packet.type) {
      case 'message':
        this.#tell(channel, from, packet.bytes);
        break;
      case 'beat':
        break;
      case 'missed':
        onMissed();
        break;
      case 'goodbye':
        if (nodes.forget(from)) onGone(from);
        break;
      case 'request':
        void this.#answer(from, packet.id, packet.bytes);
        break;
      case 'answer':
      case 'failure':
        requests.take(from, packet);
        break;
    }
  }

  #tell(channel: string, from: NodeId, bytes: Uint8Array): void {
    const { channels } = this.#options;
    this.counts.heard++;
    if (channel === channels.all) {
      this.listener?.onNodeMessage(decodeNodeMessage(bytes), from);
      return;
    }
    const documentId = channels.documentOf(channel);
    if (documentId === undefined || !this.joined.has(documentId)) return;
    this.listener?.onMessage(documentId, decodeDocumentMessage(bytes), from);
  }

  async #answer(node: NodeId, id: number, request: Uint8Array): Promise<void> {
    if (this.listener === undefined) return;
    const reply = await this.listener.onRequest(request.slice(), node).then(
      (bytes): Packet => ({ type: 'answer', id, bytes }),
      (cause: unknown): Packet =>
        cause instanceof SyncError
          ? { type: 'failure', id, code: cause.code, message: cause.message }
          : { type: 'failure', id, code: 'internal', message: 'a node failed at a request' },
    );
    this.#options.reply(node, reply);
  }

  #report(cause: unknown): void {
    this.counts.unreadable++;
    this.#options.onMissed();
    if (performance.now() - this.#reportedAt < REPORT_MS) return;
    this.#reportedAt = performance.now();
    this.#options.onUnreadable?.(cause);
  }
}
