import { HocuspocusClient, StockClient, until } from '@syncline/testing';
import type * as Y from 'yjs';
import { type OfflineStore, SynclineProvider, type Transport } from '../../src/index.ts';

/** A client of any kind. */
export interface Peer {
  readonly name: string;
  /** None while it is closed. */
  readonly doc: Y.Doc | undefined;
  /** Waits until it is in step with the server, as far as it can tell. */
  inStep(timeoutMs: number): Promise<void>;
  /** Tells it to try again now. */
  call?(): void;
  close(): Promise<void>;
}

/** The provider that is tested. */
export class OwnPeer implements Peer {
  readonly name: string;
  readonly #make: () => SynclineProvider;
  #provider: SynclineProvider | undefined;

  constructor(url: string, documentId: string, transport: Transport, offline?: OfflineStore) {
    this.name = offline === undefined ? transport : `${transport} with a store`;
    const options = { url, documentId, transports: [transport], ...(offline && { offline }) };
    this.#make = () => new SynclineProvider(options);
    this.#provider = this.#make();
  }

  get doc(): Y.Doc | undefined {
    return this.#provider?.doc;
  }

  async inStep(timeoutMs: number): Promise<void> {
    const provider = this.#provider;
    if (provider === undefined) throw new Error(`${this.name} is closed`);
    const isInStep = () => provider.synced && provider.saveState.state === 'saved';
    try {
      await until('it is live and saved', isInStep, timeoutMs);
      await provider.saved();
    } catch (error) {
      const { state, saveState } = provider;
      throw new Error(`${this.name}: ${JSON.stringify({ state, saveState })}`, { cause: error });
    }
  }

  call(): void {
    this.#provider?.connect();
  }

  /** Goes on with a new Y.Doc, which has what the store has. */
  async reopen(): Promise<void> {
    await this.close();
    this.#provider = this.#make();
  }

  async close(): Promise<void> {
    const provider = this.#provider;
    this.#provider = undefined;
    await provider?.close();
  }
}

export function stockPeer(url: string, documentId: string): Peer {
  const client = new StockClient(url, documentId);
  return {
    name: 'y-websocket',
    doc: client.doc,
    inStep: async (timeoutMs) => void (await client.synced(timeoutMs)),
    close: async () => client.destroy(),
  };
}

export function hocuspocusPeer(url: string, documentId: string): Peer {
  const client = new HocuspocusClient(url, documentId);
  return {
    name: 'hocuspocus',
    doc: client.doc,
    inStep: async (timeoutMs) => {
      await client.synced(timeoutMs);
      await client.saved(timeoutMs);
    },
    close: async () => client.destroy(),
  };
}
