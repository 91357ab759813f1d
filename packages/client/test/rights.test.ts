import { sleep, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import { EVERYTHING, serveGuarded, tokenOf } from './guarded.ts';
import { hasText, provide, textOf } from './harness.ts';

const READ_ONLY = { document: '**', read: 'true' };

describe('rights', () => {
  it('that are missing make it read-only, and when they come, what was kept goes', async () => {
    const { url, setRules } = await serveGuarded(READ_ONLY);
    const ada = provide({ url, documentId: 'notes', token: await tokenOf('ada') });
    await ada.whenSynced;
    expect(ada.access).toEqual({ state: 'read-only', because: 'rights' });
    textOf(ada.doc).insert(0, 'kept');
    await expect(ada.saved()).rejects.toMatchObject({ code: 'read-only' });
    expect(ada.saveState.state).toBe('offline');
    await setRules(EVERYTHING);
    await until('it may write', () => ada.access.state === 'read-write');
    await ada.saved();
    const bob = provide({ url, documentId: 'notes', token: await tokenOf('bob') });
    await hasText(bob, 'kept');
    await setRules(READ_ONLY);
    await until('it may not', () => ada.access.state === 'read-only');
    textOf(ada.doc).insert(4, ' again');
    await sleep(200);
    expect(textOf(bob.doc).toString()).toBe('kept');
    expect([ada.synced, ada.saveState.state]).toEqual([true, 'offline']);
  });

  it('to read that are taken away stop the document, and no other', async () => {
    const { url, setRules } = await serveGuarded(EVERYTHING);
    const ada = provide({ url, documentId: 'secret', token: await tokenOf('ada') });
    const open = provide({ connection: ada.connection, documentId: 'open' });
    await Promise.all([ada.whenSynced, open.whenSynced]);
    await setRules({ ...EVERYTHING, document: 'open' });
    await until('it is refused', () => ada.state.status === 'refused');
    expect(ada.state).toMatchObject({ problem: { code: 'access-denied' } });
    expect(open.synced).toBe(true);
    await setRules(EVERYTHING);
    ada.connect();
    await until('it is back', () => ada.synced);
  });
});

describe('a token', () => {
  it('is asked for before it expires, and the session goes on', async () => {
    const { url } = await serveGuarded(EVERYTHING);
    let asked = 0;
    const token = async () => {
      asked++;
      return await tokenOf('ada', 2);
    };
    const provider = provide({ url, documentId: 'notes', token });
    await provider.whenSynced;
    expect(provider.connection.userId).toBe('ada');
    const states: string[] = [];
    provider.on('state', ({ status }) => states.push(status));
    await until('it was asked for three times', () => asked >= 3, 10_000);
    textOf(provider.doc).insert(0, 'still here');
    await provider.saved();
    expect(states).toEqual([]);
  });

  it('that is fixed ends with its time, and says so', async () => {
    const { url } = await serveGuarded(EVERYTHING);
    const provider = provide({ url, documentId: 'notes', token: await tokenOf('ada', 1) });
    await provider.whenSynced;
    await until('it is refused', () => provider.state.status === 'refused', 5_000);
    expect(provider.state).toMatchObject({ problem: { code: 'token-expired' } });
  });

  it('that is fixed and has ended leaves what is typed unsaved, until another one is set', async () => {
    const { url } = await serveGuarded(EVERYTHING);
    const provider = provide({ url, documentId: 'notes', token: await tokenOf('ada', 1) });
    const board = provide({ connection: provider.connection, documentId: 'board' });
    const warnings: string[] = [];
    provider.connection.on('warning', ({ code }) => warnings.push(code));
    const states: string[] = [];
    provider.on('saveState', ({ state }) => states.push(state));
    await Promise.all([provider.whenSynced, board.whenSynced]);
    textOf(provider.doc).insert(0, 'before');
    await provider.saved();
    await until('it is refused', () => provider.state.status === 'refused', 5_000);
    // It was told in time, and once.
    expect(warnings).toEqual(['token-expired']);
    expect(board.state).toMatchObject({ status: 'refused', problem: { code: 'token-expired' } });
    expect(provider.saveState.state).toBe('saved');

    textOf(provider.doc).insert(6, ', after');
    textOf(board.doc).insert(0, 'board');
    expect(provider.saveState.state).toBe('offline');
    expect(provider.saveState.unsavedBytes).toBeGreaterThan(0);
    await until('it is said', () => states.at(-1) === 'offline');
    await expect(provider.saved()).rejects.toMatchObject({ code: 'token-expired' });
    // Trying again brings nothing but the same refusal.
    provider.connect();
    await until('it was tried', () => provider.state.status !== 'refused');
    await until('it is refused again', () => provider.state.status === 'refused', 5_000);

    provider.connection.setToken(await tokenOf('ada'));
    await Promise.all([provider.saved(), board.saved()]);
    expect(provider.saveState.state).toBe('saved');
    const fresh = provide({ url, documentId: 'notes', token: await tokenOf('bob') });
    await fresh.whenSynced;
    expect(textOf(fresh.doc).toString()).toBe('before, after');
  });

  it('can be set at any time, also as a function, and for another user', async () => {
    const { url } = await serveGuarded(EVERYTHING);
    const provider = provide({ url, documentId: 'notes', token: await tokenOf('ada') });
    await provider.whenSynced;
    expect(provider.connection.userId).toBe('ada');
    textOf(provider.doc).insert(0, 'on its way');
    provider.connection.setToken(() => tokenOf('bob'));
    expect(provider.synced).toBe(false);
    await provider.saved();
    expect(provider.connection.userId).toBe('bob');
    provider.disconnect();
    provider.connection.setToken(await tokenOf('eve'));
    expect(provider.state.status).toBe('offline');
    provider.connect();
    await until('it is back', () => provider.synced);
    expect(provider.connection.userId).toBe('eve');
    await provider.close();
    expect(() => provider.connection.setToken('')).toThrow(TypeError);
  });

  it('that cannot be got now is asked for again', async () => {
    const { url } = await serveGuarded(EVERYTHING);
    let fails = 2;
    const token = async () => {
      if (fails-- > 0) throw new Error('the login server is down');
      return await tokenOf('ada');
    };
    const provider = provide({ url, documentId: 'notes', token });
    await until('it says why', () => provider.state.status === 'offline');
    expect(provider.state).toMatchObject({
      problem: { message: 'no token: the login server is down' },
    });
    await provider.whenSynced;
  });
});
