import { writeFile } from 'node:fs/promises';
import { readFresh, StockClient, sleep, TemporaryDirectory, until } from '@syncline/testing';
import { findPostgres, TestDatabase } from '@syncline/testing/services';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Result, syncline } from './command.ts';
import { Serving } from './serve.ts';

const PASSWORD = 'geheim/23';
/** Longer than rooms wait for quiet before they are compacted. */
const QUIET_MS = 4_500;
/** A port on which nothing listens. */
const NOBODY = '127.0.0.1:1';

const postgres = await findPostgres();

let folder: TemporaryDirectory;

beforeEach(async () => {
  folder = await TemporaryDirectory.make();
});
afterEach(() => folder.remove());

const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Result> =>
  syncline(args, env, folder.path);

/** An address with a password, which a server that trusts everybody does not look at. */
function withPassword(url: string): string {
  const address = new URL(url);
  address.password = PASSWORD;
  return address.href;
}

describe.skipIf(postgres === undefined)('a server on PostgreSQL', () => {
  let database: TestDatabase;
  let serving: Serving | undefined;
  const clients: StockClient[] = [];

  beforeAll(async () => {
    database = await TestDatabase.make(postgres as string);
  });
  afterAll(() => database.drop());
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await serving?.stop();
    serving = undefined;
  });

  const start = async (env: NodeJS.ProcessEnv = { SYNCLINE_STORE: database.url }) => {
    serving = await Serving.start(folder.path, [], env);
    return serving;
  };

  const edit = async ({ webSocketUrl }: Serving, name: string, text: string) => {
    const client = new StockClient(webSocketUrl, name);
    clients.push(await client.synced());
    client.text.insert(0, text);
    await until('the edit is shown', async () => (await readFresh(webSocketUrl, name)) === text);
  };

  it.each(['SIGTERM', 'SIGKILL'] as const)('has its documents after %s', async (signal) => {
    const first = await start();
    await edit(first, signal, 'hello');
    for (const client of clients.splice(0)) client.destroy();
    first.signal(signal);
    expect(await first.ended()).toBe(signal === 'SIGTERM' ? 0 : null);
    const second = await start();
    expect(await readFresh(second.webSocketUrl, signal)).toBe('hello');
  });

  it('makes no data folder, and says that it must be alone without a bus', async () => {
    const server = await start();
    await until('it says so', () => server.log.includes('only node on its database'));
    expect((await run(['list'])).stderr).toContain('there is no data folder');
  });

  it('shows a password nowhere', async () => {
    const server = await start({ SYNCLINE_STORE: withPassword(database.url) });
    await until('it says where', () => server.log.includes('postgres:…@'));
    expect(server.log).not.toContain('geheim');
    const shown = await run(['serve', '--print-config'], {
      SYNCLINE_STORE: withPassword(database.url),
      SYNCLINE_BUS: 'redis://:geheim@127.0.0.1:6379',
    });
    expect(JSON.parse(shown.stdout)).toMatchObject({
      store: { from: 'SYNCLINE_STORE', value: expect.stringContaining('postgres:…@') },
      bus: { from: 'SYNCLINE_BUS', value: 'redis://:…@127.0.0.1:6379' },
    });
    expect(shown.stdout + shown.stderr).not.toContain('geheim');
  });

  it('does not start on a database that forgets commits', async () => {
    const forgetful = await TestDatabase.make(postgres as string);
    try {
      const name = new URL(forgetful.url).pathname.slice(1);
      await forgetful.run(`ALTER DATABASE ${name} SET synchronous_commit = off`);
      const { code, stderr } = await run(['serve', '--port', '0', '--store', forgetful.url]);
      expect(code).toBe(1);
      expect(stderr).toMatch(/^syncline: [^\n]*synchronous_commit is off[^\n]*\n$/);
    } finally {
      await forgetful.drop();
    }
  });

  it('says in one line which database does not let it in, and why', async () => {
    const role = new URL(database.url);
    role.username = 'nobody_of_that_name';
    const { code, stdout, stderr } = await run(['serve', '--port', '0'], {
      SYNCLINE_STORE: withPassword(role.href),
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^syncline: [^\n]*role "nobody_of_that_name" does not exist[^\n]*\n$/);
    expect(stderr).not.toContain('geheim');
  });

  it('leaves compaction to workers when it is told to', async () => {
    const { webSocketUrl, url } = await start({
      SYNCLINE_STORE: database.url,
      SYNCLINE_COMPACTION: 'off',
    });
    const client = await new StockClient(webSocketUrl, 'large').synced();
    clients.push(client);
    // Together more than a tail may grow to before it is compacted in the midst of edits.
    for (const letter of 'abc') {
      client.text.insert(0, letter.repeat(2 ** 19));
      const { content } = client;
      await until('it is shown', async () => (await readFresh(webSocketUrl, 'large')) === content);
    }
    const { entries } = await inspect('large');
    expect(entries).toBeGreaterThanOrEqual(3);
    await sleep(QUIET_MS);
    expect(await inspect('large')).toMatchObject({ entries });
    expect((await run(['compact', 'large', '--url', url])).code).toBe(0);
    expect(await inspect('large')).toMatchObject({ entries: 0 });
  });

  it('says how an address is written when PostgreSQL does not know the user', async () => {
    const url = new URL(database.url);
    url.username = 'nobody-of-that-name';
    const { code, stderr } = await run(['list', '--store', url.href]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/nobody-of-that-name[^\n]+; an address is like postgres:\/\/user@host/);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  async function inspect(name: string): Promise<{ readonly entries: number }> {
    const { stdout } = await run(['inspect', name, '--json', '--store', database.url]);
    return JSON.parse(stdout) as { entries: number };
  }
});

it('a database that is not there is named in one line', async () => {
  for (const command of [['serve', '--port', '0'], ['worker'], ['migrate'], ['list']]) {
    const env = { SYNCLINE_STORE: `postgres://ada:geheim@${NOBODY}/docs` };
    const { code, stdout, stderr } = await run(command, env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^syncline: PostgreSQL [^\n]+ECONNREFUSED[^\n]+\(postgres:[^\n]+\)\n$/);
    expect(stderr).toContain(`postgres://ada:…@${NOBODY}/docs`);
  }
});

const STORE = 'postgres://ada@127.0.0.1/docs';

it.each([
  [['--store', STORE, '--data', 'x'], 'remove store (--store) or data (--data)'],
  [['--bus', 'redis://127.0.0.1'], 'bus (--bus) connects nodes that share a database'],
  [['--compaction', 'off'], 'compaction (--compaction) leaves it to workers'],
])('serve %j does not start', async (args, message) => {
  const { code, stdout, stderr } = await run(['serve', '--port', '0', ...args]);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(message);
});

it.each([
  [['serve', '--store', 'mysql://ada:geheim@host'], '--store must be an address like postgres://'],
  [['serve', '--bus', 'http://ada:geheim@host'], '--bus must be an address like redis://'],
  [['serve', '--bus-prefix', 'a b'], '--bus-prefix must be text without spaces'],
  [
    ['serve', '--compaction', 'maybe'],
    '--compaction must be true or false, or in a flag on or off',
  ],
  [['worker', '--every', 'geheim'], '--every must be a time like 10s or 1m'],
  [['worker'], 'a worker needs a database'],
  [['migrate'], '--store is missing'],
  [['migrate', 'postgres://ada:geheim@host'], 'is one argument too many'],
  [['copy'], '--store is missing'],
  [['list', '--store', 'postgres:ada:geheim'], '--store must be an address like postgres://'],
  [['list', '--store', STORE, '--data', 'x'], '--store and --data say two places'],
  [['list', '--store', STORE, '--url', 'http://127.0.0.1'], '--url and --store say two places'],
  [['reset', 'a', '--data', 'x', '--bus', 'redis://127.0.0.1'], '--bus goes with --store'],
  [['reset', 'a', '--store', STORE, '--bus', 'geheim'], '--bus must be an address like redis://'],
  [['verify', '--repair', '--store', STORE], '--repair is for folders'],
])('%j is answered with one line and exit code 2', async (args, message) => {
  const { code, stdout, stderr } = await run(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(new RegExp(`^syncline: [^\n]+ See syncline ${args[0]} --help\\.\n$`));
  expect(stderr).toContain(message);
  if (args[1] !== '--every') expect(stderr).not.toContain('geheim');
});

it('an address in a file is not repeated when it is wrong', async () => {
  const config = { store: 'mysql://ada:geheim@host', bus: ['redis://:geheim@host'] };
  await writeFile(`${folder.path}/syncline.config.json`, JSON.stringify(config));
  const { code, stderr } = await run(['serve', '--print-config']);
  expect(code).toBe(1);
  expect(stderr.split('\n').slice(0, -1)).toEqual([
    'syncline: syncline.config.json: store: must be an address like postgres://user@host/database',
    'syncline: syncline.config.json: bus: must be an address like redis://host:6379',
  ]);
});

it('two variables that say two places are refused, and a flag is stronger than both', async () => {
  const env = { SYNCLINE_STORE: STORE, SYNCLINE_DATA: 'x' };
  expect((await run(['list'], env)).stderr).toContain('SYNCLINE_STORE and SYNCLINE_DATA say two');
  expect((await run(['list', '--data', 'y'], env)).stderr).toContain('no data folder y;');
});
