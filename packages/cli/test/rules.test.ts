import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TemporaryDirectory } from '@syncline/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { syncline } from './command.ts';

const GOOD = `rules:
  - document: "boards/{team}/{board}"
    read: "true"
    write: "user.teams.exists(t, t == params.team)"
    awareness: "user != null"
`;

let folder: TemporaryDirectory;

beforeEach(async () => {
  folder = await TemporaryDirectory.make();
});
afterEach(async () => await folder.remove());

const write = (name: string, content: string) => writeFile(join(folder.path, name), content);

const run = (...args: string[]) => syncline(['rules', ...args], {}, folder.path);

describe('syncline rules check', () => {
  it('says how many rules are fine', async () => {
    await write('rules.yaml', GOOD);
    expect(await run('check', 'rules.yaml')).toMatchObject({
      code: 0,
      stdout: 'rules.yaml: 1 rule is fine\n',
    });
    expect((await run('check', '--rules', 'rules.yaml')).code).toBe(0);
    const rules = [{ document: 'a', read: 'true' }, { document: 'b' }];
    await write('rules.json', JSON.stringify({ rules }));
    expect((await run('check', 'rules.json')).stdout).toBe('rules.json: 2 rules are fine\n');
    expect((await run('check')).stdout).toBe('the default: 1 rule is fine\n');
    await write('syncline.config.json', JSON.stringify({ rules }));
    expect((await run('check')).stdout).toBe('syncline.config.json: 2 rules are fine\n');
  });

  it('says each thing that is wrong with its line and column', async () => {
    const text = `rules:
  - document: "boards/{team}/{board}"
    read: "true"
    write: "user.teams.exists(t, t == parms.team)"
    awareness: usr != null
    wirte: "x"
  - document: a/{b
    read: true
  - read: 'false'
  - document: x
    read: |
      true &&
        unknown
    admin: 'user.id == params.x'
    write: >
      true ||
      other
`;
    await write('rules.yaml', text);
    const { code, stdout, stderr } = await run('check', 'rules.yaml');
    expect(code).toBe(1);
    expect(stderr).toBe('syncline: rules.yaml: 9 problems\n');
    const places = stdout
      .trimEnd()
      .split('\n')
      .map((line) => {
        const [, row, column, message = ''] = /^rules\.yaml:(\d+):(\d+): (.*)$/.exec(line) ?? [];
        return [text.split('\n')[Number(row) - 1]?.slice(Number(column) - 1), message];
      });
    expect(places.map(([place]) => place)).toEqual([
      'parms.team)"',
      'usr != null',
      'wirte: "x"',
      'a/{b',
      'true',
      "read: 'false'",
      'unknown',
      "params.x'".slice(7),
      '>',
    ]);
    const messages = places.map(([, message]) => message).join('\n');
    for (const part of [
      'write: Unknown variable: parms',
      'wirte: there is no such key (did you mean "write"?)',
      'document: the pattern has a { without the other one',
      'read must be an expression in quotes, as "true", not true',
      'document must be a pattern',
      'admin: No such key: x (the pattern has no names)',
    ]) {
      expect(messages).toContain(part);
    }
  });

  it.each([
    ['rules: [', /^rules\.yaml:1:\d+: /],
    ['', /^rules\.yaml:1:1: must have the key rules/],
    ['- document: a', /^rules\.yaml:1:1: must have the key rules/],
    ['rules: 3', /^rules\.yaml:1:8: rules must be a list of rules/],
    ['rule: []', /^rules\.yaml:1:1: /],
  ])('finds that %j is no list of rules', async (text, message) => {
    await write('rules.yaml', text);
    const { code, stdout } = await run('check', 'rules.yaml');
    expect(code).toBe(1);
    expect(stdout).toMatch(message);
  });

  it('finds what is wrong with rules in a configuration', async () => {
    const rules = [
      { document: 'a', read: 'true' },
      { document: 'b', write: 'true &&\n x' },
    ];
    await write('syncline.config.json', JSON.stringify({ rules }));
    const { code, stdout } = await run('check');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^syncline\.config\.json: rules\[1\]\.write: 2:2: Unknown variable: x/);
  });
});

describe('syncline rules test', () => {
  const TESTS = `rules: rules.yaml
tests:
  - user: ada
    document: boards/red/1
    expect: [read, awareness]
  - user: { id: ada, teams: [red] }
    document: boards/red/1
    expect: { write: true, broadcast: false }
  - { user: null, document: other, expect: [] }
`;

  it('shows what rules grant, and that it is what is expected', async () => {
    await mkdir(join(folder.path, 'inside'));
    await write('inside/rules.yaml', GOOD);
    await write('inside/tests.yaml', TESTS);
    const { code, stdout, stderr } = await run('test', 'inside/tests.yaml');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`    USER      DOCUMENT      EXPECTED             GRANTED
ok  ada       boards/red/1  read awareness       read awareness
ok  ada       boards/red/1  write, no broadcast  read write awareness
ok  (nobody)  other         (nothing)            (nothing)
3 tests passed, with the rules of inside/rules.yaml
`);
  });

  it('fails when that is something else', async () => {
    await write('rules.yaml', GOOD.replace('== params', '!= params'));
    await write('tests.yaml', TESTS);
    const { code, stdout, stderr } = await run('test', 'tests.yaml');
    expect(code).toBe(1);
    expect(stdout.match(/^ok /gm)).toHaveLength(2);
    expect(stdout.match(/^FAIL .*$/gm)).toEqual([
      expect.stringMatching(/write, no broadcast {2}read awareness$/) as string,
    ]);
    expect(stderr).toBe('syncline: 1 of 3 tests failed\n');
  });

  it('takes a list in JSON, with what rules may know of a request, and rules of its own', async () => {
    const test = { user: 'ada', document: 'a', request: { headers: { 'x-tenant': 'b' } } };
    await write('tests.json', JSON.stringify([{ ...test, expect: ['read'] }]));
    await write(
      'other.json',
      JSON.stringify({
        rules: [{ document: '*', read: 'request.headers["x-tenant"] == "b"' }],
      }),
    );
    expect((await run('test', 'tests.json', '--rules', 'other.json')).code).toBe(0);
    const { code, stdout } = await run('test', 'tests.json');
    expect(code).toBe(1);
    expect(stdout).toContain('read write awareness broadcast');
  });

  it('says what is wrong in its file, with line and column', async () => {
    await write('tests.yaml', '- { user: 3, document: "", expect: [reed] }\n- { usr: a }\n');
    const { code, stdout, stderr } = await run('test', 'tests.yaml');
    expect([code, stdout]).toEqual([1, '']);
    for (const part of [
      'tests.yaml:1:11: user must be',
      'tests.yaml:1:24: document must be',
      'tests.yaml:1:37: expect must be one of read,',
      'tests.yaml:2:5: usr: there is no such key (did you mean "user"?)',
    ]) {
      expect(stderr).toContain(`syncline: ${part}`);
    }
  });
});

describe('syncline rules', () => {
  it('lists its commands', async () => {
    for (const args of [[], ['--help'], ['help']]) {
      const { code, stdout } = await run(...args);
      expect(code).toBe(0);
      expect(stdout).toContain('rules check');
      expect(stdout).toContain('rules test');
      expect(stdout).not.toContain('serve');
    }
    const { code, stderr } = await run('chek');
    expect(code).toBe(2);
    expect(stderr).toContain('there is no command "rules chek"');
  });
});
