import { MemoryStore } from '@syncline/storage';
import { HocuspocusClient, SynclineClient, sleep, until } from '@syncline/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  connect,
  DIALECTS,
  type DialectName,
  EDITORS_WRITE,
  hasText,
  isStored,
  startGuarded,
  storedText,
  synced,
  textOf,
  tokenOf,
} from './dialect-client.ts';
import { HeldStore } from './held-store.ts';

const ID = 'notes';
const HOCUSPOCUS: readonly DialectName[] = ['Hocuspocus 4', 'Hocuspocus 3'];

/** What everybody may do, and eve may not. */
const NOT_EVE = "user != null && user.id != 'eve'";
type SetRules = Awaited<ReturnType<typeof startGuarded>>['setRules'];

const ADMINS = { document: '**', read: 'true', admin: "has(user.role) && user.role == 'admin'" };
const ALL = { document: '**', read: 'true', write: 'true', awareness: 'true', broadcast: 'true' };

describe.each(DIALECTS)('in %s', (dialect) => {
  it('a right to write that is taken away is gone for the very next update', async () => {
    const { url, store, setRules } = await startGuarded({ rules: [ALL] });
    const writer = await synced(
      await connect(dialect, url, ID, { token: await tokenOf('eve', '') }),
    );
    const reader = await synced(await connect('y-websocket 3', url, ID));
    writer.write('before');
    await hasText(reader.doc, 'before');
    await setRules([{ ...ALL, write: NOT_EVE }]);
    writer.write(', after');
    await until('the writer is told', () => writer.readOnlyTold > 0);
    await sleep(100);
    expect(await storedText(store, ID)).toBe('before');
    expect(textOf(reader.doc)).toBe('before');
    expect(writer.refusals).toEqual([]);
  });

  it('a right to write that is given brings what was not sent, or refused', async () => {
    const { url, store, setRules } = await startGuarded({ rules: [{ ...ALL, write: NOT_EVE }] });
    const writer = await synced(
      await connect(dialect, url, ID, { token: await tokenOf('eve', '') }),
    );
    writer.write('mine');
    await until('the writer is told', () => writer.readOnlyTold > 0);
    expect(await storedText(store, ID)).toBe('');
    await setRules([ALL]);
    await isStored(store, ID, 'mine');
    writer.write(', and more');
    await isStored(store, ID, 'mine, and more');
  });

  it('who may not read any more is told, and gets nothing that is committed later', async () => {
    const store = new HeldStore();
    const { url, setRules } = await startGuarded({ rules: [ALL], store });
    const reader = await synced(
      await connect(dialect, url, ID, { token: await tokenOf('eve', '') }),
    );
    const writer = await synced(
      await connect('y-websocket 3', url, ID, { token: await tokenOf('ada', '') }),
    );
    writer.write('before');
    await hasText(reader.doc, 'before');
    store.hold();
    writer.write(', after');
    await until('the commit has begun', () => store.isHolding);
    await setRules([{ ...ALL, read: NOT_EVE }]);
    store.release();
    await isStored(store, ID, 'before, after');
    writer.write(', later');
    await isStored(store, ID, 'before, after, later');
    await until('the reader is told', () => reader.refusals.length > 0);
    expect(reader.refusals).toContain('access-denied');
    await sleep(300);
    expect(textOf(reader.doc)).toBe('before');
    reader.write('!');
    await sleep(100);
    expect(await storedText(store, ID)).toBe('before, after, later');
  });

  it('who may not show itself any more is out of sight at once', async () => {
    const { url, setRules } = await startGuarded({ rules: [ALL] });
    const eve = await synced(await connect(dialect, url, ID, { token: await tokenOf('eve', '') }));
    const other = await synced(await connect('y-websocket 3', url, ID));
    eve.announce({ cursor: 1 });
    await until('it is seen', () => other.states.has(eve.doc.clientID));
    await setRules([{ ...ALL, awareness: NOT_EVE }]);
    await until('it is out of sight', () => !other.states.has(eve.doc.clientID));
    eve.announce({ cursor: 2 });
    await sleep(100);
    expect(other.states.has(eve.doc.clientID)).toBe(false);
  });

  it('sessions that are ended for a document come back by themselves', async () => {
    const { url, server, store } = await startGuarded({ rules: EDITORS_WRITE });
    const token = await tokenOf('ada', 'editor');
    const client = await synced(await connect(dialect, url, ID, { token }));
    const bystander = await synced(await connect('y-websocket 3', url, 'other', { token }));
    expect(await revoke(server.url, { document: ID })).toEqual({ ended: 1 });
    await until('the client is told', () => client.refusals.length > 0);
    expect(client.refusals).toEqual(['session-revoked']);
    expect(bystander.refusals).toEqual([]);
    if (dialect.startsWith('syncline')) return; // that client comes back when it is told to; see below
    await until('the client left', () => !client.isSynced);
    client.write('later');
    await isStored(store, ID, 'later');
  });

  it('a revoked user is out, and what it showed before is refused', async () => {
    const { url, server, store } = await startGuarded();
    const tokens = { ada: await tokenOf('ada', 'editor'), bob: await tokenOf('bob', 'editor') };
    const ada = await synced(await connect(dialect, url, ID, { token: tokens.ada }));
    const bob = await synced(await connect('y-websocket 3', url, ID, { token: tokens.bob }));
    expect(await revoke(server.url, { user: 'ada' })).toEqual({ ended: 1 });
    await until('ada is told', () => ada.refusals.length > 0);
    expect(ada.refusals).toContain('session-revoked');
    if (!dialect.startsWith('syncline')) {
      await until('the token is refused', () => ada.refusals.includes('token-invalid'));
    }
    const again = await connect(dialect, url, ID, { token: tokens.ada });
    await until('the token is refused', () => again.refusals.includes('token-invalid'));
    ada.write('!');
    bob.write('bob');
    await isStored(store, ID, 'bob');
    expect(textOf(ada.doc)).toBe('!');
    // Most tokens say the second in which they were issued, and no more.
    await nextSecond();
    const fresh = await connect(dialect, url, ID, { token: await tokenOf('ada', 'editor') });
    await synced(fresh);
    fresh.write(' and ada');
    await isStored(store, ID, 'bob and ada');
  });
});

/** A store that gives a document when it is told to. */
class SlowStore extends MemoryStore {
  reads = 0;
  give: () => void = () => {};
  readonly #given = new Promise<void>((resolve) => {
    this.give = resolve;
  });

  override async load(...args: Parameters<MemoryStore['load']>) {
    this.reads++;
    await this.#given;
    return await super.load(...args);
  }
}

describe.each(DIALECTS)('while a document is being read for a client of %s', (dialect) => {
  async function startWith(change: (url: string, setRules: SetRules) => Promise<unknown>) {
    const store = new SlowStore();
    const { url, server, setRules } = await startGuarded({ store, rules: [ADMINS, ALL] });
    const token = await tokenOf('eve', 'editor');
    const connecting = connect(dialect, url, ID, { token });
    await until('the document is read', () => store.reads > 0);
    await change(server.url, setRules);
    store.give();
    return await connecting;
  }

  it('it may lose the right to read', async () => {
    const client = await startWith((_, setRules) => setRules([{ ...ALL, read: NOT_EVE }]));
    await until('it is refused', () => client.refusals.includes('access-denied'));
    expect(client.isSynced).toBe(false);
  });

  it('its user may be revoked', async () => {
    const client = await startWith((url) => revoke(url, { user: 'eve' }));
    await until('it is refused', () => client.refusals.includes('token-invalid'));
    expect(client.isSynced).toBe(false);
  });

  it('it may lose the right to write', async () => {
    const client = await startWith((_, setRules) => setRules([{ ...ALL, write: NOT_EVE }]));
    await synced(client);
    client.write('!');
    await until('it is told', () => client.readOnlyTold > 0);
  });
});

/** What is minted from now on says another second than what was. */
async function nextSecond(): Promise<void> {
  await sleep(1_010 - (Date.now() % 1_000));
}

async function revoke(url: string, selection: object): Promise<unknown> {
  const response = await fetch(`${url}/v1/sessions/revoke`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await tokenOf('root', 'admin')}` },
    body: JSON.stringify(selection),
  });
  expect(response.status).toBe(200);
  return await response.json();
}

describe('a session that was revoked in syncline.v1', () => {
  it('may begin anew on the same connection', async () => {
    const { url, server } = await startGuarded();
    const client = await SynclineClient.connect(url, { token: await tokenOf('ada', 'editor') });
    onTestFinished(() => client.destroy());
    const session = await client.attach(ID);
    await revoke(server.url, { document: ID });
    await until('it is ended', () => session.state === 'detached');
    expect(session.detached).toMatchObject({ code: 'session-revoked', retry: true });
    expect((await client.attach(ID)).state).toBe('attached');
  });

  it('needs a newer token when its user was meant', async () => {
    const { url, server } = await startGuarded();
    const client = await SynclineClient.connect(url, { token: await tokenOf('ada', 'editor') });
    onTestFinished(() => client.destroy());
    const session = await client.attach(ID);
    await revoke(server.url, { user: 'ada' });
    await until('it is ended', () => session.state === 'detached');
    expect((await client.attach(ID)).detached).toMatchObject({ code: 'token-invalid' });
    client.send({ type: 'token', token: await tokenOf('ada', 'editor') });
    expect(await client.message('token-refused')).toMatchObject({ code: 'token-invalid' });
    await nextSecond();
    client.send({ type: 'token', token: await tokenOf('ada', 'editor') });
    await client.message('token-accepted');
    expect((await client.attach(ID)).state).toBe('attached');
  });
});

it.each(HOCUSPOCUS)('what %s takes for unsaved is saved once it may write', async (dialect) => {
  const { url, store, setRules } = await startGuarded({ rules: [{ ...ALL, write: NOT_EVE }] });
  const client = new HocuspocusClient(url, ID, {
    version: dialect === 'Hocuspocus 4' ? 4 : 3,
    token: await tokenOf('eve', ''),
  });
  onTestFinished(() => client.destroy());
  await client.synced();
  expect(client.authenticated).toEqual(['readonly']);
  client.text.insert(0, 'mine');
  client.text.insert(4, ', too');
  await sleep(100);
  expect(client.unsyncedChanges).toBeGreaterThan(0);
  await setRules([ALL]);
  await isStored(store, ID, 'mine, too');
  expect(client.authenticated.at(-1)).toBe('read-write');
  await client.saved(2_000);
});

it.each(HOCUSPOCUS)(
  'who shows %s a token later may do what it grants from then on',
  async (dialect) => {
    const { url, store } = await startGuarded();
    let token = '';
    const client = new HocuspocusClient(url, ID, {
      version: dialect === 'Hocuspocus 4' ? 4 : 3,
      token: () => token,
    });
    onTestFinished(() => client.destroy());
    await client.synced();
    client.text.insert(0, 'mine');
    token = await tokenOf('ada', 'editor');
    await client.provider.sendToken();
    await isStored(store, ID, 'mine');
    expect(client.authenticated).toEqual(['readonly', 'read-write']);
  },
);

it('who is nobody is out when tokens become necessary', async () => {
  const { createJwtAuthenticator, Rules } = await import('../src/index-access.ts');
  const { startHarness } = await import('./harness.ts');
  const rules = Rules.from([{ document: '**', read: 'true' }]);
  const secret = 's'.repeat(32);
  const { url, server } = await startHarness({
    rules,
    reload: async () => ({ authenticator: createJwtAuthenticator({ secret }) }),
  });
  const clients = await Promise.all(
    DIALECTS.map(async (dialect) => await synced(await connect(dialect, url, ID))),
  );
  await server.reload();
  for (const client of clients) {
    await until('it is told', () => client.refusals.includes('token-missing'));
  }
});
