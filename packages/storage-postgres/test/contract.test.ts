import { testDocumentStore } from '@syncline/storage/contract';
import { findPostgres, TestDatabase } from '@syncline/testing/services';
import { afterAll, beforeAll, describe } from 'vitest';
import { PostgresStore } from '../src/index.ts';

const server = await findPostgres();

describe.skipIf(server === undefined)('on a real server', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await TestDatabase.make(server as string);
  });
  afterAll(() => database.drop());

  testDocumentStore('the PostgreSQL store', {
    open: () => PostgresStore.open(database.url),
    reopen: async (store) => {
      await store.close();
      return await PostgresStore.open(database.url);
    },
    cleanUp: () => database.clear(),
  });
});
