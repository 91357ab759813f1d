import { StockClient, SynclineClient, sleep, until } from '@syncline/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { Rules } from '../src/index-access.ts';
import {
  connect,
  DIALECTS,
  type DialectName,
  hasText,
  isStored,
  startGuarded,
  storedText,
  synced,
  textOf,
  tokenOf,
} from './dialect-client.ts';

const ID = 'notes';
const TEXT = 'what is there';

/** A server with a document, and an editor who has it open. */
async function startWithDocument(options: Parameters<typeof startGuarded>[0] = {}) {
  const harness = await startGuarded(options);
  const editor = await connect('y-websocket 3', harness.url, ID, {
    token: await tokenOf('ada', 'editor'),
  });
  await synced(editor);
  editor.write(TEXT);
  await isStored(harness.store, ID, TEXT);
  return { ...harness, editor };
}

describe.each(DIALECTS)('in %s', (dialect) => {
  it('who shows nothing reads where that is allowed, and changes nothing', async () => {
    const { url, store, editor } = await startWithDocument();
    const reader = await synced(await connect(dialect, url, ID));
    await hasText(reader.doc, TEXT);
    expect(reader.readOnlyTold).toBe(0);
    reader.write('!');
    await until('the reader is told', () => reader.readOnlyTold > 0);
    expect(await storedText(store, ID)).toBe(TEXT);
    expect(textOf(editor.doc)).toBe(TEXT);
    expect(reader.refusals).toEqual([]);
    editor.write(' now');
    await until('the reader follows', () => textOf(reader.doc).includes(' now'));
  });

  it('who shows a token writes as its rules say', async () => {
    const { url, editor } = await startWithDocument();
    const token = await tokenOf('bob', 'editor');
    const writer = await synced(await connect(dialect, url, ID, { token }));
    await hasText(writer.doc, TEXT);
    writer.write(' and more');
    await hasText(editor.doc, `${TEXT} and more`);
    expect(writer.readOnlyTold).toBe(0);
  });

  it.each([
    ['is none', 'token-invalid', async () => 'bob'],
    ['is of another secret', 'token-invalid', () => tokenOf('b', 'editor', 600, 'x'.repeat(40))],
    ['has expired', 'token-expired', () => tokenOf('bob', 'editor', -60)],
  ])(
    'who shows a token that %s is refused with %s, though anonymous may read',
    async (_, code, tokenFor) => {
      const { url } = await startWithDocument();
      const client = await connect(dialect, url, ID, { token: await tokenFor() });
      await until('it is refused', () => client.refusals.length > 0);
      expect(client.refusals).toContain(code);
      expect(textOf(client.doc)).toBe('');
    },
  );

  it('who shows nothing is refused where a token is needed', async () => {
    const { url } = await startGuarded({ allowAnonymous: false });
    const client = await connect(dialect, url, ID);
    await until('it is refused', () => client.refusals.length > 0);
    expect(client.refusals).toContain('token-missing');
  });

  it('who may not read a document is refused as for one that is not there', async () => {
    const rules = [
      { document: 'open/**', read: 'true' },
      { document: '**', read: "has(user.role) && user.role == 'editor'", write: 'true' },
    ];
    const { url } = await startWithDocument({ rules });
    const clients = [await connect(dialect, url, ID), await connect(dialect, url, 'missing')];
    for (const client of clients) {
      await until('it is refused', () => client.refusals.length > 0);
      expect(client.refusals).toContain('access-denied');
      expect(textOf(client.doc)).toBe('');
    }
  });

  it('a copy with nothing new is no reason to tell a reader anything', async () => {
    const { url, editor } = await startWithDocument();
    const doc = new Y.Doc();
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(editor.doc));
    const reader = await synced(await connect(dialect, url, ID, { doc }));
    editor.write(' now');
    await until('the reader follows', () => textOf(reader.doc).includes(' now'));
    expect(reader.readOnlyTold).toBe(0);
  });

  it('a copy with something new is refused, and the reader is told', async () => {
    const { url, store, editor } = await startWithDocument();
    const doc = new Y.Doc();
    doc.getText('text').insert(0, 'mine: ');
    const reader = await synced(await connect(dialect, url, ID, { doc }));
    // A client of syncline.v1 knows its rights when it is attached, and sends nothing by itself.
    if (dialect.startsWith('syncline')) reader.write('');
    await until('the reader is told', () => reader.readOnlyTold > 0);
    await sleep(300);
    expect(reader.readOnlyTold).toBe(1);
    expect(await storedText(store, ID)).toBe(TEXT);
    expect(textOf(editor.doc)).toBe(TEXT);
  });
});

describe('a token', () => {
  it('that is refused is refused to each who shows one of their own, however many they are', async () => {
    const { url } = await startGuarded();
    const clients = Array.from(
      { length: 10 },
      (_, index) => new StockClient(url, ID, { params: { token: `none-${index}` } }),
    );
    for (const client of clients) onTestFinished(() => client.destroy());
    for (const client of clients) {
      await until('it is refused', () => client.closeCodes.length > 0);
      expect(client.closeCodes).toEqual([4401]);
      expect(client.denials).toEqual([]);
    }
  });

  it('counts in a header', async () => {
    const { url, store } = await startGuarded();
    const authorization = `Bearer ${await tokenOf('ada', 'editor')}`;
    class WithHeader extends WebSocket {
      constructor(address: string | URL, protocols: string[]) {
        super(address, protocols, { headers: { authorization } });
      }
    }
    const doc = new Y.Doc();
    const provider = new WebsocketProvider(url, ID, doc, {
      WebSocketPolyfill: WithHeader as never,
      disableBc: true,
    });
    onTestFinished(() => provider.destroy());
    doc.getText('text').insert(0, 'hello');
    await isStored(store, ID, 'hello');
  });

  it('counts in the query for clients that send none of their own', async () => {
    const { url, store } = await startGuarded();
    const token = await tokenOf('ada', 'editor');
    const client = await connect('Hocuspocus 4', `${url}/collab?token=${token}`, ID);
    await synced(client);
    client.write('hello');
    await isStored(store, ID, 'hello');
  });

  it.each(['websocket', 'http-stream', 'http-poll'] as const)(
    'counts in the hello of syncline.v1 over %s',
    async (transport) => {
      const { url, store } = await startGuarded();
      const token = await tokenOf('ada', 'editor', 30);
      const client = await SynclineClient.connect(url, { token, transport });
      onTestFinished(() => client.destroy());
      const { userId, tokenExpiresInMs } = client.welcome;
      expect(userId).toBe('ada');
      expect(tokenExpiresInMs).toBeGreaterThan(20_000);
      expect(tokenExpiresInMs).toBeLessThanOrEqual(30_000);
      const session = await client.attach(ID);
      session.text.insert(0, 'hello');
      await session.saved();
      expect(await storedText(store, ID)).toBe('hello');
    },
  );

  it('of one document of a Hocuspocus socket says nothing of another', async () => {
    const { url, store } = await startGuarded();
    const { HocuspocusClient, HocuspocusSocket } = await import('@syncline/testing');
    const socket = new HocuspocusSocket(url);
    onTestFinished(() => socket.destroy());
    const writer = new HocuspocusClient(socket, 'a', { token: await tokenOf('ada', 'editor') });
    const reader = new HocuspocusClient(socket, 'b', { token: await tokenOf('bob', 'viewer') });
    const stranger = new HocuspocusClient(socket, 'c', { token: 'none' });
    await Promise.all([writer.synced(), reader.synced()]);
    await until('it is refused', () => stranger.authenticationFailed.length > 0);
    expect(writer.authenticated).toEqual(['read-write']);
    expect(reader.authenticated).toEqual(['readonly']);
    writer.text.insert(0, 'hello');
    await writer.saved();
    expect(await storedText(store, 'a')).toBe('hello');
    expect(socket.closeCodes).toEqual([]);
  });
});

describe('connections of one user', () => {
  const kinds: readonly DialectName[] = ['y-websocket 3', 'Hocuspocus 4', 'syncline.v1'];

  it('count over all dialects', async () => {
    const { url } = await startGuarded({ limits: { connectionsPerUser: 3 } });
    const token = await tokenOf('ada', 'editor');
    const clients = await Promise.all(
      kinds.map(async (kind) => await synced(await connect(kind, url, ID, { token }))),
    );
    for (const kind of kinds) {
      const client = await connect(kind, url, ID, { token });
      await until('it is refused', () => client.refusals.length > 0);
      expect(client.refusals).toContain('too-many-connections');
    }
    const bob = await connect('y-websocket 3', url, ID, { token: await tokenOf('bob', 'editor') });
    await synced(bob);
    clients[0]?.destroy();
    await until('there is room again', async () => {
      const client = await connect('y-websocket 3', url, ID, { token });
      await until('it is answered', () => client.isSynced || client.refusals.length > 0);
      return client.isSynced;
    });
  });

  it('do not count when they were cut off while their token was checked', async () => {
    const { url } = await startGuarded({ limits: { connectionsPerUser: 1 } });
    const token = await tokenOf('ada', 'editor');
    for (let i = 0; i < 20; i++) {
      const socket = new WebSocket(`${url}/${ID}?token=${token}`);
      socket.on('error', () => {});
      await new Promise((resolve) => socket.on('open', resolve));
      socket.send(Uint8Array.of(0, 0, 1, 0));
      socket.terminate();
    }
    await until('there is room', async () => {
      const client = new StockClient(url, ID, { params: { token } });
      onTestFinished(() => client.destroy());
      await until('an answer', () => client.provider.synced || client.closeCodes.length > 0);
      return client.provider.synced;
    });
  });

  it('count when their token comes later', async () => {
    const { url } = await startGuarded({ limits: { connectionsPerUser: 1 } });
    const token = await tokenOf('ada', 'editor');
    const clients = [await SynclineClient.connect(url), await SynclineClient.connect(url)];
    for (const client of clients) {
      onTestFinished(() => client.destroy());
      client.send({ type: 'token', token });
    }
    await until('both are answered', () =>
      clients.every(
        (client) => client.all('token-accepted').length + client.all('token-refused').length > 0,
      ),
    );
    expect(clients.flatMap((client) => client.all('token-refused'))).toMatchObject([
      { code: 'too-many-connections' },
    ]);
  });
});

it('rules are asked when somebody attaches, and not for each update', async () => {
  const { url, editor, store } = await startWithDocument();
  const reader = await synced(await connect('Hocuspocus 4', url, ID));
  const rightsOf = vi.spyOn(Rules.prototype, 'rightsOf');
  onTestFinished(() => rightsOf.mockRestore());
  for (let i = 0; i < 20; i++) editor.write('.');
  reader.write('!');
  await until('the reader is told', () => reader.readOnlyTold > 0);
  await isStored(store, ID, TEXT + '.'.repeat(20));
  expect(rightsOf).not.toHaveBeenCalled();
  await synced(await connect('syncline.v1', url, ID));
  expect(rightsOf).toHaveBeenCalled();
});
