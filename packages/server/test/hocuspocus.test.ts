import { parseDocumentId } from '@syncline/protocol';
import { MemoryStore } from '@syncline/storage';
import { RawClient, readFresh, sleep, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import type { ServerOptions } from '../src/index.ts';
import { Rules } from '../src/index-access.ts';
import { nameAuthenticator, startServerFor } from './clients.ts';
import { HeldStore } from './held-store.ts';
import { heard, say } from './hocuspocus-wire.ts';

const VERSIONS = [3, 4] as const;

/** Ada writes, all others who have a name read. */
const withUsers: Partial<ServerOptions> = {
  authenticator: nameAuthenticator,
  rules: Rules.from([
    { document: '**', read: 'true', awareness: 'true', write: 'user.id == "ada"' },
    { document: 'chat', broadcast: 'user.id == "ada"' },
  ]),
};

describe.each(VERSIONS)('what provider %i takes for unsaved', (version) => {
  it('is nothing only after the commit', async () => {
    const store = new HeldStore();
    const { hocuspocus } = await startServerFor({ store });
    const ada = await hocuspocus('document', { version }).synced();
    await ada.saved();
    store.hold();
    ada.text.insert(0, 'hello');
    await until('the commit has begun', () => store.isHolding);
    await sleep(100);
    expect(ada.unsyncedChanges).toBe(1);
    store.release();
    await ada.saved();
    expect(ada.unsyncedChanges).toBe(0);
  });

  it('is nothing again after bursts, edits made offline, and sockets that were cut', async () => {
    const { hocuspocus, url } = await startServerFor();
    const ada = await hocuspocus('document', { version }).synced();
    for (let round = 0; round < 6; round++) {
      for (let i = 0; i < 50; i++) ada.text.insert(0, 'x');
      if (round % 2 === 0) await sleep(5);
      ada.socket.cut();
      for (let i = 0; i < 10; i++) ada.text.insert(0, 'y');
      if (round % 3 === 0) await sleep(100);
      for (let i = 0; i < 10; i++) ada.text.insert(0, 'z');
      await ada.synced();
      await ada.saved();
      expect(await readFresh(url, 'document')).toBe(ada.content);
    }
    expect(ada.unsyncedChanges).toBe(0);
  });

  it('is nothing again after gaps, and meanwhile what lies behind them is unsaved', async () => {
    const { hocuspocus, url } = await startServerFor();
    const ada = await hocuspocus('document', { version }).synced();
    await ada.saved();
    const provider = ada.provider as unknown as {
      boundDocumentUpdateHandler: (update: Uint8Array, origin: unknown) => void;
    };
    // The second gap comes before it is time to ask again.
    for (const word of ['one', 'two']) {
      ada.doc.off('update', provider.boundDocumentUpdateHandler);
      ada.text.insert(0, word);
      ada.doc.on('update', provider.boundDocumentUpdateHandler);
      ada.text.insert(0, '!');
      expect(ada.unsyncedChanges).toBe(1);
      await ada.saved(8_000);
      expect(await readFresh(url, 'document')).toBe(ada.content);
    }
  });

  it('is never said to be nothing while something is not durable', async () => {
    const durable = new Y.Doc();
    const store = new (class extends MemoryStore {
      override async append(...args: Parameters<MemoryStore['append']>) {
        await sleep(Math.random() * 30);
        const appended = await super.append(...args);
        for (const { entries } of args[0]) {
          for (const { update } of entries) Y.applyUpdate(durable, update);
        }
        return appended;
      }
    })();
    const { hocuspocus } = await startServerFor({ store });
    const ada = await hocuspocus('document', { version }).synced();
    const lies: number[] = [];
    let saved = 0;
    ada.provider.on('unsyncedChanges', ({ number }: { number: number }) => {
      if (number > 0) return;
      saved++;
      const [has, should] = [durable, ada.doc].map((doc) =>
        Y.getState(doc.store, ada.doc.clientID),
      );
      if (has !== should) lies.push((should ?? 0) - (has ?? 0));
    });
    for (let i = 0; i < 300; i++) {
      ada.text.insert(0, 'x');
      await sleep(Math.random() * 8);
      if (i % 60 === 40) await ada.saved();
      if (i % 100 === 50) ada.socket.cut();
    }
    await ada.saved();
    expect(saved).toBeGreaterThan(5);
    expect(lies).toEqual([]);
  });
});

describe.each(VERSIONS)('the session of provider %i', (version) => {
  it('is denied with a bad token, and let in on the same socket with a good one', async () => {
    const { socket, hocuspocus } = await startServerFor(withUsers);
    const shared = socket(version);
    let token = 'eve';
    const ada = hocuspocus('document', { socket: shared, token: () => token });
    await until('Ada is denied', () => ada.authenticationFailed.length > 0);
    expect(ada.authenticationFailed[0]).toMatch(/^token-invalid: /);
    ada.text.insert(0, 'hello');
    await sleep(50);
    expect(ada.authenticated).toEqual([]);
    token = 'ada';
    ada.provider.detach();
    ada.provider.attach();
    await ada.synced();
    await ada.saved();
    expect(ada.authenticated).toEqual(['read-write']);
    expect(shared.closeCodes).toEqual([]);
    const bob = hocuspocus('document', { socket: socket(4), token: 'bob' });
    await bob.hasContent('hello');
  });

  it('goes on with the token for which the server asks before the old one ends', async () => {
    const { hocuspocus } = await startServerFor(withUsers);
    let shown = 0;
    const token = () => (shown++ === 0 ? 'ada:1200' : 'ada:60000');
    const ada = await hocuspocus('document', { version, token }).synced();
    await until('the server has asked', () => shown === 2, 5_000);
    await sleep(1_500);
    ada.text.insert(0, 'still here');
    await ada.saved();
    expect(ada.authenticationFailed).toEqual([]);
    expect(ada.socket.closeCodes).toEqual([]);
  });

  it('is denied when its token ends and no better one comes', async () => {
    const { hocuspocus, socket } = await startServerFor(withUsers);
    const shared = socket(version);
    let shown = 0;
    const token = () => (shown++ === 0 ? 'ada:600' : 'eve');
    const ada = await hocuspocus('document', { socket: shared, token }).synced();
    const bob = await hocuspocus('other', { socket: shared, token: 'bob' }).synced();
    await until('Ada is denied', () => ada.authenticationFailed.length > 0, 5_000);
    expect(ada.authenticationFailed).toEqual([expect.stringMatching(/^token-expired: /)]);
    expect(bob.authenticationFailed).toEqual([]);
    expect(shared.closeCodes).toEqual([]);
  });

  it('is for reading where there is no right to write, and its edits are never stored', async () => {
    const { hocuspocus, store } = await startServerFor(withUsers);
    const bob = await hocuspocus('document', { version, token: 'bob' }).synced();
    expect(bob.authenticated).toEqual(['readonly']);
    await bob.saved(); // its SyncStep2 brought nothing new
    bob.text.insert(0, 'mine');
    await sleep(100);
    expect(bob.unsyncedChanges).toBe(1);
    expect(await store.load(parseDocumentId('document'))).toBeUndefined();
  });

  it('passes stateless messages on, to syncline.v1 as broadcasts and back', async () => {
    const { hocuspocus, syncline } = await startServerFor();
    const ada = await hocuspocus('document', { version }).synced();
    const bob = await hocuspocus('document', { version: 4 }).synced();
    const eve = await (await syncline()).attach('document');
    ada.provider.sendStateless('hello 😀');
    await until('all have it', () => bob.stateless.length + eve.broadcasts.length === 2);
    expect(bob.stateless).toEqual(['hello 😀']);
    expect(eve.broadcasts).toMatchObject([{ topic: 'stateless', number: 1 }]);
    expect(new TextDecoder().decode(eve.broadcasts[0]?.payload)).toBe('hello 😀');
    eve.broadcast('stateless', new TextEncoder().encode('and back'));
    eve.broadcast('other', new TextEncoder().encode('not for them'));
    await until('it came back', () => ada.stateless.length > 0 && bob.stateless.length > 1);
    expect(ada.stateless).toEqual(['and back']);
  });

  it('sends no stateless message without the right to, and goes on', async () => {
    const { hocuspocus } = await startServerFor(withUsers);
    const ada = await hocuspocus('chat', { version, token: 'ada' }).synced();
    const bob = await hocuspocus('chat', { version, token: 'bob' }).synced();
    bob.provider.sendStateless('unheard');
    ada.provider.sendStateless('heard');
    await until('it came', () => bob.stateless.length > 0);
    expect([bob.stateless, ada.stateless]).toEqual([['heard'], []]);
    expect(bob.authenticationFailed).toEqual([]);
  });

  it('ends when its provider leaves, and the socket stays', async () => {
    const { hocuspocus, socket, metric } = await startServerFor();
    const shared = socket(version);
    const ada = await hocuspocus('a', { socket: shared }).synced();
    const bob = await hocuspocus('b', { socket: shared }).synced();
    expect(await metric('syncline_sessions')).toBe(2);
    ada.destroy();
    await until('one is left', async () => (await metric('syncline_sessions')) === 1);
    bob.text.insert(0, 'hello');
    await bob.saved();
    const again = await hocuspocus('a', { socket: shared }).synced();
    again.text.insert(0, 'hello');
    await again.saved();
    expect(shared.closeCodes).toEqual([]);
  });
});

describe('the wire of Hocuspocus', () => {
  async function connect(options: Partial<ServerOptions> = {}) {
    const server = await startServerFor(options);
    const client = await RawClient.connect(server.url, 'any/path');
    const lines = () => client.frames.map(heard);
    const hears = (line: string) => until(line, () => lines().includes(line));
    return { ...server, client, lines, hears };
  }
  const doc = new Y.Doc();
  doc.getText('text').insert(0, 'hello');
  const update = Y.encodeStateAsUpdate(doc);
  const empty = Y.encodeStateVector(new Y.Doc());
  const nothing = Y.encodeStateAsUpdate(new Y.Doc());

  it('has what came before the token taken in its order after it', async () => {
    const { client, lines, hears, url } = await connect();
    client.send(say.syncStep1('document', empty));
    client.send(say.syncStep2('document', update));
    await sleep(50);
    expect(lines()).toEqual([]);
    client.send(say.auth('document'));
    await hears('document: status 1');
    expect(lines()).toEqual([
      'document: read-write',
      'document: step1',
      'document: step2',
      'document: status 1',
    ]);
    expect(await readFresh(url, 'document')).toBe('hello');
    client.destroy();
  });

  it('echoes a key with a session exactly, and knows its document', async () => {
    const { client, hears, url } = await connect();
    client.send(say.auth('document\0s1'));
    client.send(say.syncStep1('document\0s1', empty));
    client.send(say.syncStep2('document\0s1', update));
    await hears('document\0s1: status 1');
    expect(await readFresh(url, 'document')).toBe('hello');
    client.destroy();
  });

  it.each([
    ['a blank name with a session', '\0s1'],
    ['a control character', 'a\tb'],
    ['a name that is too long', 'x'.repeat(513)],
  ])('denies %s, and the socket stays', async (_, key) => {
    const { client, hears } = await connect();
    client.send(say.auth('document'));
    await hears('document: read-write');
    client.send(say.auth(key));
    await hears(`${key}: document-id-invalid`);
    client.send(say.syncStep1('document', empty));
    await hears('document: step2');
    client.destroy();
  });

  it('denies a blank name', async () => {
    const { client, hears } = await connect();
    client.send(say.auth('document'));
    await hears('document: read-write');
    client.send(say.auth(''));
    await hears(': document-id-invalid');
    expect(client.closed).toBeUndefined();
    client.destroy();
  });

  it('ignores a denied key until another token comes', async () => {
    const { client, lines, hears } = await connect(withUsers);
    client.send(say.auth('document', 'eve'));
    await hears('document: token-invalid');
    client.send(say.syncStep1('document', empty));
    client.send(say.update('document', update));
    await sleep(50);
    expect(lines()).toEqual(['document: token-invalid']);
    client.send(say.auth('document', 'ada'));
    await hears('document: read-write');
    client.destroy();
  });

  it('answers a reader: SyncStep2 without news 1, with news 0, an Update 0', async () => {
    const { client, lines, hears } = await connect(withUsers);
    client.send(say.auth('document', 'bob'));
    client.send(say.syncStep1('document', empty));
    client.send(say.syncStep2('document', nothing));
    await hears('document: status 1');
    client.send(say.update('document', update));
    client.send(say.syncStep1('document', empty));
    client.send(say.syncStep2('document', update));
    await until('both are refused', () => lines().filter((it) => it.endsWith('0')).length === 2);
    expect(lines().filter((line) => line.includes('status'))).toEqual([
      'document: status 1',
      'document: status 0',
      'document: status 0',
    ]);
    client.destroy();
  });

  it('limits what may wait for a token', async () => {
    const { client, hears } = await connect({ limits: { queueFrames: 3 } });
    for (let i = 0; i < 4; i++) client.send(say.syncStep1('document', empty));
    await hears('document: auth-queue-full');
    expect(client.closed).toBeUndefined();
    client.destroy();
  });

  it('denies a document for which no token comes, and the socket in the end', async () => {
    const { client } = await connect({ limits: { attachMs: 300 } });
    client.send(say.syncStep1('document', empty));
    expect(await client.closeCode()).toBe(4408);
    const other = await connect({ limits: { attachMs: 300 } });
    other.client.send(say.auth('a'));
    other.client.send(say.syncStep1('b', empty));
    await other.hears('b: auth-timeout');
    await sleep(200);
    expect(other.client.closed).toBeUndefined();
    other.client.destroy();
  });

  it('takes a document that was closed and opened again while its log was read', async () => {
    const { client, lines, hears, metric } = await connect();
    for (let i = 0; i < 5; i++) {
      client.send(say.auth('document'));
      client.send(say.close('document'));
    }
    client.send(say.auth('document'));
    client.send(say.syncStep1('document', empty));
    await hears('document: step2');
    expect(lines()).toEqual(['document: read-write', 'document: step1', 'document: step2']);
    expect(await metric('syncline_sessions')).toBe(1);
    client.destroy();
  });
});
