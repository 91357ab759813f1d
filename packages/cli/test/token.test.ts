import { TemporaryDirectory } from '@syncline/testing';
import { decodeJwt, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { syncline } from './command.ts';

const SECRET = 'a secret of at least thirty-two bytes';

let folder: TemporaryDirectory;

beforeAll(async () => {
  folder = await TemporaryDirectory.make();
});
afterAll(async () => await folder.remove());

const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  syncline(['token', ...args], env, folder.path);

describe('syncline token', () => {
  it('prints a token that the secret verifies, and nothing else', async () => {
    const env = { SYNCLINE_AUTH_SECRET: SECRET, SYNCLINE_AUTH_AUDIENCE: 'docs' };
    const args = ['--user', 'ada', '--ttl', '15m', '--claims', '{"teams":["red"]}', '--admin'];
    const { code, stdout, stderr } = await run([...args, '--auth-issuer', 'shop'], env);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const { payload, protectedHeader } = await jwtVerify(
      stdout.trim(),
      new TextEncoder().encode(SECRET),
      { issuer: 'shop', audience: 'docs' },
    );
    expect(protectedHeader.alg).toBe('HS256');
    expect(payload).toMatchObject({ sub: 'ada', teams: ['red'], admin: true });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(15 * 60);
  });

  it('makes one for an hour, without claims, if nothing else is said', async () => {
    const { stdout } = await run(['--user', 'ada'], { SYNCLINE_AUTH_SECRET: SECRET });
    const { iat = 0, exp = 0, ...claims } = decodeJwt(stdout.trim());
    expect(claims).toEqual({ sub: 'ada' });
    expect(exp - iat).toBe(3_600);
  });

  it('says how to make a secret where there is none', async () => {
    const { code, stdout, stderr } = await run(['--user', 'ada']);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^syncline: there is no secret [^\n]+\n$/);
    expect(stderr).toContain('openssl rand -base64 32');
    expect(stderr).toContain('SYNCLINE_AUTH_SECRET');
    const short = await run(['--user', 'ada'], { SYNCLINE_AUTH_SECRET: 'short' });
    expect([short.code, short.stdout]).toEqual([1, '']);
    expect(short.stderr).toContain('at least 32 bytes');
  });

  it.each([
    [[], '--user is missing'],
    [['--user', ''], '--user is missing'],
    [['--user', 'ada', '--ttl', '1'], '--ttl must be a time like'],
    [['--user', 'ada', '--ttl', '0s'], '--ttl must be a time like'],
    [['--user', 'ada', '--claims', 'x'], '--claims must be a JSON object'],
    [['--user', 'ada', '--claims', '[]'], '--claims must be a JSON object'],
  ])('%j is answered with one line and exit code 2', async (args, message) => {
    const { code, stdout, stderr } = await run(args, { SYNCLINE_AUTH_SECRET: SECRET });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(message);
  });
});
