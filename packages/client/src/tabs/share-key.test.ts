import { expect, it } from 'vitest';
import { shareKey } from './share-key.ts';

const URL = 'https://sync.example.org';

const jwtOf = (json: string, signature = 'c2ln') =>
  `eyJhbGciOiJFUzI1NiJ9.${Buffer.from(json).toString('base64url')}.${signature}`;
const jwt = (claims: object, signature?: string) => jwtOf(JSON.stringify(claims), signature);
const keyOf = (token: string) => shareKey(URL, 0, token);

it('is the same for two tokens of one person', async () => {
  const roles = { b: 1, a: [1, { d: 1, c: 2 }] };
  const first = jwt({ sub: 'ädä', roles, iat: 1, nbf: 1, exp: 2, jti: 'x' }, 'b25l');
  const second = jwt(
    { exp: 20, roles: { a: [1, { c: 2, d: 1 }], b: 1 }, iat: 19, jti: 'y', sub: 'ädä' },
    'dHdv',
  );
  expect(await keyOf(first)).toBe(await keyOf(second));
});

it('differs when anything that a token says differs', async () => {
  const tokens = [
    '',
    'plain',
    'a.b.c',
    jwt({}),
    jwt({ sub: 'ada' }),
    jwt({ sub: 'bob' }),
    jwt({ sub: 'ada', iss: 'x' }),
    jwt({ sub: ['ada'] }),
    jwt({ sub: { 0: 'ada' } }),
    jwt({ sub: 'ada', inner: { exp: 1 } }),
    jwt({ sub: 'ada', inner: { exp: 2 } }),
    jwt({ sub: 'ada', roles: ['a', 'b'] }),
    jwt({ sub: 'ada', roles: ['b', 'a'] }),
    jwtOf('["ada"]'),
    JSON.stringify({ sub: 'ada' }),
    // What no double can hold.
    jwtOf('{"sub":12345678901234567890}'),
    jwtOf('{"sub":12345678901234567891}'),
    jwtOf('{"sub":{"__proto__":{"a":1}}}'),
    jwtOf('{"sub":{}}'),
  ];
  const keys = await Promise.all(tokens.map((token) => keyOf(token)));
  expect(new Set(keys).size).toBe(tokens.length);
});

it('holds long digits in texts for what they are', async () => {
  const first = jwt({ sub: 'google|113412341234123412341', iat: 1 });
  expect(await keyOf(first)).toBe(
    await keyOf(jwt({ sub: 'google|113412341234123412341', iat: 2 })),
  );
  expect(await keyOf(first)).not.toBe(await keyOf(jwt({ sub: 'google|113412341234123412342' })));
});

it('differs between servers and between versions of the data', async () => {
  const keys = await Promise.all([
    shareKey(URL, 0, ''),
    shareKey(URL, 1, ''),
    shareKey(`${URL}/base`, 0, ''),
  ]);
  expect(new Set(keys).size).toBe(3);
});

it('has nothing of the token in it', async () => {
  expect(await keyOf('secret')).toMatch(/^[0-9a-f]{64}$/);
});
