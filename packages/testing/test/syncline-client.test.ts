import { deflateRawSync } from 'node:zlib';
import { decodeAwareness, type Rights, type SynclineServerMessage } from '@syncline/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { SynclineClient, type SynclineClientOptions, type TransportName } from '../src/index.ts';
import { type Say, type Script, ScriptedServer } from './scripted-server.ts';

const EPOCH = 'e1';
const ALL: Rights = { read: true, write: true, awareness: true, broadcast: true, admin: false };

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const clean of cleanUp.splice(0).toReversed()) clean();
});

async function start(script: Script, fragmentBytes?: number): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(script, fragmentBytes);
  cleanUp.push(() => server.close());
  return server;
}

async function connect(server: ScriptedServer, options: SynclineClientOptions = {}) {
  const client = await SynclineClient.connect(server.url, options);
  cleanUp.push(() => client.destroy());
  return client;
}

const welcome = (fragmentBytes: number): SynclineServerMessage => ({
  type: 'welcome',
  version: 1,
  connectionId: 'c',
  serverVersion: 'test',
  userId: '',
  tokenExpiresInMs: 0,
  heartbeatMs: 1_000,
  limits: {
    fragmentBytes,
    updateBytes: 1e6,
    documents: 10,
    awarenessBytes: 1e4,
    broadcastBytes: 1e4,
  },
});

/** A document whose seq is the number of updates that it took. */
function serveDocument(doc: Y.Doc, { rights = ALL, fragmentBytes = 1e6 } = {}): Script {
  let head = 1;
  const others = new Set<(update: Uint8Array) => void>();
  return (message, say) => {
    if (message.type === 'hello') say(welcome(fragmentBytes));
    if (message.type === 'ping') say({ type: 'pong' });
    if (message.type === 'attach') {
      const { channel, epoch } = message;
      if (epoch !== '' && epoch !== EPOCH) return say({ type: 'reset', channel, epoch: EPOCH });
      const stateVector = Y.encodeStateVector(doc);
      say({ type: 'attached', channel, epoch: EPOCH, head, rights, stateVector });
      const update = Y.encodeStateAsUpdate(doc, message.stateVector);
      say({ type: 'entries', channel, from: 0, to: head, update });
      say({ type: 'synced', channel, seq: head });
      others.add((update) => say({ type: 'entries', channel, from: head - 1, to: head, update }));
    }
    if (message.type === 'update') {
      const { channel, number, update } = message;
      Y.applyUpdate(doc, update);
      head++;
      for (const deliver of others) deliver(update);
      say({ type: 'ack', channel, through: number, seq: head });
    }
  };
}

describe.each<TransportName>(['websocket', 'http-stream', 'http-poll'])('over %s', (transport) => {
  it.each([1_000_000, 64])(
    'edits arrive both ways, in frames of %i bytes',
    async (fragmentBytes) => {
      const doc = new Y.Doc();
      doc.getText('text').insert(0, 'there');
      const server = await start(serveDocument(doc, { fragmentBytes }), fragmentBytes);
      const [ada, bob] = [
        await connect(server, { transport }),
        await connect(server, { transport }),
      ];
      const mine = new Y.Doc();
      mine.getText('text').insert(0, 'offline');
      const first = await (await ada.attach('d', { doc: mine })).synced();
      const second = await (await bob.attach('d')).synced();
      await first.saved();
      first.text.insert(0, 'a'.repeat(1_000));
      second.text.insert(0, 'b');
      await Promise.all([first.saved(), second.saved()]);
      const text = doc.getText('text').toString();
      expect(text).toMatch(/there/);
      expect(text).toMatch(/offline/);
      await first.hasContent(text);
      await second.hasContent(text);
      expect(first).toMatchObject({ epoch: EPOCH, cursor: 4, unsaved: 0, rights: ALL });
      await ada.close();
      expect(first.state).toBe('disconnected');
    },
  );

  it('a refused hello is thrown', async () => {
    const server = await start((_, say) =>
      say({ type: 'goodbye', code: 'token-missing', message: 'm', retry: false, retryAfterMs: 0 }),
    );
    await expect(connect(server, { transport })).rejects.toMatchObject({
      goodbye: { code: 'token-missing', retry: false },
    });
  });
});

it.each<TransportName>(['http-stream', 'http-poll'])(
  'answers that get lost over %s do no harm',
  async (transport) => {
    const doc = new Y.Doc();
    const server = await start(serveDocument(doc));
    const client = await connect(server, { transport });
    const session = await (await client.attach('d')).synced();
    for (const letter of 'abc') {
      server.lose = 2;
      session.text.insert(0, letter);
      await session.saved();
    }
    expect(doc.getText('text').toString()).toBe('cba');
    expect(server.heard.filter(({ type }) => type === 'update').length).toBe(3);
  },
);

describe('a session', () => {
  /** Attaches to what the test says. */
  async function attach(...answers: ((channel: number) => SynclineServerMessage)[]) {
    let speak: Say = () => {};
    const server = await start((message, say) => {
      speak = say;
      if (message.type === 'hello') say(welcome(1e6));
      if (message.type !== 'attach') return;
      for (const answer of answers) say(answer(message.channel));
    });
    const client = await connect(server);
    const session = await client.attach('d');
    return { client, session, server, say: (message: SynclineServerMessage) => speak(message) };
  }

  const attached =
    (rights = ALL) =>
    (channel: number): SynclineServerMessage => ({
      type: 'attached',
      channel,
      epoch: EPOCH,
      head: 5,
      rights,
      stateVector: new Uint8Array(1),
    });

  it('E2 takes a checkpoint, packed or not', async () => {
    const doc = new Y.Doc();
    doc.getText('text').insert(0, 'state');
    const state = Y.encodeStateAsUpdate(doc);
    for (const packed of [true, false]) {
      const { session } = await attach(attached(), (channel) => ({
        type: 'checkpoint',
        channel,
        seq: 5,
        encoding: packed ? 'deflate-raw' : 'identity',
        bytes: packed ? new Uint8Array(deflateRawSync(state)) : state,
      }));
      await session.hasContent('state');
      expect(session.cursor).toBe(5);
    }
  });

  it('E4 attaches anew when entries are missing before those that come', async () => {
    const { session, server, say } = await attach(attached());
    const { channel } = session;
    say({ type: 'entries', channel, from: 3, to: 4, update: new Uint8Array(2) });
    await expect.poll(() => session.channel).toBe(channel + 1);
    await expect
      .poll(() => server.heard.map(({ type }) => type))
      .toEqual(['hello', 'attach', 'detach', 'attach']);
  });

  it.each([
    ['the epoch is another one', { since: 3, epoch: '' }, 0],
    ['the head is before it', { since: 6, epoch: EPOCH }, 0],
    ['neither is so', { since: 3, epoch: EPOCH }, 3],
  ])('A3 begins its cursor where it was or at 0: %s', async (_, copy, cursor) => {
    const { client } = await attach(attached());
    expect(await client.attach('d', copy)).toMatchObject({ state: 'attached', cursor });
  });

  it('A5 attaches without content after a reset', async () => {
    const server = await start(serveDocument(new Y.Doc()));
    const client = await connect(server);
    const old = await client.attach('d', { epoch: 'e0', since: 9 });
    expect(old).toMatchObject({ state: 'reset', resetTo: EPOCH });
    const session = await client.attach('d', { epoch: old.resetTo ?? '' });
    expect(session).toMatchObject({ state: 'attached', epoch: EPOCH });
  });

  it('K3 counts a rejected update as answered, and keeps to its rights', async () => {
    const { session, say, server } = await attach(attached());
    const { channel } = session;
    session.text.insert(0, 'a');
    session.text.insert(0, 'b');
    session.text.insert(0, 'c');
    expect(session.unsaved).toBe(3);
    say({ type: 'rejected', channel, number: 2, code: 'read-only', message: '' });
    say({ type: 'rights', channel, rights: { ...ALL, write: false } });
    await expect.poll(() => session.unsaved).toBe(2);
    say({ type: 'ack', channel, through: 3, seq: 0 });
    await session.saved();
    session.text.insert(0, 'd');
    expect(session.unsaved).toBe(1);
    expect(server.heard.filter(({ type }) => type === 'update').length).toBe(3);
    say({ type: 'rights', channel, rights: ALL });
    await expect.poll(() => server.heard.filter(({ type }) => type === 'update').length).toBe(4);
  });

  it('shows itself, and sees the others until it ends', async () => {
    const { session, say, server } = await attach(attached());
    const { channel } = session;
    session.awareness.setLocalState({ name: 'Ada' });
    const { clientID } = session.doc;
    const announced = () => {
      const last = server.heard.at(-1);
      return last?.type === 'awareness' ? decodeAwareness(last.update) : undefined;
    };
    await expect.poll(announced).toMatchObject([{ client: clientID, state: '{"name":"Ada"}' }]);
    say({ type: 'awareness', channel, entries: [{ client: 7, clock: 1, state: '1' }] });
    await expect.poll(() => session.awareness.getStates().get(7)).toBe(1);
    // W5
    say({ type: 'awareness', channel, entries: [{ client: clientID, clock: 9, state: null }] });
    await expect
      .poll(announced)
      .toMatchObject([{ client: clientID, clock: 11, state: '{"name":"Ada"}' }]);
    const over = { code: 'load-failed', message: '', retry: true, retryAfterMs: 5 };
    say({ type: 'detached', channel, ...over });
    await expect.poll(() => session.state).toBe('detached');
    expect(session.detached).toMatchObject(over);
    expect(session.awareness.getStates().has(7)).toBe(false);
  });

  it('L2 takes a silent connection for dead', async () => {
    const { client, server } = await attach(attached());
    await expect.poll(() => client.ended, { timeout: 5_000 }).toBe('no sign of life');
    expect(server.heard.map(({ type }) => type)).toContain('ping');
  });
});
