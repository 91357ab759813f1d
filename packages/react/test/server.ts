import { SynclineProvider as DocumentProvider } from '@syncline/client';
import { type ServerOptions, startServer } from '@syncline/server';
import { MemoryStore } from '@syncline/storage';
import { afterEach } from 'vitest';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).toReversed()) await cleanUp();
});

/** Does this when the test ends, before what was asked for earlier. */
export function atEnd(cleanUp: () => unknown): void {
  cleanups.push(cleanUp);
}

/** An in-memory store whose commits can be held. */
export class HeldStore extends MemoryStore {
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => {};

  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release(): void {
    this.#open();
  }

  override async append(...args: Parameters<MemoryStore['append']>) {
    await this.#gate;
    return await super.append(...args);
  }
}

export interface Harness {
  readonly url: string;
  /** How many connections there are now. */
  readonly connections: () => Promise<number>;
  /** Who is on a document without React; gone when the test ends. */
  readonly somebody: (documentId: string) => Promise<DocumentProvider>;
}

/** A server in this process, which goes when the test ends. */
export async function serve(options: Partial<ServerOptions> = {}): Promise<Harness> {
  const store = options.store ?? new MemoryStore();
  const server = await startServer({ host: '127.0.0.1', port: 0, ...options, store });
  atEnd(async () => {
    await server.close();
    await store.close();
  });
  const { url } = server;
  return {
    url,
    connections: async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return Number(/^syncline_connections (\d+)$/m.exec(metrics)?.[1]);
    },
    somebody: async (documentId) => {
      const provider = new DocumentProvider({ url, documentId });
      atEnd(() => provider.close());
      await provider.whenSynced;
      return provider;
    },
  };
}
