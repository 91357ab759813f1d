import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TemporaryDirectory } from '@syncline/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { syncline } from './command.ts';

const SECRET = 'a secret of at least thirty-two bytes';

let folder: TemporaryDirectory;

beforeEach(async () => {
  folder = await TemporaryDirectory.make();
});
afterEach(async () => {
  await folder.remove();
});

const write = (name: string, content: string) => writeFile(join(folder.path, name), content);

const writeConfig = (config: object) => write('syncline.config.json', JSON.stringify(config));

const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  syncline(args, env, folder.path);

type Shown = Record<string, { readonly from: string; readonly value: unknown }>;

async function printed(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Shown> {
  const { code, stdout, stderr } = await run(['serve', '--print-config', ...args], env);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout) as Shown;
}

/** What a server that must not start says, without its prefixes. */
async function refusal(
  expected: number,
  args: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<string[]> {
  const { code, stdout, stderr } = await run(['serve', '--port', '0', ...args], env);
  expect(stdout).toBe('');
  expect(code).toBe(expected);
  return stderr
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^syncline: /, ''));
}

describe('a setting', () => {
  it('of a flag is stronger than that of a variable, of a file, and the default', async () => {
    expect((await printed())['port']).toEqual({ from: 'default', value: 1234 });
    await writeConfig({ port: 1, logLevel: 'warn', limits: { queueFrames: 7, attachMs: '5s' } });
    const file = 'syncline.config.json';
    expect((await printed())['port']).toEqual({ from: file, value: 1 });
    const env = { SYNCLINE_PORT: '2', SYNCLINE_LIMITS: 'queueFrames=8,queueBytes=1.5 KiB' };
    expect((await printed([], env))['port']).toEqual({ from: 'SYNCLINE_PORT', value: 2 });
    const args = ['--port', '3', '--limit', 'queueFrames=9', '--limit', 'frameBytes=1MiB'];
    expect(await printed(args, env)).toMatchObject({
      port: { from: '--port', value: 3 },
      logLevel: { from: file, value: 'warn' },
      host: { from: 'default', value: '127.0.0.1' },
      'limits.queueFrames': { from: '--limit', value: 9 },
      'limits.frameBytes': { from: '--limit', value: 2 ** 20 },
      'limits.queueBytes': { from: 'SYNCLINE_LIMITS', value: 1536 },
      'limits.attachMs': { from: file, value: 5_000 },
      'limits.documentsPerConnection': { from: 'default', value: 1_000 },
    });
  });

  it('can be given as a flag or a variable wherever that makes sense', async () => {
    const flags = {
      '--host': ['host', 'localhost'],
      '--base-path': ['basePath', '/sync'],
      '--data': ['data', 'elsewhere'],
      '--memory': ['memory', 64],
      '--log-level': ['logLevel', 'debug'],
      '--drain': ['drain', 10],
      '--auth-issuer': ['auth.issuer', 'shop'],
      '--auth-audience': ['auth.audience', 'docs'],
      '--auth-jwks-url': ['auth.jwksUrl', 'https://id.example.com/keys'],
      '--auth-algorithm': ['auth.algorithm', 'ES256'],
      '--rules': ['rules', 'rules.yaml'],
      '--trust-proxy': ['trustProxy', 1],
      '--schema-min': ['schema.min', 2],
      '--schema-max': ['schema.max', 3],
    } as const;
    const args = Object.entries(flags).flatMap(([flag, [, value]]) => [flag, String(value)]);
    const env = Object.entries(flags).map(([flag, [, value]]) => [
      `SYNCLINE_${flag.slice(2).toUpperCase().replaceAll('-', '_')}`,
      String(value),
    ]);
    const expected = Object.fromEntries(Object.values(flags));
    const values = (shown: Shown) =>
      Object.fromEntries(Object.entries(shown).map(([path, { value }]) => [path, value]));
    expect(values(await printed(args))).toMatchObject(expected);
    expect(values(await printed([], Object.fromEntries(env) as NodeJS.ProcessEnv))).toMatchObject(
      expected,
    );
    const origins = ['https://a.example', 'https://b.example:8443'];
    for (const shown of [
      await printed(['--allow-anonymous', ...origins.flatMap((one) => ['--origin', one])]),
      await printed(['--allow-anonymous', '--origin', origins.join(',')]),
      await printed([], { SYNCLINE_ALLOW_ANONYMOUS: 'true', SYNCLINE_ORIGINS: origins.join(',') }),
    ]) {
      expect(values(shown)).toMatchObject({ allowAnonymous: true, origins });
    }
  });

  it('of a database can be given as a flag, a variable or in a file', async () => {
    const settings = {
      store: ['--store', 'postgresql://ada@host:5433/docs?sslmode=require'],
      bus: ['--bus', 'rediss://host:6380'],
      busPrefix: ['--bus-prefix', 'docs'],
      compaction: ['--compaction', 'off'],
    } as const;
    const entries = Object.entries(settings);
    const env = entries.map(([, [flag, value]]) => [
      `SYNCLINE_${flag.slice(2).toUpperCase().replaceAll('-', '_')}`,
      value,
    ]);
    const file = Object.fromEntries(entries.map(([key, [, value]]) => [key, value]));
    const expected = { ...file, compaction: false };
    const values = (shown: Shown) =>
      Object.fromEntries(entries.map(([key]) => [key, shown[key]?.value]));
    expect(values(await printed(entries.flatMap(([, option]) => option)))).toEqual(expected);
    expect(values(await printed([], Object.fromEntries(env) as NodeJS.ProcessEnv))).toEqual(
      expected,
    );
    await writeConfig(expected);
    expect(values(await printed())).toEqual(expected);
    const on = (await printed(['--compaction', 'on']))['compaction'];
    expect(on).toEqual({ from: '--compaction', value: true });
  });

  it('comes from another file when that is named, with paths relative to it', async () => {
    await writeConfig({ port: 1 });
    const other = await TemporaryDirectory.make();
    const path = join(other.path, 'other.json');
    await writeFile(path, JSON.stringify({ port: 2, data: 'docs', rules: 'rules.yaml' }));
    for (const shown of [
      await printed(['--config', path]),
      await printed([], { SYNCLINE_CONFIG: path }),
    ]) {
      expect(shown['port']).toEqual({ from: path, value: 2 });
      for (const [name, file] of [
        ['data', 'docs'],
        ['rules', 'rules.yaml'],
      ] as const) {
        expect(join(folder.path, String(shown[name]?.value))).toBe(join(other.path, file));
      }
    }
    await other.remove();
  });

  it('of a module may be computed, and be a function', async () => {
    await write(
      'syncline.config.mjs',
      `export default async () => ({
        port: 1 + 2,
        authenticate: ({ token }) => (token === 'x' ? { id: 'ada' } : null),
      });`,
    );
    expect(await printed()).toMatchObject({
      port: { from: 'syncline.config.mjs', value: 3 },
      authenticate: { value: 'function' },
    });
    await writeConfig({});
    expect(await refusal(1)).toEqual([
      'there are syncline.config.mjs and syncline.config.json: remove one, or name one with --config',
    ]);
  });
});

describe('a secret', () => {
  it('never shows', async () => {
    const { stdout } = await run(['serve', '--print-config'], { SYNCLINE_AUTH_SECRET: SECRET });
    expect(JSON.parse(stdout)).toMatchObject({
      'auth.secret': { from: 'SYNCLINE_AUTH_SECRET', value: '…' },
    });
    expect(stdout).not.toContain(SECRET);
    await write('syncline.config.json', `{"auth": {"secret": "${SECRET}"}, port: 1}`);
    expect((await refusal(1)).join()).not.toContain(SECRET);
    await writeConfig({ auth: { secret: [SECRET] } });
    expect((await refusal(1)).join()).not.toContain(SECRET);
    await writeConfig({ auth: SECRET });
    expect((await refusal(1)).join()).not.toContain(SECRET);
  });

  it('that is too short, or empty by mistake, keeps the server from starting', async () => {
    const short = await refusal(1, [], { SYNCLINE_AUTH_SECRET: 'short' });
    expect(short[0]).toMatch(/^auth\.secret \(SYNCLINE_AUTH_SECRET\): .* at least 32 bytes/);
    const empty = await refusal(2, [], { SYNCLINE_AUTH_SECRET: '' });
    expect(empty[0]).toMatch(/^SYNCLINE_AUTH_SECRET must be text/);
  });

  it('is no flag', async () => {
    expect((await refusal(2, ['--auth-secret', SECRET]))[0]).toContain("'--auth-secret'");
  });
});

describe('what is wrong in a configuration', () => {
  it('is said all at once, with a line each and the key that was meant', async () => {
    await writeConfig({
      prot: 1,
      host: '',
      memory: '1 GB',
      logLevel: 'loud',
      origins: ['example.com'],
      auth: { isuer: 'x' },
      authenticate: 'x',
      rules: [{ document: 'a', wirte: 'true', read: true }, 3],
      limits: { frameByte: 1, updateBytes: '8 MB', queueFrames: 0 },
      schema: { min: 1.5 },
    });
    const lines = await refusal(1);
    expect(lines).toHaveLength(14);
    for (const part of [
      'prot: there is no such key (did you mean "port"?)',
      'host: must be an address to listen on, not ""',
      'memory: must be a whole number from 1 to 1048576, not "1 GB"',
      'logLevel: must be one of silent, trace,',
      'origins[0]: must be an origin like https://example.com, or *, not "example.com"',
      'auth.isuer: there is no such key (did you mean "issuer"?)',
      'authenticate: must be a function, in syncline.config.mjs, not "x"',
      'rules[0].wirte: there is no such key (did you mean "write"?)',
      'rules[0].read: must be an expression in quotes, as "true", not true',
      'rules[1]: must be an object, not 3',
      'limits.frameByte: there is no such key (did you mean "frameBytes"?)',
      'limits.updateBytes: must be a whole number of 1 or more, or a size like "64MiB", not "8 MB"',
      'limits.queueFrames: must be a whole number of 1 or more, not 0',
      'schema.min: must be a whole number of 0 or more, not 1.5',
    ]) {
      expect(lines.filter((line) => line.startsWith(`syncline.config.json: ${part}`))).toHaveLength(
        1,
      );
    }
  });

  it('has its line and column where it is no JSON', async () => {
    await write('syncline.config.json', '{\n  "port": 1,\n}');
    expect(await refusal(1)).toEqual(['syncline.config.json:3:1: this is no JSON']);
  });

  it.each([
    [['--config', 'nope.json'], 1, 'nope.json: there is no such file'],
    [['--config', 'nope.mjs'], 1, 'nope.mjs cannot be loaded: '],
    [['--limit', 'frameBytes'], 2, 'a limit is set as NAME=VALUE, not "frameBytes"'],
    [['--limit', 'frameBites=1'], 2, '--limit frameBites: there is no such key (did you mean'],
    [['--limit', 'frameBytes=-1'], 2, '--limit frameBytes must be a whole number'],
    [['--origin', 'a'], 2, '--origin must be an origin'],
    [['--base-path', 'sync'], 2, '--base-path must be a path'],
    [['--auth-algorithm', 'none'], 2, '--auth-algorithm must be one of HS256,'],
    [['--auth-issuer', 'x'], 1, 'auth.issuer (--auth-issuer) needs one of'],
    [['--auth-public-key', 'nope'], 1, 'auth.publicKey (--auth-public-key): nope: there is no'],
    [['--rules', 'nope.yaml'], 1, 'nope.yaml: there is no such file'],
    [['--schema-min', '2', '--schema-max', '1'], 1, 'schema.min (--schema-min) is larger'],
  ])('is said in one line with its code: %j', async (args, code, message) => {
    const lines = await refusal(code, args);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(message);
  });

  it('is a second way to know users, but the stronger source replaces the weaker', async () => {
    await write(
      'syncline.config.mjs',
      `export default {
        auth: { jwksUrl: 'https://id.example.com/keys', algorithm: 'ES256' },
        authenticate: () => null,
      };`,
    );
    expect((await refusal(1))[0]).toContain('auth.jwksUrl (syncline.config.mjs) or authenticate');
    const shown = await printed([], { SYNCLINE_AUTH_SECRET: SECRET });
    expect(Object.keys(shown).filter((path) => path.startsWith('auth'))).toEqual(['auth.secret']);
  });
});

describe('without authentication', () => {
  it('the server listens on its own machine alone, unless that is asked for', async () => {
    for (const host of ['0.0.0.0', '::', '192.168.1.1', 'example.com']) {
      const [line, ...others] = await refusal(1, ['--host', host]);
      expect(others).toEqual([]);
      expect(line).toContain(`host (--host) is ${host}`);
      expect(line).toContain('SYNCLINE_AUTH_SECRET');
      expect(line).toContain('--allow-anonymous');
    }
    expect((await refusal(1, ['--trust-proxy', '1']))[0]).toContain('a proxy lets others in');
  });
});
