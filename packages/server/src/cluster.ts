import { setTimeout as sleep } from 'node:timers/promises';
import type { BusListener, DocumentMessage, NodeId, NodeMessage } from '@syncline/bus';
import type { DocumentId } from '@syncline/protocol';
import type { DocumentStore } from '@syncline/storage';
import type { Logger } from 'pino';
import { contain } from './bulkhead.ts';
import type { HttpConnections } from './http-transport/http-connections.ts';
import type { Metrics } from './metrics.ts';
import type { Rooms } from './rooms.ts';
import type { Sessions } from './sessions.ts';

/** When the store cannot be asked, it is asked again after so long. */
const PAUSE_MS = 1_000;

export interface ClusterOptions {
  readonly store: DocumentStore;
  readonly rooms: Rooms;
  readonly sessions: Sessions;
  /** They may be asked for by way of other nodes. */
  readonly httpConnections: HttpConnections;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** What this node does with what it hears of the others. */
export class Cluster implements BusListener {
  readonly #options: ClusterOptions;
  #catchingUp: Promise<void> | undefined;
  /** More was missed since the heads were asked for. */
  #again = false;
  #closed = false;

  constructor(options: ClusterOptions) {
    this.#options = options;
  }

  onMessage(documentId: DocumentId, message: DocumentMessage, from: NodeId): void {
    contain(() => this.#options.rooms.hear(documentId, message, from), this.#onThrow);
  }

  onNodeMessage(message: NodeMessage): void {
    contain(() => this.#options.sessions.hear(message), this.#onThrow);
  }

  async onRequest(request: Uint8Array): Promise<Uint8Array> {
    return await this.#options.httpConnections.onRequest(request);
  }

  onNodeGone(node: NodeId): void {
    this.#options.logger.info({ node }, 'another node is gone');
    contain(() => {
      for (const room of this.#options.rooms.open) room.nodeGone(node);
    }, this.#onThrow);
  }

  onMissed(): void {
    this.#options.rooms.missed();
    this.#again = true;
    this.#catchingUp ??= this.#catchUp().finally(() => {
      this.#catchingUp = undefined;
    });
  }

  close(): void {
    this.#closed = true;
  }

  readonly #onThrow = (err: unknown): void => {
    this.#options.logger.error({ err }, 'what another node said caused a fault');
  };

  /** Asks once where the logs of all rooms stand, and brings the rooms there. */
  async #catchUp(): Promise<void> {
    const { store, rooms, logger, metrics } = this.#options;
    while (this.#again) {
      this.#again = false;
      const open = rooms.open.map((room) => ({ room, epoch: room.log.epoch }));
      if (open.length === 0) return;
      try {
        metrics.headsReads.inc();
        const heads = await store.heads(open.map(({ room }) => room.documentId));
        for (const [index, { room, epoch }] of open.entries()) room.missed(heads[index], epoch);
      } catch (err) {
        if (this.#closed) return;
        logger.warn({ err }, 'where the logs stand could not be read; it is tried again');
        await sleep(PAUSE_MS, undefined, { ref: false });
        this.#again = !this.#closed;
      }
    }
  }
}
