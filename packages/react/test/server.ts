import { SynclineProvider as DocumentProvider } from '@syncline/client';
import type { ServerOptions } from '@syncline/server';
import * as client from '../../client/test/harness.ts';

export { atEnd, HeldStore } from '../../client/test/harness.ts';

export interface Harness {
  readonly url: string;
  /** How many connections there are now. */
  readonly connections: () => Promise<number>;
  /** Who is on a document without React; gone when the test ends. */
  readonly somebody: (documentId: string) => Promise<DocumentProvider>;
}

/** A server in this process, which goes when the test ends. */
export async function serve(options: Partial<ServerOptions> = {}): Promise<Harness> {
  const { url } = await client.serve(options);
  return {
    url,
    connections: async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return Number(/^syncline_connections (\d+)$/m.exec(metrics)?.[1]);
    },
    somebody: async (documentId) => {
      const provider = new DocumentProvider({ url, documentId });
      client.atEnd(() => provider.close());
      await provider.whenSynced;
      return provider;
    },
  };
}
