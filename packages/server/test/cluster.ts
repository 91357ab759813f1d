import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus, BusListener, DocumentMessage, NodeId, NodeMessage } from '@syncline/bus';
import type { DocumentId } from '@syncline/protocol';
import type { DocumentStore } from '@syncline/storage';
import type { ServerOptions } from '../src/index.ts';
import { openBus, openStore } from './backend.ts';
import { startServerFor } from './clients.ts';

/** A bus over which what its node tells is lost or delayed. */
export class FaultyBus implements Bus {
  readonly #bus: Bus;
  #listener: BusListener | undefined;
  /** Whether the node is told that it hears. */
  hears = true;
  /** Messages that are lost. */
  loses: (message: DocumentMessage) => boolean = () => false;
  /** Messages that wait for {@link release}, in order with all after them. */
  holds = false;
  #held: (() => void)[] = [];
  /** What was told, by type. */
  readonly told = new Map<string, number>();

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  get nodeId(): NodeId {
    return this.#bus.nodeId;
  }

  get nodeCount(): number {
    return this.#bus.nodeCount;
  }

  get isHearing(): boolean {
    return this.hears && this.#bus.isHearing;
  }

  listen(listener: BusListener): void {
    this.#listener = listener;
    this.#bus.listen(listener);
  }

  join(documentId: DocumentId): Promise<void> {
    return this.#bus.join(documentId);
  }

  leave(documentId: DocumentId): void {
    this.#bus.leave(documentId);
  }

  tell(documentId: DocumentId, message: DocumentMessage): void {
    this.told.set(message.type, (this.told.get(message.type) ?? 0) + 1);
    if (this.loses(message)) return;
    const send = () => this.#bus.tell(documentId, message);
    if (this.holds) this.#held.push(send);
    else send();
  }

  tellAll(message: NodeMessage): void {
    this.#bus.tellAll(message);
  }

  ask(node: NodeId, request: Uint8Array, timeoutMs: number): Promise<Uint8Array> {
    return this.#bus.ask(node, request, timeoutMs);
  }

  close(): Promise<void> {
    return this.#bus.close();
  }

  /** Says that something may have been lost. */
  missed(): void {
    this.#listener?.onMissed();
  }

  release(): void {
    this.holds = false;
    for (const send of this.#held.splice(0)) send();
  }
}

export interface ClusterOptions extends Partial<Omit<ServerOptions, 'store' | 'bus'>> {
  /** Whether nodes hear late of their commits, so that those of two end in another order than they were made. */
  readonly isLate?: boolean;
}

/** Servers in this process that share a store. Returns one more, for tests to look into. */
export async function startCluster(
  count: number,
  { isLate = false, ...options }: ClusterOptions = {},
) {
  const nodes = [];
  for (let node = 0; node < count; node++) {
    const bus = new FaultyBus(await openBus());
    nodes.push({ bus, ...(await startServerFor({ ...options, bus })) });
  }
  if (isLate) for (const store of new Set(nodes.map((node) => node.store))) answerLate(store);
  return { store: await openStore(), nodes };
}

export type ClusterNode = Awaited<ReturnType<typeof startCluster>>['nodes'][number];

/** Lets a store commit at once and answer late. */
function answerLate(store: DocumentStore): void {
  const append = store.append.bind(store);
  store.append = async (...args) => {
    const answers = await append(...args);
    await sleep(Math.random() * 20);
    return answers;
  };
}
