import { type ServerOptions, type SyncServer, startServer } from '@syncline/server';
import { type DocumentStore, MemoryStore } from '@syncline/storage';
import { StockClient, until } from '@syncline/testing';
import { afterEach } from 'vitest';
import type * as Y from 'yjs';
import { type ProviderOptions, SynclineProvider } from '../src/index.ts';

export { HeldStore } from '../../server/test/held-store.ts';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).toReversed()) await cleanUp();
});

/** Does this when the test ends, before what was asked for earlier. */
export function atEnd(cleanUp: () => unknown): void {
  cleanups.push(cleanUp);
}

export interface Harness {
  readonly url: string;
  readonly server: SyncServer;
  readonly store: DocumentStore;
}

/** A server in this process, which goes when the test ends. */
export async function serve(options: Partial<ServerOptions> = {}): Promise<Harness> {
  const store = options.store ?? new MemoryStore();
  const server = await startServer({ host: '127.0.0.1', port: 0, ...options, store });
  atEnd(async () => {
    await server.close();
    await store.close();
  });
  return { url: server.url, server, store };
}

/** A provider that goes when the test ends. */
export function provide(options: ProviderOptions): SynclineProvider {
  const provider = new SynclineProvider(options);
  atEnd(() => provider.close());
  return provider;
}

export async function stockClient(url: string, documentId: string): Promise<StockClient> {
  const client = new StockClient(url.replace(/^http/, 'ws'), documentId);
  atEnd(() => client.destroy());
  return await client.synced();
}

export const textOf = (doc: Y.Doc): Y.Text => doc.getText('text');

/** Waits until a document has this text. */
export async function hasText(of: { readonly doc: Y.Doc }, text: string): Promise<void> {
  await until(`the text is ${text}`, () => textOf(of.doc).toString() === text);
}
