import { encodeAwareness } from '@syncline/protocol';
import { sleep, type TransportName, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import type { ServerOptions } from '../src/index.ts';
import { Rules } from '../src/index-access.ts';
import { nameAuthenticator, startServerFor } from './clients.ts';

const TRANSPORTS: readonly TransportName[] = ['websocket', 'http-stream', 'http-poll'];
const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = ({ payload }: { readonly payload: Uint8Array }) => new TextDecoder().decode(payload);

/** Ada does all, others look on; what is below `private/` is for Ada alone. */
const RULES = [
  { document: '*', read: 'true', write: 'user.id == "ada"', awareness: 'user.id != "joe"' },
  { document: '*', broadcast: 'user.id == "ada"' },
  { document: 'private/*', read: 'user.id == "ada"' },
];

const withUsers: Partial<ServerOptions> = {
  authenticator: nameAuthenticator,
  rules: Rules.from(RULES),
};

describe.each(TRANSPORTS)('a token over %s', (transport) => {
  it('H6 is asked for, looked at, and says who somebody is', async () => {
    const { syncline } = await startServerFor(withUsers);
    const refused = async (token: string) =>
      await syncline({ transport, token }).catch((error) => error.goodbye?.code ?? error);
    expect(await refused('')).toBe('token-missing');
    expect(await refused('eve')).toBe('token-invalid');
    const { welcome } = await syncline({ transport, token: 'ada:60000' });
    expect(welcome.userId).toBe('ada');
    expect(welcome.tokenExpiresInMs).toBeGreaterThan(50_000);
    expect(welcome.tokenExpiresInMs).toBeLessThanOrEqual(60_000);
  });

  it('T1, T2 is renewed in band before it ends, and the session goes on', async () => {
    const { syncline } = await startServerFor(withUsers);
    const client = await syncline({ transport, token: 'ada:1500' });
    const session = await client.attach('document');
    const { inMs } = await client.message('token-expiring');
    expect(inMs).toBeGreaterThan(0);
    client.send({ type: 'token', token: 'eve' });
    client.send({ type: 'token', token: 'bob' });
    client.send({ type: 'token', token: 'ada:60000' });
    expect((await client.message('token-accepted')).userId).toBe('ada');
    // T4: what was refused before, of nobody or of somebody else, changed nothing.
    expect(client.all('token-refused').map(({ code }) => code)).toEqual([
      'token-invalid',
      'token-invalid',
    ]);
    expect(client.received.at(-1)?.type).toBe('token-accepted');
    await sleep(1_600);
    session.text.insert(0, 'still here');
    await session.saved();
    expect(client.ended).toBeUndefined();
  });

  it('T5 ends the connection when it ends', async () => {
    const { syncline } = await startServerFor(withUsers);
    const client = await syncline({ transport, token: 'ada:400' });
    await client.attach('document');
    expect(await client.message('goodbye')).toMatchObject({ code: 'token-expired', retry: false });
    await until('it has ended', () => client.ended !== undefined);
  });
});

describe.each(TRANSPORTS)('rights over %s', (transport) => {
  it('A10 a document that may not be read looks like one that is not there', async () => {
    const { syncline } = await startServerFor(withUsers);
    const ada = await syncline({ transport, token: 'ada' });
    (await ada.attach('private/diary')).text.insert(0, 'secret');
    const bob = await syncline({ transport, token: 'bob' });
    const [there, missing] = [await bob.attach('private/diary'), await bob.attach('private/none')];
    expect(there.detached).toMatchObject({ code: 'access-denied', retry: false });
    expect(missing.detached).toEqual({ ...there.detached, channel: missing.channel });
    expect((await bob.attach('document')).state).toBe('attached');
  });

  it('K3 an update of who only reads is rejected, and the session goes on', async () => {
    const { syncline } = await startServerFor(withUsers);
    const ada = await (await syncline({ transport, token: 'ada' })).attach('document');
    const bob = await (await syncline({ transport, token: 'bob' })).attach('document');
    expect(bob.rights).toMatchObject({ read: true, write: false, broadcast: false });
    bob.text.insert(0, 'mine');
    expect(bob.unsaved).toBe(1);
    const doc = new Y.Doc();
    doc.getText('text').insert(0, 'forced');
    bob.sendUpdate(Y.encodeStateAsUpdate(doc));
    await until('it is rejected', () => bob.all('rejected').length > 0);
    expect(bob.all('rejected')).toMatchObject([{ number: 1, code: 'read-only' }]);
    ada.text.insert(0, 'hello');
    await ada.saved();
    await until('Bob has it', () => bob.content.includes('hello'));
    expect(ada.content).toBe('hello');
  });

  it('A10, K4 are pushed when they change, and what was unsaved is sent', async () => {
    let rules = RULES;
    const { syncline, server } = await startServerFor({
      ...withUsers,
      reload: async () => ({ rules: Rules.from(rules) }),
    });
    const ada = await (await syncline({ transport, token: 'ada' })).attach('document');
    const bob = await (await syncline({ transport, token: 'bob' })).attach('document');
    bob.text.insert(0, 'hello');
    rules = [{ document: '*', read: 'true', write: 'user.id == "bob"', awareness: 'true' }];
    await server.reload();
    await bob.saved();
    await ada.hasContent('hello');
    expect(bob.all('rights').at(-1)?.rights).toMatchObject({ write: true });
    await until('Ada knows', () => !ada.rights.write);
    rules = [{ document: '*', read: 'user.id == "ada"', write: 'false', awareness: 'true' }];
    await server.reload();
    await until('Bob is out', () => bob.state === 'detached');
    expect(bob.detached).toMatchObject({ code: 'access-denied', retry: false });
    expect(ada.state).toBe('attached');
  });

  it('W1 to be seen: without it awareness is dropped', async () => {
    const { syncline } = await startServerFor(withUsers);
    const ada = await (await syncline({ transport, token: 'ada' })).attach('document');
    const joe = await syncline({ transport, token: 'joe' });
    const session = await joe.attach('document');
    const update = encodeAwareness([{ client: 7, clock: 1, state: '{"name":"Joe"}' }]);
    joe.send({ type: 'awareness', channel: session.channel, update });
    ada.awareness.setLocalState({ name: 'Ada' });
    await until('Joe sees Ada', () => session.awareness.getStates().size === 1);
    await sleep(50);
    expect(ada.awareness.getStates().has(7)).toBe(false);
    // W6
    const state = JSON.stringify('x'.repeat(70_000));
    const client = await syncline({ transport, token: 'ada' });
    const { channel } = await client.attach('document');
    const large = encodeAwareness([{ client: 8, clock: 1, state }]);
    client.send({ type: 'awareness', channel, update: large });
    expect(await client.message('detached')).toMatchObject({ code: 'awareness-too-large' });
  });
});

describe.each(TRANSPORTS)('a broadcast over %s', (transport) => {
  it('B1, B2 goes to the others in order, to the sender when it wants, and is acknowledged', async () => {
    const { syncline } = await startServerFor();
    const [ada, bob] = [
      await (await syncline({ transport })).attach('document'),
      await (await syncline({ transport })).attach('document'),
    ];
    ada.broadcast('topic', bytes('one'), { id: 5 });
    ada.broadcast('topic', bytes('two'), { toSelf: true, id: 6 });
    await until('they came', () => bob.broadcasts.length === 2 && ada.broadcasts.length === 1);
    expect(bob.broadcasts.map(textOf)).toEqual(['one', 'two']);
    expect(ada.broadcasts.map(textOf)).toEqual(['two']);
    await until('both are acknowledged', () => ada.all('broadcast-ack').length === 2);
    expect(ada.all('broadcast-ack').map(({ id }) => id)).toEqual([5, 6]);
    const numbers = bob.broadcasts.map(({ number }) => number);
    expect(numbers[1]).toBeGreaterThan(numbers[0] ?? Infinity);
  });

  it('B3 is replayed to who comes late and asks for it, the last ones, oldest first', async () => {
    const { syncline } = await startServerFor({ limits: { broadcastReplay: 3 } });
    const client = await syncline({ transport });
    const ada = await client.attach('document');
    for (const text of ['1', '2', '3', '4', '5']) ada.broadcast('topic', bytes(text), { id: 1 });
    await until('all are passed on', () => ada.all('broadcast-ack').length === 5);
    const late = await (await client.attach('document', { replay: 100 })).synced();
    expect(late.broadcasts.map(textOf)).toEqual(['3', '4', '5']);
    const two = await (await client.attach('document', { replay: 2 })).synced();
    expect(two.broadcasts.map(textOf)).toEqual(['4', '5']);
    expect(two.received[0]?.type).toBe('attached');
    const none = await (await client.attach('document')).synced();
    expect(none.broadcasts).toEqual([]);
  });

  it('B5 without the right to it is dropped, and the session goes on', async () => {
    const { syncline } = await startServerFor(withUsers);
    const ada = await (await syncline({ transport, token: 'ada' })).attach('document');
    const bob = await (await syncline({ transport, token: 'bob' })).attach('document');
    bob.broadcast('topic', bytes('unheard'), { id: 1 });
    ada.broadcast('topic', bytes('heard'));
    await until('it came', () => bob.broadcasts.length > 0);
    expect(bob.broadcasts).toMatchObject([{ userId: 'ada' }]);
    expect([ada.broadcasts, bob.all('broadcast-ack')]).toEqual([[], []]);
    expect(bob.state).toBe('attached');
  });

  it('B6 that is too large ends the session', async () => {
    const { syncline } = await startServerFor({ limits: { broadcastBytes: 1_000 } });
    const client = await syncline({ transport });
    const [ada, bob] = [await client.attach('document'), await client.attach('document')];
    ada.broadcast('topic', new Uint8Array(1_000));
    await until('it is over', () => ada.state === 'detached');
    expect(ada.detached).toMatchObject({ code: 'broadcast-too-large', retry: false });
    expect([bob.state, bob.broadcasts]).toEqual(['attached', []]);
  });
});
