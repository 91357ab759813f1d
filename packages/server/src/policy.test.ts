import { SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCustomAuthenticator } from './identity/custom.ts';
import type { Authenticator, RequestFacts } from './identity/identity.ts';
import { createJwtAuthenticator } from './identity/jwt.ts';
import { openAuthenticator } from './identity/open.ts';
import { secretKey } from './identity/secret.ts';
import { Policy } from './policy.ts';
import { defaultRules, Rules } from './rules/rules.ts';

const SECRET = 's'.repeat(32);
/** Half a second after a full one. */
const NOW = 1_700_000_000_500;
const request: RequestFacts = { address: '', origin: undefined, path: '/', headers: {} };
const rules = Rules.from(defaultRules(true));
const jwt = createJwtAuthenticator({ secret: SECRET });

async function token(iat: number | undefined, user = 'ada'): Promise<string> {
  const signed = new SignJWT({ sub: user, ...(iat !== undefined && { iat }) });
  return await signed.setProtectedHeader({ alg: 'HS256' }).sign(secretKey(SECRET));
}

function policyOf(authenticator: Authenticator): Policy {
  return new Policy({ authenticator, rules });
}

beforeEach(() => {
  vi.useFakeTimers({ now: NOW, toFake: ['Date'] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('when a user was revoked', () => {
  const refused = expect.objectContaining({ code: 'token-invalid' });

  it.each([
    ['before', 1_699_999_999],
    ['in the same second, as far as tokens say it', 1_700_000_000],
    ['in the same moment', 1_700_000_000.5],
    ['at a time that it does not say', undefined],
  ])('a token that was issued %s is refused', async (_, iat) => {
    const policy = policyOf(jwt);
    const identity = await policy.authenticate(await token(iat), request);
    policy.revoke('ada');
    expect(() => policy.mustHold(identity)).toThrow(refused);
    await expect(policy.authenticate(await token(iat), request)).rejects.toEqual(refused);
  });

  it.each([
    ['in the next second', 1_700_000_001],
    ['a moment later', 1_700_000_000.501],
  ])('a token that was issued %s is accepted', async (_, iat) => {
    const policy = policyOf(jwt);
    policy.revoke('ada');
    vi.setSystemTime(NOW + 1_000);
    const identity = await policy.authenticate(await token(iat), request);
    expect(identity.user?.id).toBe('ada');
  });

  it('those of others are accepted', async () => {
    const policy = policyOf(jwt);
    policy.revoke('ada');
    const identity = await policy.authenticate(await token(1_699_999_999, 'bob'), request);
    expect(identity.user?.id).toBe('bob');
  });

  it('a function that does not say when a token was issued decides', async () => {
    const policy = policyOf(createCustomAuthenticator(() => ({ id: 'ada' })));
    policy.revoke('ada');
    expect((await policy.authenticate('x', request)).user?.id).toBe('ada');
  });
});

it('who is nobody holds as long as nobody has to show who they are', () => {
  const policy = policyOf(openAuthenticator);
  expect(policy.isAuthenticating).toBe(false);
  policy.mustHold({ user: null });
  policy.replace({ authenticator: jwt, rules });
  expect(policy.isAuthenticating).toBe(true);
  const missing = expect.objectContaining({ code: 'token-missing' });
  expect(() => policy.mustHold({ user: null })).toThrow(missing);
});

it('an identity holds up to its end', () => {
  const policy = policyOf(jwt);
  const user = { id: 'ada' };
  policy.mustHold({ user, expiresAt: NOW + 1 });
  const expired = expect.objectContaining({ code: 'token-expired' });
  expect(() => policy.mustHold({ user, expiresAt: NOW })).toThrow(expired);
});
