import { type ServerOptions, type SyncServer, startServer } from '@syncline/server';
import { MemoryStore } from '@syncline/storage';
import { afterEach } from 'vitest';

const stops: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** A server in this process, until the test ends. */
export async function startTestServer(options: Partial<ServerOptions> = {}): Promise<SyncServer> {
  const store = new MemoryStore();
  const server = await startServer({ host: '127.0.0.1', port: 0, ...options, store });
  stops.push(async () => {
    await server.close();
    await store.close();
  });
  return server;
}
