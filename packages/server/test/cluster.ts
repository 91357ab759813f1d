import { type DocumentMessage, MemoryBus, MemoryHub } from '@syncline/bus';
import type { DocumentId } from '@syncline/protocol';
import { type DocumentStore, MemoryStore } from '@syncline/storage';
import type { ServerOptions } from '../src/index.ts';
import { startServerFor } from './clients.ts';

/** A bus that loses or delays what its node tells. */
export class FaultyBus extends MemoryBus {
  /** Whether the node is told that it hears. */
  hears = true;
  /** Messages that are lost. */
  loses: (message: DocumentMessage) => boolean = () => false;
  /** Messages that wait for {@link release}, in order with all after them. */
  holds = false;
  #held: (() => void)[] = [];
  /** What was told, by type. */
  readonly told = new Map<string, number>();

  override get isHearing(): boolean {
    return this.hears;
  }

  override tell(documentId: DocumentId, message: DocumentMessage): void {
    this.told.set(message.type, (this.told.get(message.type) ?? 0) + 1);
    if (this.loses(message)) return;
    const send = () => super.tell(documentId, message);
    if (this.holds) this.#held.push(send);
    else send();
  }

  /** Says that something may have been lost. */
  missed(): void {
    this.listener?.onMissed();
  }

  release(): void {
    this.holds = false;
    for (const send of this.#held.splice(0)) send();
  }
}

/** Servers in this process that share a store. */
export async function startCluster(
  count: number,
  options: Partial<ServerOptions> & { readonly store?: DocumentStore } = {},
) {
  const hub = new MemoryHub();
  const { store = new MemoryStore(), ...others } = options;
  const nodes = [];
  for (let node = 0; node < count; node++) {
    const bus = new FaultyBus(hub);
    nodes.push({ bus, ...(await startServerFor({ ...others, store, bus })) });
  }
  return { store, nodes };
}

export type ClusterNode = Awaited<ReturnType<typeof startCluster>>['nodes'][number];
