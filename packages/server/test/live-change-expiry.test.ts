import { SynclineClient, sleep, until } from '@syncline/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  connect,
  DIALECTS,
  type DialectClient,
  EDITORS_WRITE,
  isStored,
  startGuarded,
  storedText,
  synced,
  textOf,
  tokenOf,
} from './dialect-client.ts';

const ID = 'notes';

describe('when a token is past its time', () => {
  const rules = EDITORS_WRITE.map((rule) => ({ ...rule, read: 'user != null' }));

  it('its sessions end in every dialect', async () => {
    const { url, store } = await startGuarded({ rules, allowAnonymous: false });
    const token = await tokenOf('ada', 'editor', 3);
    const clients = await Promise.all(
      DIALECTS.map(async (dialect) => await synced(await connect(dialect, url, ID, { token }))),
    );
    for (const client of clients) expect(client.refusals).toEqual([]);
    for (const client of clients) {
      await until('it is told', () => client.refusals.includes('token-expired'));
    }
    for (const client of clients) client.write('!');
    await sleep(300);
    expect(await storedText(store, ID)).toBe('');
  });

  it('who had one goes on as everybody, where everybody may read', async () => {
    const { url, store } = await startGuarded();
    const token = await tokenOf('ada', 'editor', 3);
    const clients = await Promise.all(
      DIALECTS.map(async (dialect) => await synced(await connect(dialect, url, ID, { token }))),
    );
    const [first] = clients as [DialectClient];
    const bob = await connect('y-websocket 3', url, ID, { token: await tokenOf('bob', 'editor') });
    await synced(bob);
    first.announce({ cursor: 1 });
    await until('it is seen', () => bob.states.has(first.doc.clientID));
    await until('it is out of sight', () => !bob.states.has(first.doc.clientID));
    for (const client of clients) client.write('!');
    for (const client of clients) await until('it is told', () => client.readOnlyTold > 0);
    expect(await storedText(store, ID)).toBe('');
    bob.write('bob');
    for (const client of clients) {
      await until('it reads on', () => textOf(client.doc).includes('bob'));
      expect(client.refusals).toEqual([]);
    }
  });

  it('a Hocuspocus client was asked for another, and goes on with it', async () => {
    const { url, store } = await startGuarded({ rules, allowAnonymous: false });
    const token = await tokenOf('ada', 'editor', 3);
    let asked = 0;
    const nextToken = () => {
      asked++;
      return tokenOf('ada', 'editor', 600);
    };
    const clients = [
      await synced(await connect('Hocuspocus 4', url, ID, { token, nextToken })),
      await synced(await connect('Hocuspocus 3', url, ID, { token, nextToken })),
    ];
    await sleep(3_100);
    expect(asked).toBe(2);
    for (const client of clients) {
      client.write('here');
      expect(client.refusals).toEqual([]);
    }
    await isStored(store, ID, 'herehere');
  });

  it('another of somebody else does not count', async () => {
    const { url } = await startGuarded({ rules, allowAnonymous: false });
    const client = await connect('Hocuspocus 4', url, ID, {
      token: await tokenOf('ada', 'editor', 2),
      nextToken: () => tokenOf('eve', 'admin', 600),
    });
    await synced(client);
    await until('it is told', () => client.refusals.includes('token-expired'));
  });

  it('a client of syncline.v1 was told before, and goes on with another', async () => {
    const { url, store } = await startGuarded({ rules, allowAnonymous: false });
    const client = await SynclineClient.connect(url, { token: await tokenOf('ada', 'editor', 3) });
    onTestFinished(() => client.destroy());
    const session = await client.attach(ID);
    const { inMs } = await client.message('token-expiring');
    expect(inMs).toBeGreaterThan(0);
    expect(inMs).toBeLessThanOrEqual(1_500);
    client.send({ type: 'token', token: await tokenOf('ada', 'viewer', 600) });
    const accepted = await client.message('token-accepted');
    expect(accepted).toMatchObject({ userId: 'ada' });
    expect(accepted.expiresInMs).toBeGreaterThan(590_000);
    // What the newer token says counts, more or less than before.
    await until('the rights are those of the new one', () => !session.rights.write);
    await sleep(inMs + 100);
    expect(session.state).toBe('attached');
    client.send({ type: 'token', token: await tokenOf('ada', 'editor', 600) });
    await until('the rights are those of the newest', () => session.rights.write);
    session.text.insert(0, 'still here');
    await session.saved();
    expect(await storedText(store, ID)).toBe('still here');
  });

  it('a connection of syncline.v1 ends', async () => {
    const { url } = await startGuarded({ rules, allowAnonymous: false });
    const client = await SynclineClient.connect(url, { token: await tokenOf('ada', 'editor', 2) });
    onTestFinished(() => client.destroy());
    const session = await client.attach(ID);
    expect(await client.message('goodbye')).toMatchObject({ code: 'token-expired', retry: false });
    expect(session.detached).toMatchObject({ code: 'token-expired', retry: false });
  });

  it('a connection of syncline.v1 is that of nobody, where that may be, until another comes', async () => {
    const { url } = await startGuarded({
      rules: [{ document: 'open', read: 'true' }, ...rules],
    });
    const client = await SynclineClient.connect(url, { token: await tokenOf('ada', 'editor', 2) });
    onTestFinished(() => client.destroy());
    const [closed, open] = [await client.attach(ID), await client.attach('open')];
    await until('it is ended', () => closed.state === 'detached');
    expect(closed.detached).toMatchObject({ code: 'token-expired', retry: false });
    expect(open.state).toBe('attached');
    expect(open.rights).toMatchObject({ read: true, write: false });
    expect((await client.attach(ID)).detached).toMatchObject({ code: 'access-denied' });
    client.send({ type: 'token', token: await tokenOf('ada', 'editor') });
    await client.message('token-accepted');
    expect((await client.attach(ID)).state).toBe('attached');
    await until('it may write again', () => open.rights.write);
  });
});
