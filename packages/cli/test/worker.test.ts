import { readFresh, StockClient, TemporaryDirectory, until } from '@syncline/testing';
import { findPostgres, TestDatabase } from '@syncline/testing/services';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { syncline } from './command.ts';
import { Running } from './running.ts';
import { Serving } from './serve.ts';

const postgres = await findPostgres();

describe.skipIf(postgres === undefined)('a worker', () => {
  let database: TestDatabase;
  let folder: TemporaryDirectory;
  let env: NodeJS.ProcessEnv;
  const running: Running[] = [];

  beforeAll(async () => {
    database = await TestDatabase.make(postgres as string);
    env = { SYNCLINE_STORE: database.url };
  });
  beforeEach(async () => {
    folder = await TemporaryDirectory.make();
  });
  afterEach(async () => {
    for (const process of running.splice(0)) await process.stop();
    await database.clear();
    await folder.remove();
  });
  afterAll(() => database.drop());

  const serve = async () => {
    const serving = await Serving.start(folder.path, ['--compaction', 'off'], env);
    running.push(serving);
    return serving;
  };
  const work = (every = '200ms') => {
    const worker = new Running(folder.path, ['worker', '--every', every], env);
    running.push(worker);
    return worker;
  };

  interface Numbers {
    readonly documentId: string;
    readonly entries: number;
  }

  async function numbers(): Promise<Numbers[]> {
    const { stdout } = await syncline(['list', '--json'], env);
    const lines = stdout.split('\n').filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as Numbers);
  }

  /** Types so that the document has a tail that is worth compacting. */
  async function type({ webSocketUrl }: Serving, name: string): Promise<string> {
    const client = await new StockClient(webSocketUrl, name).synced();
    for (const word of ['one ', 'two ', 'three ']) {
      client.text.insert(client.text.length, word.repeat(100));
      const { content } = client;
      await until('it is stored', async () => (await readFresh(webSocketUrl, name)) === content);
    }
    const { content } = client;
    client.destroy();
    return content;
  }

  it('compacts what a killed server left', async () => {
    const server = await serve();
    const contents = [await type(server, 'a'), await type(server, 'b')];
    await server.stop();
    for (const { entries } of await numbers()) expect(entries).toBeGreaterThan(1);
    const worker = work();
    await until('all is merged', async () =>
      (await numbers()).every(({ entries }) => entries === 0),
    );
    await until('it says so', () => worker.log.match(/"compacted"/g)?.length === 2);
    worker.signal('SIGTERM');
    expect(await worker.ended()).toBe(0);
    const { webSocketUrl } = await serve();
    expect([await readFresh(webSocketUrl, 'a'), await readFresh(webSocketUrl, 'b')]).toEqual(
      contents,
    );
  });

  it('goes round again and again, next to servers and other workers', async () => {
    const workers = [work(), work()];
    const server = await serve();
    for (let round = 0; round < 3; round++) {
      const content = await type(server, `document ${round}`);
      await until('it is merged', async () => (await numbers()).every((one) => one.entries === 0));
      expect(await readFresh(server.webSocketUrl, `document ${round}`)).toBe(content);
    }
    for (const worker of workers) {
      worker.signal('SIGINT');
      expect(await worker.ended()).toBe(0);
    }
  });

  it('goes on after its connections were cut', async () => {
    const worker = work();
    await until('it is ready', () => worker.log.includes('"ready"'));
    const server = await serve();
    await database.run(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    const content = await type(server, 'a');
    await until('it is merged', async () =>
      (await numbers()).every(({ entries }) => entries === 0),
    );
    expect(await readFresh(server.webSocketUrl, 'a')).toBe(content);
  });
});
