import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StockClient, TemporaryDirectory, until } from '@syncline/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { syncline } from './command.ts';
import { Serving } from './serve.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const RULES = `rules:
  - document: "**"
    read: "true"
    write: user != null
    awareness: "true"
    admin: has(user.admin) && user.admin
`;

let folder: TemporaryDirectory;
let serving: Serving | undefined;
let clients: StockClient[];

beforeEach(async () => {
  folder = await TemporaryDirectory.make();
  clients = [];
});
afterEach(async () => {
  for (const client of clients) client.destroy();
  await serving?.stop();
  await folder.remove();
});

const env = { SYNCLINE_AUTH_SECRET: SECRET };

const write = (name: string, content: string) => writeFile(join(folder.path, name), content);

async function tokenOf(user: string, ...args: string[]): Promise<string> {
  const { stdout } = await syncline(['token', '--user', user, ...args], env, folder.path);
  return stdout.trim();
}

/** Asks the server as the bearer of a token; gives what it says. */
async function ask(token: string | undefined, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await syncline(
    [...args, '--url', serving?.url ?? ''],
    token === undefined ? {} : { SYNCLINE_TOKEN: token },
    folder.path,
  );
  expect(code).toBe(stderr === '' ? 0 : 1);
  return stdout + stderr;
}

function connect(token?: string): StockClient {
  const params: Record<string, string> = token === undefined ? {} : { token };
  const client = new StockClient(serving?.webSocketUrl ?? '', 'doc', { params });
  clients.push(client);
  return client;
}

it('a token that syncline made is accepted, and says what its bearer may do', async () => {
  serving = await Serving.start(folder.path, [], env);
  const [ada, root] = [await tokenOf('ada'), await tokenOf('root', '--admin')];
  expect(await ask(root, 'list')).toBe('No documents\n');
  expect(await ask(ada, 'list')).toContain('right "admin"');
  expect(await ask(undefined, 'list')).toContain('needs a token');
  expect(await ask(`${ada}x`, 'list')).toContain('not accepted');
  await connect(ada).synced();
  for (const part of [SECRET, ada, root]) expect(serving.log).not.toContain(part);
});

it('rules and keys are read again on request, and stay when they are wrong', async () => {
  await write('rules.yaml', RULES);
  serving = await Serving.start(folder.path, ['--rules', 'rules.yaml'], env);
  const [ada, root] = [await tokenOf('ada'), await tokenOf('root', '--admin')];
  expect(await ask(ada, 'list')).toContain('right "admin"');

  await write('rules.yaml', RULES.replace('has(user.admin) && user.admin', 'user.id == "ada"'));
  expect(await ask(root, 'reload')).toBe('Reloaded\n');
  expect(await ask(ada, 'list')).toBe('No documents\n');
  expect(await ask(root, 'reload')).toContain('right "admin"');

  await write('rules.yaml', RULES.replace('has(user.admin)', 'has(usr.admin)'));
  expect(await ask(ada, 'reload')).toMatch(/^syncline: rules\.yaml:6:16: admin: Unknown variable/);
  expect(await ask(ada, 'list')).toBe('No documents\n');

  await write('rules.yaml', RULES);
  serving.signal('SIGHUP');
  await until('it is logged', () => serving?.log.split('was read again').length === 3);
  expect(await ask(ada, 'list')).toContain('right "admin"');
  expect(await ask(root, 'list')).toBe('No documents\n');

  await write('rules.yaml', 'rules: 1');
  serving.signal('SIGHUP');
  await until('it is logged', () => serving?.log.includes('nothing was reloaded') === true);
  expect(await ask(root, 'list')).toBe('No documents\n');
});

it('an operator ends the sessions of a user, or of a document', async () => {
  serving = await Serving.start(folder.path, [], env);
  const [ada, root] = [await tokenOf('ada'), await tokenOf('root', '--admin')];
  const client = await connect(ada).synced();
  expect(await ask(ada, 'revoke', '--document', 'doc')).toContain('right "admin"');
  expect(await ask(root, 'revoke', '--document', 'other')).toBe('Ended 0 sessions\n');
  expect(await ask(root, 'revoke', '--document', 'doc')).toBe('Ended 1 session\n');
  await until('it is closed', () => client.closeCodes.includes(4205));
  expect(await ask(root, 'revoke', '--user', 'bob', '--json')).toBe('{"ended":0}\n');
});

it('who shows no token may be let in, and a wrong token is refused all the same', async () => {
  await write('rules.yaml', RULES);
  serving = await Serving.start(folder.path, ['--rules', 'rules.yaml', '--allow-anonymous'], env);
  await connect().synced();
  const refused = connect('nonsense');
  await until('it is closed', () => refused.closeCodes.includes(4401));
});

it('a function of the configuration says who users are', async () => {
  await write(
    'syncline.config.mjs',
    `export default {
      authenticate: ({ token }) => {
        if (token === 'broken') throw new Error('the database says no');
        return token === 'open sesame' ? { id: 'ada', admin: true } : null;
      },
    };`,
  );
  serving = await Serving.start(folder.path);
  expect(await ask('open%20sesame', 'list')).toContain('not accepted');
  const client = await connect('open sesame').synced();
  expect(client.closeCodes).toEqual([]);
  const refused = connect('broken');
  await until('it is closed', () => refused.closeCodes.includes(4401));
  expect(serving.log).toContain('the database says no');
  for (const token of ['open sesame', 'open%20sesame']) expect(serving.log).not.toContain(token);
});
