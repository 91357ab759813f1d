import { parseDocumentId } from '@syncline/protocol';
import type { DocumentStore } from '@syncline/storage';
import { LevelStore } from '@syncline/storage-level';
import {
  HocuspocusClient,
  StockClient,
  SynclineClient,
  sleep,
  TemporaryDirectory,
  until,
} from '@syncline/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as Y from 'yjs';
import {
  connect,
  DIALECTS,
  type DialectClient,
  hasText,
  isStored,
  storedText,
  synced,
  textOf,
} from './dialect-client.ts';
import { startHarness } from './harness.ts';
import { HeldStore } from './held-store.ts';

const ID = 'notes';
const id = parseDocumentId(ID);

interface Asked {
  readonly server: { readonly url: string };
}

async function ask({ server }: Asked, method: string, path = '', body?: Uint8Array) {
  const url = `${server.url}/v1/documents/${ID}${path}`;
  const response = await fetch(url, { method, ...(body && { body: new Uint8Array(body) }) });
  if (!response.ok) throw new Error(`${method}: ${response.status} ${await response.text()}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** A server with a document that somebody has written, has open, and knows a copy of. */
async function startWithCopy(store?: DocumentStore) {
  const harness = await startHarness(store === undefined ? {} : { store });
  const author = await harness.stock(ID);
  author.text.insert(0, 'old');
  await isStored(harness.store, ID, 'old');
  const copy = () => {
    const doc = new Y.Doc();
    Y.applyUpdate(doc, Y.encodeStateAsUpdate(author.doc));
    return doc;
  };
  return { ...harness, author, copy };
}

async function isRefused(client: DialectClient): Promise<void> {
  await until('it is told', () => client.refusals.includes('document-deleted'));
}

async function isGone(store: DocumentStore): Promise<void> {
  await sleep(150);
  expect(await store.load(id)).toBeUndefined();
}

describe.each(DIALECTS)('in %s', (dialect) => {
  it('who has a document open when it is deleted is told, and does not bring it back', async () => {
    const harness = await startWithCopy();
    const { url, store, author } = harness;
    const client = await synced(await connect(dialect, url, ID));
    client.write(' text');
    await hasText(author.doc, 'old text');
    await ask(harness, 'DELETE');
    await isRefused(client);
    client.write('!');
    await isGone(store);
  });

  it('who was away with a copy is told, and nothing of it is stored', async () => {
    const harness = await startWithCopy();
    const doc = harness.copy();
    await ask(harness, 'DELETE');
    const client = await connect(dialect, harness.url, ID, { doc });
    await isRefused(client);
    client.write(' again');
    await isGone(harness.store);
  });

  it('who typed while away is told, and nothing of it is stored', async () => {
    const harness = await startWithCopy();
    const doc = harness.copy();
    await ask(harness, 'DELETE');
    doc.getText('text').insert(3, ' and mine');
    const client = await connect(dialect, harness.url, ID, { doc });
    await isRefused(client);
    await isGone(harness.store);
  });

  it('who deleted something while away is told, and nothing of it is stored', async () => {
    const harness = await startWithCopy();
    const doc = harness.copy();
    await ask(harness, 'DELETE');
    doc.getText('text').delete(0, 3);
    const client = await connect(dialect, harness.url, ID, { doc });
    await isRefused(client);
    await isGone(harness.store);
  });

  it('a new document under the name works at once, and an old copy leaves it alone', async () => {
    const harness = await startWithCopy();
    const { url, store } = harness;
    const doc = harness.copy();
    await ask(harness, 'DELETE');
    const fresh = await synced(await connect(dialect, url, ID));
    fresh.write('new');
    await isStored(store, ID, 'new');
    doc.getText('text').insert(3, ' and mine');
    const old = await connect(dialect, url, ID, { doc });
    await isRefused(old);
    fresh.write('er');
    await isStored(store, ID, 'newer');
    expect(textOf(old.doc)).toBe('old and mine');
    expect(fresh.refusals).toEqual([]);
    const other = await synced(await connect('y-websocket 3', url, ID));
    await hasText(other.doc, 'newer');
  });

  it('a copy that is loaded into a session of the new document is refused', async () => {
    const harness = await startWithCopy();
    const { url, store } = harness;
    const doc = harness.copy();
    await ask(harness, 'DELETE');
    const fresh = await synced(await connect('y-websocket 3', url, ID));
    fresh.write('new');
    await isStored(store, ID, 'new');
    const client = await synced(await connect(dialect, url, ID));
    Y.applyUpdate(client.doc, Y.encodeStateAsUpdate(doc));
    await isRefused(client);
    fresh.write('er');
    await isStored(store, ID, 'newer');
    expect(fresh.refusals).toEqual([]);
  });

  it('a backup that is imported makes old copies welcome', async () => {
    const harness = await startWithCopy();
    const { url, store } = harness;
    const doc = harness.copy();
    const backup = await ask(harness, 'GET', '/export');
    await ask(harness, 'DELETE');
    await ask(harness, 'PUT', '', backup);
    doc.getText('text').insert(3, ' and mine');
    const client = await connect(dialect, url, ID, { doc });
    await isStored(store, ID, 'old and mine');
    await hasText(client.doc, 'old and mine');
    expect(client.refusals).toEqual([]);
  });

  it('a reset of the new document leaves old copies unwelcome', async () => {
    const harness = await startWithCopy();
    const { url, store } = harness;
    const doc = harness.copy();
    await ask(harness, 'DELETE');
    const fresh = await synced(await connect('y-websocket 3', url, ID));
    fresh.write('new');
    await isStored(store, ID, 'new');
    await ask(harness, 'POST', '/reset');
    await isRefused(await connect(dialect, url, ID, { doc }));
    expect(await storedText(store, ID)).toBe('new');
  });
});

describe.each(DIALECTS)('a document that is replaced, in %s,', (dialect) => {
  /** The same words, by somebody else. */
  const replacement = () => {
    const doc = new Y.Doc();
    doc.getText('text').insert(0, 'old');
    return Y.encodeStateAsUpdate(doc);
  };

  it('is not merged with the copy of somebody who has it open', async () => {
    const harness = await startWithCopy();
    const client = await synced(await connect(dialect, harness.url, ID));
    await hasText(client.doc, 'old');
    await ask(harness, 'PUT', '?replace', replacement());
    await until('it is told', () => client.refusals.includes('document-replaced'));
    client.write(' and mine');
    await sleep(300);
    expect(await storedText(harness.store, ID)).toBe('old');
    const fresh = await synced(await connect(dialect, harness.url, ID));
    await hasText(fresh.doc, 'old');
    fresh.write('er');
    await isStored(harness.store, ID, 'older');
  });

  it('is not merged with the copy of somebody who was away', async () => {
    const harness = await startWithCopy();
    const doc = harness.copy();
    await ask(harness, 'PUT', '?replace', replacement());
    doc.getText('text').insert(3, ' and mine');
    const client = await connect(dialect, harness.url, ID, { doc });
    await until('it is told', () => client.refusals.includes('document-replaced'));
    await sleep(150);
    expect(await storedText(harness.store, ID)).toBe('old');
  });

  it('by an older backup gets back nothing that came after it', async () => {
    const harness = await startWithCopy();
    const { url, store, author } = harness;
    const backup = await ask(harness, 'GET', '/export');
    const atBackup = harness.copy();
    author.text.insert(3, ', and a mistake');
    await isStored(store, ID, 'old, and a mistake');
    const doc = harness.copy();
    await ask(harness, 'PUT', '?replace', backup);
    const client = await connect(dialect, url, ID, { doc });
    await until('it is told', () => client.refusals.includes('document-replaced'));
    expect(await storedText(store, ID)).toBe('old');
    // A copy that has nothing else is welcome, with what was added to it.
    atBackup.getText('text').insert(3, ' and mine');
    const other = await connect(dialect, url, ID, { doc: atBackup });
    await isStored(store, ID, 'old and mine');
    expect(other.refusals).toEqual([]);
    await ask(harness, 'DELETE');
    const last = await connect(dialect, url, ID, { doc: harness.copy() });
    await isRefused(last);
  });

  it('by the same content, as a reset does, keeps all copies welcome', async () => {
    const harness = await startWithCopy();
    const { url, store } = harness;
    const doc = harness.copy();
    await ask(harness, 'POST', '/reset');
    await ask(harness, 'PUT', '?replace', await ask(harness, 'GET', '/export'));
    doc.getText('text').insert(3, ' and mine');
    const client = await connect(dialect, url, ID, { doc });
    await isStored(store, ID, 'old and mine');
    expect(client.refusals).toEqual([]);
  });
});

describe('a client that is told of a deletion', () => {
  it('stays away, if it is y-websocket 3', async () => {
    const harness = await startWithCopy();
    const { author } = harness;
    await ask(harness, 'DELETE');
    await until('it is told', () => author.closeCodes.length > 0);
    await sleep(1_000);
    expect(author.closeCodes).toEqual([4410]);
    expect(author.provider.shouldConnect).toBe(false);
  });

  it('is closed, however many are behind one address', async () => {
    const harness = await startWithCopy();
    const clients = await Promise.all(Array.from({ length: 10 }, () => harness.stock(ID)));
    await ask(harness, 'DELETE');
    for (const client of clients) {
      await until('it is told', () => client.closeCodes.length > 0);
      expect(client.closeCodes).toEqual([4410]);
      expect(client.denials).toEqual([]);
    }
  });

  it('keeps its socket and is not listened to, if it is y-websocket 2', async () => {
    const harness = await startWithCopy();
    const client = new StockClient(harness.url, ID, { version: 2, doc: harness.copy() });
    onTestFinished(() => client.destroy());
    await client.synced();
    await ask(harness, 'DELETE');
    await until('it keeps its socket', () => client.denials.length > 0);
    expect(client.closeCodes.every((code) => code === 4410)).toBe(true);
    const before = client.closeCodes.length;
    client.text.insert(0, 'again ');
    await sleep(1_000);
    expect(client.closeCodes).toHaveLength(before);
    await isGone(harness.store);
    for (let i = 0; i < 3; i++) {
      client.cut();
      await until('it is told again', () => client.denials.length > i + 1);
    }
    await isGone(harness.store);
  });

  it('keeps its other documents, if it is Hocuspocus', async () => {
    const harness = await startWithCopy();
    const client = new HocuspocusClient(harness.url, ID);
    onTestFinished(() => client.destroy());
    const other = new HocuspocusClient(client.socket, 'other');
    onTestFinished(() => other.destroy());
    await Promise.all([client.synced(), other.synced()]);
    await ask(harness, 'DELETE');
    await until('it is told', () => client.authenticationFailed.length > 0);
    expect(client.authenticationFailed[0]).toMatch(/^document-deleted/);
    other.text.insert(0, 'here');
    await other.saved();
    expect(client.socket.closeCodes).toEqual([]);
  });

  it('is told when it attaches with the old epoch, if it is syncline.v1', async () => {
    const harness = await startWithCopy();
    const client = await SynclineClient.connect(harness.url);
    onTestFinished(() => client.destroy());
    const session = await (await client.attach(ID)).synced();
    await ask(harness, 'DELETE');
    await until('it is told', () => session.state === 'detached');
    expect(session.detached).toMatchObject({ code: 'document-deleted', retry: false });
    const { doc, epoch, cursor } = session;
    const again = await client.attach(ID, { doc, epoch, since: cursor });
    expect(again.detached).toMatchObject({ code: 'document-deleted', retry: false });
    expect((await client.attach(ID)).state).toBe('attached');
  });
});

it.each([
  ['only deletes what was deleted', (doc: Y.Doc) => doc.getText('text').delete(0, 1)],
  ['builds on what was deleted', (doc: Y.Doc) => doc.getText('text').insert(1, 'x')],
])('an update that %s ends its session', async (_, change) => {
  const harness = await startWithCopy();
  const old = harness.copy();
  await ask(harness, 'DELETE');
  const client = await SynclineClient.connect(harness.url);
  onTestFinished(() => client.destroy());
  const session = await client.attach(ID);
  const before = Y.encodeStateVector(old);
  change(old);
  session.sendUpdate(Y.encodeStateAsUpdate(old, before));
  await until('the session ends', () => session.state === 'detached');
  expect(session.detached).toMatchObject({ code: 'document-deleted' });
  await isGone(harness.store);
});

it('an update that comes while the document is being deleted is not stored', async () => {
  const store = new HeldStore();
  const harness = await startWithCopy(store);
  const { author, url } = harness;
  const clients = await Promise.all(
    DIALECTS.map(async (dialect) => await synced(await connect(dialect, url, ID))),
  );
  store.hold();
  author.text.insert(3, ' one');
  await until('the commit has begun', () => store.isHolding);
  const deleting = ask(harness, 'DELETE');
  for (const client of clients) client.write(' late');
  await until('its sessions are ended', () => author.closeCodes.length > 0);
  for (const client of clients) client.write(' later');
  store.release();
  await deleting;
  for (const client of clients) await isRefused(client);
  await isGone(store);
});

it('updates that arrive with a deletion, over and over, bring nothing back', async () => {
  const harness = await startHarness();
  const { url, store } = harness;
  for (let round = 0; round < 10; round++) {
    const clients = await Promise.all(
      DIALECTS.map(async (dialect) => await connect(dialect, url, ID)),
    );
    for (const client of clients) await synced(client);
    clients[round % clients.length]?.write('x');
    for (const client of clients) await hasText(client.doc, 'x');
    const deleting = ask(harness, 'DELETE');
    const typing = setInterval(() => {
      for (const client of clients) client.write('.');
    }, 0);
    await deleting;
    await sleep(30);
    clearInterval(typing);
    for (const client of clients) client.destroy();
    await sleep(20);
    expect(await store.load(id)).toBeUndefined();
  }
});

it('a deletion outlives a restart', async () => {
  const directory = await TemporaryDirectory.make();
  const path = directory.path;
  const first = await LevelStore.open(path);
  const before = await startWithCopy(first);
  const copies = DIALECTS.map(() => before.copy());
  await ask(before, 'DELETE');
  await before.server.close();
  await first.close();

  const store = await LevelStore.open(path);
  const after = await startHarness({ store });
  onTestFinished(() => directory.remove());
  const fresh = await synced(await connect('y-websocket 3', after.url, ID));
  for (const [index, dialect] of DIALECTS.entries()) {
    const doc = copies[index] as Y.Doc;
    if (index % 2 === 0) doc.getText('text').insert(3, ' and mine');
    await isRefused(await connect(dialect, after.url, ID, { doc }));
  }
  await isGone(store);
  fresh.write('new');
  await isStored(store, ID, 'new');
  expect(fresh.refusals).toEqual([]);
});
