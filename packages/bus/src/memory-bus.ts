import { randomBytes } from 'node:crypto';
import { type DocumentId, SyncError } from '@syncline/protocol';
import type { Bus, BusListener, NodeId } from './bus.ts';
import {
  type DocumentMessage,
  decodeDocumentMessage,
  decodeNodeMessage,
  encodeDocumentMessage,
  encodeNodeMessage,
  type NodeMessage,
} from './message.ts';

export function newNodeId(): NodeId {
  return randomBytes(8).toString('hex') as NodeId;
}

/** What the buses of one process have in common. */
export class MemoryHub {
  readonly buses = new Set<MemoryBus>();
}

/**
 * A bus within one process: for a server that is alone, which it costs nothing, and for several in one
 * process.
 */
export class MemoryBus implements Bus {
  readonly nodeId = newNodeId();
  readonly #hub: MemoryHub;
  readonly #joined = new Set<DocumentId>();
  protected listener: BusListener | undefined;

  constructor(hub = new MemoryHub()) {
    this.#hub = hub;
    hub.buses.add(this);
  }

  get isHearing(): boolean {
    return true;
  }

  listen(listener: BusListener): void {
    this.listener = listener;
  }

  async join(documentId: DocumentId): Promise<void> {
    this.#joined.add(documentId);
  }

  leave(documentId: DocumentId): void {
    this.#joined.delete(documentId);
  }

  tell(documentId: DocumentId, message: DocumentMessage): void {
    if (this.#isAlone) return;
    const bytes = encodeDocumentMessage(message);
    this.#toOthers((bus) => {
      if (bus.#joined.has(documentId)) {
        bus.listener?.onMessage(documentId, decodeDocumentMessage(bytes), this.nodeId);
      }
    });
  }

  tellAll(message: NodeMessage): void {
    if (this.#isAlone) return;
    const bytes = encodeNodeMessage(message);
    this.#toOthers((bus) => bus.listener?.onNodeMessage(decodeNodeMessage(bytes), this.nodeId));
  }

  async ask(node: NodeId, request: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    const asked = Array.from(this.#hub.buses).find((bus) => bus.nodeId === node);
    const answer = asked && asked.listener?.onRequest(request.slice(), this.nodeId);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(resolve, answer === undefined ? 0 : timeoutMs, undefined);
    });
    const first = await Promise.race([answer ?? late, late]).finally(() => clearTimeout(timer));
    if (first !== undefined) return first;
    throw new SyncError('node-unreachable', `node ${node} does not answer`);
  }

  async close(): Promise<void> {
    if (!this.#hub.buses.delete(this)) return;
    this.#toOthers((bus) => bus.listener?.onNodeGone(this.nodeId));
  }

  get #isAlone(): boolean {
    return this.#hub.buses.size === 1;
  }

  /** Not at once: what is said within a turn of the event loop is heard in a later one. */
  #toOthers(hear: (bus: MemoryBus) => void): void {
    for (const bus of this.#hub.buses) {
      if (bus === this) continue;
      setImmediate(() => {
        if (this.#hub.buses.has(bus)) hear(bus);
      });
    }
  }
}
