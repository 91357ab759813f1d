import { SUBPROTOCOL } from '@syncline/protocol';
import { readFresh, sleep, type TransportName, until } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { startServerFor } from './clients.ts';
import { HeldStore } from './held-store.ts';

const TRANSPORTS: readonly TransportName[] = ['websocket', 'http-stream', 'http-poll'];

/** The updates that a list of words makes, one each. */
function updatesOf(...words: string[]): Uint8Array[] {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  for (const word of words) doc.getText('text').insert(doc.getText('text').length, word);
  return updates;
}

const textOf = (update: Uint8Array): string => {
  const doc = new Y.Doc();
  Y.applyUpdate(doc, update);
  return doc.getText('text').toString();
};

describe.each(TRANSPORTS)('a connection over %s', (transport) => {
  it('H3, H4 is welcomed with what it needs to know', async () => {
    const { syncline } = await startServerFor({ version: '1.2.3' });
    const { welcome } = await syncline({ transport, versions: [1, 999] });
    expect(welcome).toMatchObject({
      version: 1,
      serverVersion: '1.2.3',
      userId: '',
      tokenExpiresInMs: 0,
      heartbeatMs: 20_000,
      limits: { fragmentBytes: 1024 * 1024, documents: 1_000 },
    });
    expect(welcome.connectionId.length).toBeGreaterThan(16);
  });

  it('H4 is refused with version-unsupported, which names both', async () => {
    const { syncline } = await startServerFor();
    await expect(syncline({ transport, versions: [7, 8] })).rejects.toMatchObject({
      goodbye: {
        code: 'version-unsupported',
        retry: false,
        message: expect.stringMatching(/speaks 1, the client 7, 8/),
      },
    });
  });

  it('H5 is refused with schema-unsupported when its schema is too old or too new', async () => {
    const { syncline } = await startServerFor({ schema: { min: 3, max: 5 } });
    for (const schemaVersion of [0, 2, 6]) {
      await expect(syncline({ transport, schemaVersion })).rejects.toMatchObject({
        goodbye: { code: 'schema-unsupported', retry: false },
      });
    }
    expect((await syncline({ transport, schemaVersion: 4 })).welcome.version).toBe(1);
  });

  it('X1 ends with malformed-frame for what is none, and harms nobody else', async () => {
    const { syncline } = await startServerFor();
    const frames = [[99], [64, 1], [1, 0], [49, 1], [16, 1, 1, 0, 0, 0, 0], [3, 1, 0], []];
    const other = await (await syncline({ transport })).attach('document');
    for (const frame of transport === 'websocket' ? frames : frames.slice(0, -1)) {
      const client = await syncline({ transport });
      client.sendFrame(frame);
      const { code, retry } = await client.message('goodbye');
      expect([code, retry]).toEqual(['malformed-frame', false]);
      await until('it has ended', () => client.ended !== undefined);
    }
    other.text.insert(0, 'hello');
    await other.saved();
  });

  it('L1 answers a ping, and has its own answered', async () => {
    const { syncline } = await startServerFor();
    const client = await syncline({ transport });
    client.send({ type: 'ping' });
    await client.message('pong');
  });

  it('X2 is told goodbye when the server stops, and may come back', async () => {
    const { syncline, server } = await startServerFor();
    const client = await syncline({ transport });
    await client.attach('document');
    await sleep(50);
    await server.close();
    expect(await client.message('goodbye')).toMatchObject({ code: 'server-stopping', retry: true });
  });

  it('has many documents, each on a channel of its own', async () => {
    const { syncline, stock } = await startServerFor();
    const client = await syncline({ transport });
    const names = Array.from({ length: 20 }, (_, index) => `document ${index}`);
    const sessions = await Promise.all(names.map((name) => client.attach(name)));
    for (const session of sessions) session.text.insert(0, session.documentId);
    await Promise.all(sessions.map((session) => session.saved()));
    for (const name of names) expect((await stock(name)).content).toBe(name);
  });

  it('F1, F2 takes and brings messages above 1 MiB in fragments', async () => {
    const { syncline } = await startServerFor();
    const [ada, bob] = [await syncline({ transport }), await syncline({ transport })];
    const [first, second] = [await ada.attach('document'), await bob.attach('document')];
    first.text.insert(0, 'x'.repeat(3_500_000));
    first.text.insert(0, '!');
    await first.saved();
    await second.hasContent(first.content);
    const late = await (await bob.attach('document')).synced();
    expect(late.content).toBe(first.content);
  });

  it('F3 takes an update of updateBytes, and rejects a larger one', async () => {
    const limits = { updateBytes: 1_300_000, frameBytes: 1_300_000 };
    const { syncline } = await startServerFor({ limits });
    const session = await (await syncline({ transport })).attach('document');
    const [small] = updatesOf('x'.repeat(limits.updateBytes - 100)) as [Uint8Array];
    const overhead = small.length - (limits.updateBytes - 100);
    const [exact] = updatesOf('x'.repeat(limits.updateBytes - overhead - 4)) as [Uint8Array];
    expect(exact.length).toBeGreaterThan(limits.updateBytes - 10);
    expect(exact.length).toBeLessThanOrEqual(limits.updateBytes);
    session.sendUpdate(exact);
    await session.saved();
    session.sendUpdate(new Uint8Array(limits.updateBytes + 1));
    await session.saved();
    expect(session.all('rejected')).toMatchObject([{ number: 2, code: 'update-too-large' }]);
  });
});

describe.each(TRANSPORTS)('a session over %s', (transport) => {
  async function start(options?: Parameters<typeof startServerFor>[0]) {
    const clients = await startServerFor(options);
    const client = await clients.syncline({ transport });
    const attach = async (doc?: Y.Doc) =>
      await (await client.attach('document', doc && { doc })).synced();
    return { ...clients, client, attach };
  }

  it('A3, E6 has no epoch before the first entry, and then all have the same', async () => {
    const { attach } = await start();
    const [ada, bob] = [await attach(), await attach()];
    expect(ada).toMatchObject({ epoch: '', cursor: 0, syncedAt: 0 });
    ada.text.insert(0, 'hello');
    await ada.saved();
    await bob.hasContent('hello');
    expect(ada.epoch).not.toBe('');
    expect(bob.epoch).toBe(ada.epoch);
    expect(await attach()).toMatchObject({ epoch: ada.epoch, cursor: 1 });
  });

  it('E3, K2 has a cursor without gaps: each entries begins at or before it', async () => {
    const { attach, yWebsocket } = await start();
    const sessions = [await attach(), await attach(), await attach()];
    const stock = await yWebsocket('document').synced();
    const cursors = sessions.map(() => 0);
    for (let round = 0; round < 40; round++) {
      for (const { text } of [...sessions, stock]) if (Math.random() < 0.5) text.insert(0, 'x');
      await sleep(Math.random() * 15);
    }
    await Promise.all(sessions.map((session) => session.saved()));
    await until('all are at the head', () => new Set(sessions.map((it) => it.cursor)).size === 1);
    for (const [index, session] of sessions.entries()) {
      for (const message of session.received) {
        const cursor = cursors[index] ?? 0;
        if (message.type === 'entries') {
          expect(message.from).toBeLessThanOrEqual(cursor);
          cursors[index] = Math.max(cursor, message.to);
        } else if (message.type === 'synced' || message.type === 'ack') {
          cursors[index] = Math.max(cursor, message.seq);
        }
      }
      await session.hasContent(sessions[0]?.content ?? '');
      expect(session.all('attached').length).toBe(1); // E4 never came about
    }
  });

  it('K2 has an update acknowledged only after the commit, and many at once', async () => {
    const store = new HeldStore();
    const { attach } = await start({ store });
    const [ada, bob] = [await attach(), await attach()];
    store.hold();
    ada.text.insert(0, 'a');
    await until('the commit has begun', () => store.isHolding);
    for (const letter of 'bcdef') ada.text.insert(0, letter);
    await sleep(100);
    expect(ada.all('ack')).toEqual([]);
    expect(bob.content).toBe('');
    store.release();
    await ada.saved();
    const acks = ada.all('ack');
    expect(acks.length).toBeLessThanOrEqual(3);
    expect(acks.at(-1)).toMatchObject({ through: 6 });
    expect(acks.at(-1)?.seq).toBe(ada.cursor);
    await bob.hasContent('fedcba');
  });

  it('K6 is not told by the state vector that what waits for its commit is durable', async () => {
    const store = new HeldStore();
    const { syncline } = await startServerFor({ store });
    const first = await syncline({ transport });
    const before = await first.attach('document');
    const { doc } = before;
    store.hold();
    before.text.insert(0, 'hello');
    await until('the commit has begun', () => store.isHolding);
    first.cut();
    const after = await (await syncline({ transport })).attach('document', { doc });
    await after.synced();
    expect(after.unsaved).toBe(1);
    expect(after.all('ack')).toEqual([]);
    store.release();
    await after.saved();
    expect(after.all('ack')).toHaveLength(1);
    expect(store.commits).toBe(1);
  });

  it('K5 has the ack held back behind a gap, until the gap is closed', async () => {
    const { attach, url } = await start();
    const [ada, bob] = [await attach(), await attach()];
    const [one, two, three] = updatesOf('one', 'two', 'three') as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    const [other] = updatesOf('other') as [Uint8Array];
    ada.sendUpdate(three);
    await until('it is asked', () => ada.all('ask').length > 0);
    ada.sendUpdate(other);
    Y.applyUpdate(ada.doc, other, ada);
    await bob.hasContent('other');
    await sleep(100);
    expect(ada.unsaved).toBe(2);
    // The cursor moves all the same: entries of others would be behind a gap otherwise.
    bob.text.insert(0, '!');
    await bob.saved();
    await ada.hasContent('!other');
    expect(ada.all('attached').length).toBe(1);
    expect(ada.all('ack').every(({ through }) => through === 0)).toBe(true);
    ada.sendUpdate(one);
    ada.sendUpdate(two);
    await ada.saved();
    expect(ada.all('ack').at(-1)?.through).toBe(4);
    expect(await readFresh(url, 'document')).toMatch(/onetwothree/);
  });

  it('K2 moves the cursor when only a part of an update can be committed', async () => {
    const { attach } = await start();
    const [ada, bob] = [await attach(), await attach()];
    const [one, , three] = updatesOf('one', 'two', 'three') as [Uint8Array, Uint8Array, Uint8Array];
    ada.sendUpdate(Y.mergeUpdates([one, three]));
    Y.applyUpdate(ada.doc, one, ada);
    await bob.hasContent('one');
    bob.text.insert(0, '!');
    await until('the other entry has come', () => ada.content.startsWith('!'));
    expect(ada.all('attached').length).toBe(1);
    expect(ada.unsaved).toBe(1);
  });

  it('K3 goes on after an update that is refused', async () => {
    const { attach, url } = await start();
    const ada = await attach();
    ada.sendUpdate(Uint8Array.of(1, 2, 3));
    ada.text.insert(0, 'hello');
    await ada.saved();
    expect(ada.all('rejected')).toMatchObject([{ number: 1, code: 'update-refused' }]);
    expect(ada.all('ack').at(-1)?.through).toBe(2);
    expect(ada.state).toBe('attached');
    expect(await readFresh(url, 'document')).toBe('hello');
  });

  it('K1 numbers updates: another number ends the connection', async () => {
    const { client, attach } = await start();
    const ada = await attach();
    const [update] = updatesOf('hello') as [Uint8Array];
    client.send({ type: 'update', channel: ada.channel, number: 2, update });
    expect(await client.message('goodbye')).toMatchObject({ code: 'malformed-frame' });
  });

  it('A2, A7, A9 ends with detach, and its channel can be used again', async () => {
    const { client, attach, stock } = await start();
    const ada = await attach();
    const { channel } = ada;
    const [update] = updatesOf('hello') as [Uint8Array];
    client.send({ type: 'update', channel, number: 1, update });
    client.send({ type: 'detach', channel });
    client.send({ type: 'update', channel, number: 2, update });
    client.send({ type: 'detach', channel });
    const attachAgain = (documentId: string) =>
      client.send({
        type: 'attach',
        channel,
        documentId,
        epoch: '',
        since: 0,
        stateVector: Uint8Array.of(0),
        replay: 0,
      });
    attachAgain('other');
    client.send({ type: 'detach', channel });
    attachAgain('document');
    await until('it has the update that came before', () =>
      client
        .all('entries')
        .some((message) => message.channel === channel && textOf(message.update) === 'hello'),
    );
    expect(client.ended).toBeUndefined();
    expect((await stock('other')).content).toBe('');
    attachAgain('document');
    expect(await client.message('goodbye')).toMatchObject({ code: 'malformed-frame' });
  });

  it('A8 is refused for a name that is none, and the connection stays', async () => {
    const { client, attach } = await start();
    for (const name of ['', 'a\nb', 'x'.repeat(513)]) {
      const session = await client.attach(name);
      expect(session.detached).toMatchObject({ code: 'document-id-invalid', retry: false });
    }
    expect((await attach()).state).toBe('attached');
  });

  it('W2, W4, W5 shows who is there, and who went', async () => {
    const { attach, yWebsocket } = await start();
    const ada = await attach();
    const bob = await yWebsocket('document').synced();
    ada.awareness.setLocalState({ name: 'Ada' });
    bob.provider.awareness.setLocalState({ name: 'Bob' });
    await until('Ada sees Bob', () => ada.awareness.getStates().has(bob.doc.clientID));
    await until('Bob sees Ada', () => bob.provider.awareness.getStates().has(ada.doc.clientID));
    const late = await attach();
    await until('who comes late sees both', () => late.awareness.getStates().size === 2);
    ada.detach();
    await until('Ada is gone', () => !bob.provider.awareness.getStates().has(ada.doc.clientID));
    await until('the late one sees it', () => late.awareness.getStates().size === 1);
  });
});

describe('a WebSocket of syncline.v1', () => {
  it.each([
    ['X1 a text frame', 'hello'],
    ['H2 another message than hello', Uint8Array.of(1)],
    ['H2 a hello in fragments', Uint8Array.of(3, 1, 7, 16, 1, 1, 0, 0, 0, 0)],
  ])('is closed for %s', async (_, frame) => {
    const { url } = await startServerFor();
    const socket = new WebSocket(`${url}/v1/sync`, SUBPROTOCOL);
    const closed = new Promise((resolve) => socket.on('close', (code) => resolve(code)));
    socket.on('open', () => socket.send(frame));
    expect(await closed).toBe(4400);
  });

  it('H8 is closed when no hello comes', async () => {
    const { url } = await startServerFor({ limits: { attachMs: 200 } });
    const socket = new WebSocket(`${url}/v1/sync`, SUBPROTOCOL);
    const closed = new Promise((resolve) => socket.on('close', (code) => resolve(code)));
    expect(await closed).toBe(4408);
  });
});
