import { SyncError } from '@syncline/protocol';
import {
  HocuspocusClient,
  type HocuspocusClientOptions,
  HocuspocusSocket,
  type HocuspocusVersion,
  StockClient,
  type StockClientOptions,
  SynclineClient,
  type SynclineClientOptions,
} from '@syncline/testing';
import { afterEach } from 'vitest';
import type { ServerOptions } from '../src/index.ts';
import type { Authenticator } from '../src/index-access.ts';
import { type Harness, startHarness } from './harness.ts';

const cleanups: (() => void)[] = [];

// Registered after that of the harness, and so run before: clients go first.
afterEach(() => {
  for (const cleanUp of cleanups.splice(0).toReversed()) cleanUp();
});

/** A server in this process, and clients of every dialect that go when the test ends. */
export async function startServerFor(options: Partial<ServerOptions> = {}) {
  const harness = await startHarness(options);
  return { ...harness, ...clientsOf(harness) };
}

function clientsOf({ url, server }: Harness) {
  const socket = (version: HocuspocusVersion = 4): HocuspocusSocket => {
    const opened = new HocuspocusSocket(url, version);
    cleanups.push(() => opened.destroy());
    return opened;
  };
  return {
    socket,
    yWebsocket: (documentId: string, options?: StockClientOptions): StockClient => {
      const client = new StockClient(url, documentId, options);
      cleanups.push(() => client.destroy());
      return client;
    },
    hocuspocus: (
      documentId: string,
      options: HocuspocusClientOptions & { readonly socket?: HocuspocusSocket } = {},
    ): HocuspocusClient => {
      const client = new HocuspocusClient(options.socket ?? url, documentId, options);
      cleanups.push(() => client.destroy());
      return client;
    },
    syncline: async (options?: SynclineClientOptions): Promise<SynclineClient> => {
      const client = await SynclineClient.connect(url, options);
      cleanups.push(() => client.destroy());
      return client;
    },
    metric: async (name: string): Promise<number> => {
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(metrics)?.[1]);
    },
    /** What an operator does on the machine of the server. */
    operator: async (method: string, path: string): Promise<unknown> => {
      const response = await fetch(`${server.url}/v1/documents/${path}`, { method });
      if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
      return response.status === 204 ? undefined : await response.json();
    },
  };
}

/** Tokens are the names of users; `NAME:MS` ends after so many milliseconds. */
export const nameAuthenticator: Authenticator = {
  allowsAnonymous: false,
  authenticate: async (token) => {
    const [id = '', ms] = (token ?? '').split(':');
    if (id === '') throw new SyncError('token-missing', 'who are you?');
    if (id === 'eve') throw new SyncError('token-invalid', 'not you');
    return { user: { id }, ...(ms !== undefined && { expiresAt: Date.now() + Number(ms) }) };
  },
};
