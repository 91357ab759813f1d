import { type Bus, MemoryBus, MemoryHub } from '@syncline/bus';
import { RedisBus } from '@syncline/bus-redis';
import { type DocumentStore, MemoryStore } from '@syncline/storage';
import { PostgresStore } from '@syncline/storage-postgres';
import { backendName, findServices, randomPrefix, TestDatabase } from '@syncline/testing/services';
import { afterAll, afterEach } from 'vitest';

/**
 * What the servers of one test share. All stores that are opened during a test have the same documents,
 * and all buses hear each other; of the next test they know nothing.
 */
interface Backend {
  openStore(): Promise<DocumentStore>;
  openBus(): Promise<Bus>;
  /** To be called between tests, when all that was opened is closed. */
  clear(): Promise<void>;
  remove(): Promise<void>;
}

const opened: { close(): Promise<void> }[] = [];
let backend: Promise<Backend> | undefined;

// Registered before those of harnesses, and so run after them: servers have ended.
afterEach(async () => {
  for (const resource of opened.splice(0)) await resource.close();
  await (await backend)?.clear();
});
afterAll(async () => {
  await (await backend)?.remove();
});

/** A store of this test, of the kind that `SYNCLINE_TEST_BACKEND` says, which is closed when the test ends. */
export async function openStore(): Promise<DocumentStore> {
  return closedAtEnd(await (await theBackend()).openStore());
}

/** As {@link openStore}, a bus. */
export async function openBus(): Promise<Bus> {
  return closedAtEnd(await (await theBackend()).openBus());
}

/** Made when it is needed: many files of tests bring stores of their own. */
async function theBackend(): Promise<Backend> {
  backend ??= backendName === 'level+memory' ? memoryBackend() : postgresRedisBackend();
  return await backend;
}

function closedAtEnd<T extends { close(): Promise<void> }>(resource: T): T {
  opened.push(resource);
  return resource;
}

async function memoryBackend(): Promise<Backend> {
  let [store, hub] = [new MemoryStore(), new MemoryHub()];
  return {
    openStore: async () => store,
    openBus: async () => new MemoryBus(hub),
    clear: async () => {
      [store, hub] = [new MemoryStore(), new MemoryHub()];
    },
    remove: async () => {},
  };
}

async function postgresRedisBackend(): Promise<Backend> {
  const { postgres, redis } = await findServices();
  const database = await TestDatabase.make(postgres);
  let prefix = randomPrefix();
  let isEmpty = true;
  return {
    openStore: async () => {
      isEmpty = false;
      return await PostgresStore.open(database.url);
    },
    openBus: async () => await RedisBus.open(redis, { prefix }),
    clear: async () => {
      prefix = randomPrefix();
      if (!isEmpty) await database.clear();
      isEmpty = true;
    },
    remove: () => database.drop(),
  };
}
