import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ERROR_CODES, isRetryable, type SyncError } from '@syncline/protocol';
import { exportJWK, exportPKCS8, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import type { Authenticator, RequestFacts } from './identity.ts';
import { createJwtAuthenticator, type JwtOptions } from './jwt.ts';
import { mintToken } from './mint-token.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const REQUEST: RequestFacts = { address: '127.0.0.1', origin: undefined, path: '/', headers: {} };

type SigningKey = Parameters<SignJWT['sign']>[0];

const now = () => Math.floor(Date.now() / 1_000);
const bytes = (text: string) => new TextEncoder().encode(text);

function sign(key: SigningKey, alg: string, claims: object = {}, kid?: string): Promise<string> {
  return new SignJWT({ sub: 'ada', exp: now() + 60, ...claims })
    .setProtectedHeader({ alg, ...(kid !== undefined && { kid }) })
    .sign(key);
}

const signed = (claims: object = {}) => sign(bytes(SECRET), 'HS256', claims);

const show = (authenticator: Authenticator, token: string | undefined) =>
  authenticator.authenticate(token, REQUEST);

async function refusal(authenticator: Authenticator, token: string | undefined) {
  const error = (await show(authenticator, token).then(
    () => undefined,
    (error: unknown) => error,
  )) as SyncError;
  expect(error.code).toBeDefined();
  // Neither the error nor what caused it gives the token away.
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    for (const part of (token ?? '').split('.')) {
      if (part.length > 8) expect(`${one.message}${JSON.stringify(one)}`).not.toContain(part);
    }
  }
  return error.code;
}

function configError(options: JwtOptions): string {
  try {
    createJwtAuthenticator(options);
  } catch (error) {
    expect((error as SyncError).code).toBe('config-invalid');
    return (error as SyncError).message;
  }
  return 'none';
}

describe('a token', () => {
  const authenticator = createJwtAuthenticator({ secret: SECRET });

  it('gives the claims of its bearer, and when it was issued and ends', async () => {
    const [iat, exp] = [now() - 5, now() + 60];
    const identity = await show(authenticator, await signed({ teams: ['a'], iat, exp }));
    expect(identity.user).toEqual({ sub: 'ada', id: 'ada', teams: ['a'], iat, exp });
    expect(identity.issuedAt).toBe(iat * 1_000);
    expect(identity.expiresAt).toBe((exp + 5) * 1_000);
  });

  it('that has no exp does not end', async () => {
    const { expiresAt } = await show(authenticator, await signed({ exp: undefined }));
    expect(expiresAt).toBeUndefined();
  });

  it('names its bearer by id, else by sub', async () => {
    const idOf = async (claims: object) =>
      (await show(authenticator, await signed(claims))).user?.id;
    expect(await idOf({ id: 'u1' })).toBe('u1');
    expect(await idOf({ id: 7 })).toBe('ada');
    for (const claims of [{ sub: undefined }, { sub: '' }, { id: '' }, { id: 'x'.repeat(257) }]) {
      expect(await refusal(authenticator, await signed(claims))).toBe('token-invalid');
    }
  });

  it('that is past its time is told so, but for a few seconds of other clocks', async () => {
    expect(await refusal(authenticator, await signed({ exp: now() - 10 }))).toBe('token-expired');
    expect((await show(authenticator, await signed({ exp: now() - 2 }))).user?.id).toBe('ada');
    const strict = createJwtAuthenticator({ secret: SECRET, clockToleranceSeconds: 0 });
    expect(await refusal(strict, await signed({ exp: now() - 2 }))).toBe('token-expired');
  });

  it('that is not valid yet is refused', async () => {
    expect(await refusal(authenticator, await signed({ nbf: now() + 60 }))).toBe('token-invalid');
    expect((await show(authenticator, await signed({ nbf: now() - 1 }))).user?.id).toBe('ada');
  });

  it('must be for this server, and from who may issue it', async () => {
    const strict = createJwtAuthenticator({ secret: SECRET, audience: 'docs', issuer: 'shop' });
    const good = { aud: ['docs', 'mail'], iss: 'shop' };
    expect((await show(strict, await signed(good))).user?.id).toBe('ada');
    for (const bad of [{ aud: 'mail' }, { aud: undefined }, { iss: 'other' }, { iss: undefined }]) {
      expect(await refusal(strict, await signed({ ...good, ...bad }))).toBe('token-invalid');
    }
  });

  it('that is missing or empty is asked for, unless anonymous users may come in', async () => {
    const open = createJwtAuthenticator({ secret: SECRET, allowAnonymous: true });
    expect([authenticator.allowsAnonymous, open.allowsAnonymous]).toEqual([false, true]);
    for (const none of [undefined, '']) {
      expect(await refusal(authenticator, none)).toBe('token-missing');
      expect((await show(open, none)).user).toBeNull();
    }
    expect(await refusal(open, 'nonsense')).toBe('token-invalid');
    expect(await refusal(open, await signed({ exp: 1 }))).toBe('token-expired');
  });

  it('that is none, or changed, or signed by another, is refused', async () => {
    const good = await signed();
    const [header, , signature] = good.split('.');
    const other = Buffer.from(JSON.stringify({ sub: 'eve', exp: now() + 60 })).toString(
      'base64url',
    );
    const others = await sign(bytes(`${SECRET}!`), 'HS256');
    const many = 'x'.repeat(20_000);
    for (const bad of [
      `${header}.${other}.${signature}`,
      `${good}x`,
      'a.b.c',
      '..',
      many,
      others,
    ]) {
      expect(await refusal(authenticator, bad)).toBe('token-invalid');
    }
  });

  it('without a signature is refused', async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const claims = part({ sub: 'ada', exp: now() + 60 });
    for (const alg of ['none', 'None', 'NONE', '']) {
      for (const signature of ['', 'x']) {
        const token = `${part({ alg })}.${claims}.${signature}`;
        expect(await refusal(authenticator, token)).toBe('token-invalid');
      }
    }
  });

  it('that syncline minted is accepted', async () => {
    const options = { secret: SECRET, issuer: 'shop', audience: 'docs' };
    const token = await mintToken({
      ...options,
      user: 'ada',
      ttlSeconds: 60,
      claims: { teams: ['a'], sub: 'eve', exp: 1 },
    });
    const { user } = await show(createJwtAuthenticator(options), token);
    expect(user).toMatchObject({ id: 'ada', sub: 'ada', teams: ['a'], iss: 'shop', aud: 'docs' });
    expect(user?.['exp']).toBe((user?.['iat'] as number) + 60);
  });
});

describe.each(['RS256', 'ES256', 'EdDSA'] as const)('a public key for %s', (algorithm) => {
  it('accepts what its private key signed, and nothing else', async () => {
    const [own, other] = [
      await generateKeyPair(algorithm, { extractable: true }),
      await generateKeyPair(algorithm),
    ];
    const publicKey = await exportSPKI(own.publicKey);
    const authenticator = createJwtAuthenticator({ publicKey });
    const token = await sign(own.privateKey, algorithm);
    expect((await show(authenticator, token)).user?.id).toBe('ada');
    expect(await refusal(authenticator, await sign(other.privateKey, algorithm))).toBe(
      'token-invalid',
    );
    const wrong = createJwtAuthenticator({ secret: SECRET });
    expect(await refusal(wrong, token)).toBe('token-invalid');
    expect(configError({ publicKey, algorithms: ['HS256'] })).toContain('not with HS256');
    expect(configError({ publicKey: await exportPKCS8(own.privateKey) })).toContain('private one');
  });

  it('is never taken for a secret', async () => {
    const { publicKey } = await generateKeyPair(algorithm);
    const pem = await exportSPKI(publicKey);
    const authenticator = createJwtAuthenticator({ publicKey: pem });
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const content = `${part({ alg: 'HS256' })}.${part({ sub: 'eve', exp: now() + 60 })}`;
    for (const secret of [pem, pem.trim()]) {
      const mac = createHmac('sha256', secret).update(content).digest('base64url');
      expect(await refusal(authenticator, `${content}.${mac}`)).toBe('token-invalid');
    }
  });
});

describe('keys at an address', () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function serveKeys() {
    const state = { keys: [] as object[], status: 200, fetched: 0 };
    const server = createServer((_, response) => {
      state.fetched++;
      response.writeHead(state.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ keys: state.keys }));
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    return { state, server, jwksUrl: `http://127.0.0.1:${port}/keys` };
  }

  it('check tokens of every algorithm, and are fetched once', async () => {
    const { state, jwksUrl } = await serveKeys();
    const authenticator = createJwtAuthenticator({ jwksUrl });
    const tokens: string[] = [];
    for (const algorithm of ['RS256', 'ES256', 'EdDSA'] as const) {
      const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
      state.keys.push({ ...(await exportJWK(publicKey)), kid: algorithm, alg: algorithm });
      tokens.push(await sign(privateKey, algorithm, {}, algorithm));
    }
    for (const token of tokens) expect((await show(authenticator, token)).user?.id).toBe('ada');
    const stranger = await generateKeyPair('RS256');
    const unknown = await sign(stranger.privateKey, 'RS256', {}, 'unknown');
    expect(await refusal(authenticator, unknown)).toBe('token-invalid');
    expect(await refusal(authenticator, await signed())).toBe('token-invalid');
    expect(state.fetched).toBe(1);
  });

  it('are all tried for a token that names none', async () => {
    const { state, jwksUrl } = await serveKeys();
    const pairs = [await generateKeyPair('ES256'), await generateKeyPair('ES256')];
    for (const { publicKey } of pairs) state.keys.push(await exportJWK(publicKey));
    const authenticator = createJwtAuthenticator({ jwksUrl });
    for (const { privateKey } of pairs) {
      const token = await sign(privateKey, 'ES256');
      expect((await show(authenticator, token)).user?.id).toBe('ada');
    }
    const stranger = await generateKeyPair('ES256');
    const token = await sign(stranger.privateKey, 'ES256');
    expect(await refusal(authenticator, token)).toBe('token-invalid');
  });

  it('that cannot be fetched make the client come back, and are not asked for at each token', async () => {
    const { state, jwksUrl } = await serveKeys();
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    state.keys.push(await exportJWK(publicKey));
    state.status = 503;
    const authenticator = createJwtAuthenticator({ jwksUrl });
    const token = await sign(privateKey, 'RS256');
    for (let i = 0; i < 10; i++) {
      const code = await refusal(authenticator, token);
      expect(code).toBe('internal');
      expect(isRetryable(code)).toBe(true);
      expect(ERROR_CODES[code].hocuspocus).not.toBe('deny');
    }
    expect(state.fetched).toBe(1);
    state.status = 200;
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    expect((await show(authenticator, token)).user?.id).toBe('ada');
  });

  it('need a server there', async () => {
    const { server, jwksUrl } = await serveKeys();
    await new Promise((resolve) => server.close(resolve));
    const authenticator = createJwtAuthenticator({ jwksUrl });
    const { privateKey } = await generateKeyPair('RS256');
    expect(await refusal(authenticator, await sign(privateKey, 'RS256'))).toBe('internal');
  });
});

it('keys that cannot be used are refused when they are configured', async () => {
  expect(configError({ secret: 'x'.repeat(31) })).toContain('at least 32 bytes, and has 31');
  expect(configError({ secret: 'ä'.repeat(16) })).toBe('none');
  expect(configError({})).toContain('exactly one of');
  expect(configError({ secret: SECRET, jwksUrl: 'https://a.b' })).toContain('exactly one of');
  expect(configError({ publicKey: 'nonsense' })).toContain('cannot be read');
  expect(configError({ jwksUrl: 'file:///keys' })).toContain('http or https');
  expect(configError({ jwksUrl: 'nonsense' })).toContain('http or https');
  expect(configError({ secret: SECRET, algorithms: ['RS256'] })).toContain('goes with HS256');
  const p384 = await generateKeyPair('ES384');
  expect(configError({ publicKey: await exportSPKI(p384.publicKey) })).toContain('needs P-256');
});
