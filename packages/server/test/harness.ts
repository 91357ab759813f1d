import type { DocumentStore } from '@syncline/storage';
import { RawClient, StockClient, until } from '@syncline/testing';
import { afterEach } from 'vitest';
import { type ServerOptions, type SyncServer, startServer } from '../src/index.ts';
import { openBus, openStore } from './backend.ts';

/** A server in this process, and clients that go when the test ends. */
export interface Harness {
  readonly server: SyncServer;
  readonly store: DocumentStore;
  /** `ws://HOST:PORT` */
  readonly url: string;
  readonly stock: (documentId: string) => Promise<StockClient>;
  readonly raw: (documentId: string) => Promise<RawClient>;
}

const cleanups: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).toReversed()) await cleanUp();
});

/** By default on a store and a bus of the test's backend. A store that is given is closed at the end. */
export async function startHarness(options: Partial<ServerOptions> = {}): Promise<Harness> {
  const store = options.store ?? (await openStore());
  const bus = options.bus ?? (await openBus());
  const server = await startServer({ host: '127.0.0.1', port: 0, ...options, store, bus });
  cleanups.push(async () => {
    await server.close();
    await store.close();
  });
  const url = server.url.replace('http', 'ws');
  return {
    server,
    store,
    url,
    stock: async (documentId) => {
      const client = new StockClient(url, documentId);
      cleanups.push(() => client.destroy());
      return await client.synced();
    },
    raw: async (documentId) => {
      const client = await RawClient.connect(url, documentId);
      cleanups.push(() => client.destroy());
      // The first frame says which dialect it is.
      client.send([0, 0, 1, 0]);
      await until('an answer', () => client.frames.length > 0 || client.closed !== undefined);
      return client;
    },
  };
}
