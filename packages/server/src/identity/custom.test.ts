import type { SyncError } from '@syncline/protocol';
import { describe, expect, it } from 'vitest';
import { type Authenticate, createCustomAuthenticator } from './custom.ts';
import type { RequestFacts } from './identity.ts';
import { openAuthenticator } from './open.ts';

const REQUEST: RequestFacts = {
  address: '10.0.0.1',
  origin: 'https://example.com',
  path: '/doc',
  headers: { 'x-tenant': 'a' },
};

const show = (authenticate: Authenticate, token?: string, allowAnonymous = false) =>
  createCustomAuthenticator(authenticate, { allowAnonymous }).authenticate(token, REQUEST);

async function refusal(authenticate: Authenticate, token?: string): Promise<SyncError> {
  return (await show(authenticate, token).then(
    () => new Error('accepted'),
    (error: unknown) => error,
  )) as SyncError;
}

describe('a function of the configuration', () => {
  it('gets the token and what is known of the connection', async () => {
    const seen: unknown[] = [];
    const authenticate: Authenticate = (request) => {
      seen.push(request);
      return Promise.resolve({ id: 'ada', teams: ['a'] });
    };
    expect((await show(authenticate, 'secret')).user).toEqual({ id: 'ada', teams: ['a'] });
    await show(authenticate, '');
    expect(seen).toEqual([
      { ...REQUEST, token: 'secret' },
      { ...REQUEST, token: undefined },
    ]);
  });

  it('says when its claims end', async () => {
    const exp = Math.floor(Date.now() / 1_000) + 60;
    expect((await show(() => ({ id: 'ada', exp }))).expiresAt).toBe(exp * 1_000);
    expect((await show(() => ({ id: 'ada' }))).expiresAt).toBeUndefined();
    expect((await refusal(() => ({ id: 'ada', exp: 1 }), 'x')).code).toBe('token-expired');
  });

  it('says with null that it knows nobody', async () => {
    expect((await show(() => null, 'x', true)).user).toBeNull();
    expect((await refusal(() => null, 'x')).code).toBe('token-invalid');
    expect((await refusal(() => null)).code).toBe('token-missing');
  });

  it('that throws refuses the token, and its error is for the log alone', async () => {
    const thrown = new Error('the database says no');
    for (const authenticate of [
      () => Promise.reject(thrown),
      () => {
        throw thrown;
      },
    ]) {
      const error = await refusal(authenticate, 'x');
      expect(error.code).toBe('token-invalid');
      expect(error.message).not.toContain('database');
      expect(error.cause).toBe(thrown);
    }
  });

  it('has its failures told for the log, without the token', async () => {
    const failures: string[] = [];
    const authenticator = createCustomAuthenticator(
      ({ token }) => {
        throw new Error(`nobody has ${token}`);
      },
      { onFailure: (failure) => failures.push(failure) },
    );
    for (const token of ['sesame', undefined]) {
      await expect(authenticator.authenticate(token, REQUEST)).rejects.toThrow('not accepted');
    }
    expect(failures).toHaveLength(2);
    expect(failures[0]).toContain('Error: nobody has …');
    expect(failures[0]).not.toContain('sesame');
  });

  it.each([
    ['nothing', undefined],
    ['text', 'ada'],
    ['true', true],
    ['a list', ['ada']],
    ['no id', {}],
    ['a number as id', { id: 7 }],
    ['an empty id', { id: '' }],
    ['what JSON cannot say', { id: 'ada', size: 1n }],
  ])('that returns %s refuses the token', async (_, answer) => {
    expect((await refusal(() => answer, 'x')).code).toBe('token-invalid');
  });

  it('gives claims as JSON has them', async () => {
    const since = new Date(0);
    const { user } = await show(() => ({ id: 'ada', since, call: () => 1, none: undefined }));
    expect(user).toEqual({ id: 'ada', since: since.toISOString() });
  });
});

it('without authentication everybody is anonymous, whatever they show', async () => {
  expect(openAuthenticator.allowsAnonymous).toBe(true);
  for (const token of [undefined, '', 'x']) {
    expect((await openAuthenticator.authenticate(token, REQUEST)).user).toBeNull();
  }
});
