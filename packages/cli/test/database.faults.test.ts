import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readFresh, StockClient, TemporaryDirectory, until } from '@syncline/testing';
import { PrivatePostgres, TestDatabase } from '@syncline/testing/services';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { syncline } from './command.ts';
import { Running } from './running.ts';
import { Serving } from './serve.ts';

/** What a process may take to stop, with some time for a busy machine. */
const STOP_MS = 8_000;

describe.skipIf(!(await PrivatePostgres.isInstalled()))('with a PostgreSQL of its own', () => {
  let postgres: PrivatePostgres;
  let database: TestDatabase;
  let folder: TemporaryDirectory;
  let env: NodeJS.ProcessEnv;
  const running: Running[] = [];
  const clients: StockClient[] = [];

  beforeAll(async () => {
    postgres = await PrivatePostgres.make();
  });
  beforeEach(async () => {
    folder = await TemporaryDirectory.make();
    database = await TestDatabase.make(postgres.url);
    env = { SYNCLINE_STORE: database.url };
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    for (const process of running.splice(0)) await process.stop();
    await database.drop();
    await folder.remove();
  });
  afterAll(() => postgres.remove());

  const serve = async (...args: string[]) => {
    const serving = await Serving.start(folder.path, args, env);
    running.push(serving);
    return serving;
  };

  const connect = async ({ webSocketUrl }: Serving) => {
    const client = await new StockClient(webSocketUrl, 'a').synced();
    clients.push(client);
    return client;
  };

  async function write(server: Serving, client: StockClient, text: string): Promise<void> {
    client.text.insert(client.text.length, text);
    const { content } = client;
    await until(
      'it is stored',
      async () => (await readFresh(server.webSocketUrl, 'a')) === content,
    );
  }

  /** How long a process takes to end after SIGTERM, in milliseconds, and its exit code. */
  async function terminate(process: Running): Promise<{ code: number | null; ms: number }> {
    const start = performance.now();
    process.signal('SIGTERM');
    return { code: await process.ended(), ms: performance.now() - start };
  }

  it('a worker goes on after PostgreSQL was killed and started again', async () => {
    const worker = new Running(folder.path, ['worker', '--every', '200ms'], env);
    running.push(worker);
    await until('it is ready', () => worker.log.includes('"ready"'));
    await postgres.stop('immediate');
    await until('it notices', () => worker.log.includes('the database cannot be written'));
    await postgres.start();
    await until('it notices', () => worker.log.includes('the database can be written again'));
    const server = await serve('--compaction', 'off');
    const client = await connect(server);
    for (const letter of 'abc') await write(server, client, letter.repeat(500));
    await until('it is merged', async () => {
      const { stdout } = await syncline(['list', '--changed', '--names'], env);
      return stdout === '';
    });
    expect(await readFresh(server.webSocketUrl, 'a')).toBe(client.content);
    expect(await terminate(worker)).toMatchObject({ code: 0 });
  });

  it('a worker and a server stop while PostgreSQL is away', async () => {
    const server = await serve();
    const worker = new Running(folder.path, ['worker', '--every', '200ms'], env);
    running.push(worker);
    const client = await connect(server);
    await write(server, client, 'saved');
    await until('it is ready', () => worker.log.includes('"ready"'));
    await postgres.stop('fast');
    try {
      client.text.insert(0, 'not saved');
      await until('it notices', () => server.log.includes('the database cannot be written'));
      const ends = await Promise.all([server, worker].map(terminate));
      for (const { code, ms } of ends) {
        expect(code).toBe(0);
        expect(ms).toBeLessThan(STOP_MS);
      }
    } finally {
      await postgres.start();
    }
    client.destroy();
    expect(await readFresh((await serve()).webSocketUrl, 'a')).toBe('saved');
  });

  it('a server stops while PostgreSQL does not answer', async () => {
    const server = await serve();
    const client = await connect(server);
    await write(server, client, 'saved');
    await postgres.pause();
    try {
      client.text.insert(0, 'not saved');
      const { code, ms } = await terminate(server);
      expect(code).not.toBeNull();
      expect(ms).toBeLessThan(STOP_MS);
    } finally {
      await postgres.resume();
    }
  });

  it('a role that may not make tables serves a database that was migrated', async () => {
    const role = new URL(database.url);
    role.username = 'node';
    await database.run('CREATE ROLE node LOGIN');
    env = { SYNCLINE_STORE: role.href };
    const refused = await syncline(['serve', '--port', '0'], env);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /^syncline: [^\n]+ permission denied for schema public [^\n]+\n$/,
    );
    const owner = await syncline(['migrate', '--store', database.url]);
    expect(owner).toMatchObject({ code: 0, stderr: '' });
    await database.run(
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO node;
       GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO node`,
    );
    const server = await serve();
    const client = await connect(server);
    for (const letter of 'abc') await write(server, client, letter.repeat(500));
    for (const args of [['compact'], ['reset', 'a'], ['verify'], ['delete', 'a', '--yes']]) {
      expect(await syncline(args, env)).toMatchObject({ code: 0 });
    }
  });

  it('a wrong password is named, and not shown', async () => {
    await database.run("CREATE ROLE ada LOGIN PASSWORD 'right'");
    await postgres.stop('fast');
    const hba = join(folder.path, 'pg_hba.conf');
    await writeFile(
      hba,
      'host all ada 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n',
    );
    await chmod(folder.path, 0o755);
    await postgres.start(`hba_file=${hba}`);
    try {
      const address = new URL(database.url);
      address.username = 'ada';
      address.password = 'geheim';
      for (const command of [['serve', '--port', '0'], ['worker'], ['list']]) {
        const result = await syncline(command, { SYNCLINE_STORE: address.href });
        expect(result).toMatchObject({ code: 1, stdout: '' });
        expect(result.stderr).toMatch(/^syncline: [^\n]+ authentication failed [^\n]+\n$/);
        expect(result.stderr).not.toContain('geheim');
      }
    } finally {
      await postgres.stop('fast');
      await postgres.start();
    }
  });
});
