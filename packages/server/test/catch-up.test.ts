import { type DocumentId, parseDocumentId } from '@syncline/protocol';
import { type DocumentStore, MemoryStore } from '@syncline/storage';
import { LevelStore } from '@syncline/storage-level';
import {
  type SynclineClient,
  type SynclineSession,
  sleep,
  TemporaryDirectory,
  until,
} from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { openStore } from './backend.ts';
import { startServerFor } from './clients.ts';
import { HeldStore } from './held-store.ts';

const id = parseDocumentId('document');
/** Nothing is compacted, and no room unloaded, but when a test says so. */
const still = { quietMs: 600_000, unloadMs: 600_000 };

/** What a client has stored of a session that has ended. */
const copyOf = ({ doc, epoch, cursor }: SynclineSession) => ({ doc, epoch, since: cursor });

async function comeBack(client: SynclineClient, session: SynclineSession) {
  return await (await client.attach('document', copyOf(session))).synced();
}

/** Text that takes no less than half of its room when a store compresses it. */
const noise = (length: number): string =>
  Array.from({ length }, () => Math.random().toString(36)[2]).join('');

/** What an update holds: how many clocks, and deletions of how many clients. */
const decoded = (update: Uint8Array) => {
  const { structs, ds } = Y.decodeUpdate(update);
  const clocks = structs.reduce((sum, { length }) => sum + length, 0);
  return { clocks, deletes: ds.clients.size };
};

/** A document that holds its content in three entries or more, and a client that has gone. */
async function withLog(options: Parameters<typeof startServerFor>[0] = {}) {
  const clients = await startServerFor({ ...still, ...options });
  const client = await clients.syncline();
  const writer = await (await client.attach('document')).synced();
  const write = async (text: string) => {
    writer.text.insert(writer.text.length, text);
    await writer.saved();
  };
  await write('one ');
  const reader = await (await client.attach('document')).synced();
  await reader.hasContent('one ');
  reader.detach();
  return { ...clients, client, writer, write, reader };
}

describe('a client that comes back with a cursor', () => {
  it('A1, E3 gets exactly the entries that it lacks, deletions included', async () => {
    const { client, writer, write, reader } = await withLog();
    await write('two ');
    writer.text.delete(0, 4);
    await writer.saved();
    await write('three');
    const again = await comeBack(client, reader);
    expect(again.content).toBe('two three');
    const [entries, ...others] = again.all('entries');
    expect(others).toEqual([]);
    expect(entries).toMatchObject({ from: 1, to: 4 });
    expect(decoded(entries?.update as Uint8Array)).toEqual({
      clocks: 'two three'.length,
      deletes: 1,
    });
    expect(again.all('checkpoint')).toEqual([]);
    expect(again.all('synced')).toMatchObject([{ seq: 4 }]);
    expect(again.cursor).toBe(4);
  });

  it('E5 gets nothing but synced when it lacks nothing', async () => {
    const { client, writer } = await withLog();
    writer.text.delete(0, 2);
    await writer.saved();
    writer.detach();
    const again = await comeBack(client, writer);
    expect([...again.all('entries'), ...again.all('checkpoint')]).toEqual([]);
    expect(again.syncedAt).toBe(2);
  });

  it('gets its entries from the store when the room has them no more one by one', async () => {
    const store = new HeldStore();
    const { client, write, reader, metric } = await withLog({ store, unloadMs: 50 });
    for (let i = 0; i < 10; i++) await write(`${i}`);
    client.sessions[0]?.detach();
    await until('the room is unloaded', async () => (await metric('syncline_rooms')) === 0);
    const again = await comeBack(client, reader);
    expect(again.content).toBe('one 0123456789');
    expect(again.all('entries')).toMatchObject([{ from: 1, to: 11 }]);
    expect(store.reads).toBe(1);
  });

  it('A4 sends what it wrote meanwhile, and gets what others did', async () => {
    const { client, write, reader, writer } = await withLog();
    await write('two');
    reader.text.insert(0, 'offline ');
    expect(reader.unsaved).toBe(1);
    const again = await comeBack(client, reader);
    await again.saved();
    await writer.hasContent(again.content);
    expect(again.content).toMatch(/offline/);
    expect(again.content).toMatch(/two/);
  });

  it('below the floor gets the difference when that is small', async () => {
    const { client, write, reader, operator } = await withLog();
    await write('two');
    await operator('POST', 'document/compact');
    const again = await comeBack(client, reader);
    expect(again.content).toBe('one two');
    expect(again.all('checkpoint')).toEqual([]);
    expect(again.all('entries').map(({ from }) => from)).toEqual([0]);
    expect(again.cursor).toBe(2);
  });

  it('below the floor gets the difference, though large, when the checkpoint is larger', async () => {
    const { client, write, reader, operator } = await withLog();
    await write(noise(50_000));
    const middle = await (await client.attach('document')).synced();
    middle.detach();
    await write(noise(30_000));
    await operator('POST', 'document/compact');
    const again = await comeBack(client, middle);
    expect(again.all('checkpoint')).toEqual([]);
    expect(again.content.length).toBe(80_004);
    const whole = await comeBack(client, reader);
    expect(whole.content).toBe(again.content);
  });

  it('E2 gets the checkpoint as it is stored, and the entries after it', async () => {
    const directory = await TemporaryDirectory.make();
    try {
      const store = await LevelStore.open(directory.path);
      const { client, write, writer, reader, operator } = await withLog({ store });
      await write('abcdefgh'.repeat(20_000));
      await operator('POST', 'document/compact');
      await write('!');
      const stored = await store.load(id);
      const checkpoint = stored && (await store.readCheckpoint(id, stored.epoch));
      expect(checkpoint?.encoding).toBe('deflate-raw');
      for (const copy of [reader, undefined]) {
        const again = copy
          ? await comeBack(client, copy)
          : await (await client.attach('document')).synced();
        const [sent] = again.all('checkpoint');
        expect(sent).toMatchObject({ seq: 2, encoding: 'deflate-raw' });
        expect(Buffer.compare(sent?.bytes as Uint8Array, checkpoint?.bytes as Uint8Array)).toBe(0);
        expect(again.all('entries')).toMatchObject([{ from: 2, to: 3 }]);
        expect(again.content).toBe(writer.content);
        again.detach();
      }
    } finally {
      await directory.remove();
    }
  });

  it('is brought up to date though an entry of the log cannot be read', async () => {
    const store = await openStore();
    const { client, write, reader, writer, metric } = await withLog({ store, unloadMs: 50 });
    await write('two');
    writer.detach();
    await until('the room is unloaded', async () => (await metric('syncline_rooms')) === 0);
    const poison = { update: Uint8Array.of(1, 2, 3), author: '', time: 0 };
    await store.append([{ documentId: id, entries: [poison] }]);
    const again = await comeBack(client, reader);
    expect(again.content).toBe('one two');
  });
});

describe('a storm of clients that come back', () => {
  it('shares what is read from the store', async () => {
    const store = new HeldStore();
    const { write, reader, syncline, operator, client } = await withLog({ store });
    await write(noise(40_000));
    await operator('POST', 'document/compact');
    await write('!');
    const before = store.reads;
    const connections = await Promise.all(Array.from({ length: 20 }, () => syncline()));
    const { epoch, cursor } = reader;
    const sessions = await Promise.all(
      Array.from({ length: 200 }, (_, index) => {
        const doc = new Y.Doc();
        Y.applyUpdate(doc, Y.encodeStateAsUpdate(reader.doc));
        const from = connections[index % 20] ?? client;
        return from.attach('document', { doc, epoch, since: cursor });
      }),
    );
    await Promise.all(sessions.map((session) => session.synced()));
    expect(new Set(sessions.map(({ content }) => content.length))).toEqual(new Set([40_005]));
    expect(store.reads - before).toBeLessThanOrEqual(3);
  });
});

describe('a client of another epoch', () => {
  it('A5 is told to reset by an operator, keeps its copy away, and loads the document anew', async () => {
    const { client, writer, reader, operator, yWebsocket } = await withLog();
    reader.text.insert(0, 'unsaved ');
    await operator('POST', 'document/reset');
    await until('it has ended', () => writer.state === 'detached');
    expect(writer.detached).toMatchObject({ code: 'document-reset', retry: true });
    for (const copy of [writer, reader]) {
      const old = await client.attach('document', copyOf(copy));
      expect(old.state).toBe('reset');
      const again = await client.attach('document', { epoch: old.resetTo ?? '' });
      expect((await again.synced()).content).toBe('one ');
      expect(again.epoch).not.toBe(copy.epoch);
      expect(again.epoch).toBe(old.resetTo);
      again.text.insert(again.content.length, '!');
      await again.saved();
      again.text.delete(again.content.length - 1, 1);
      await again.saved();
    }
    expect((await yWebsocket('document').synced()).content).toBe('one ');
  });

  it('A5 is told so when the document was replaced while it was there', async () => {
    const { server, client, writer } = await withLog();
    const other = new Y.Doc();
    other.getText('text').insert(0, 'replaced');
    const response = await fetch(`${server.url}/v1/documents/document?replace`, {
      method: 'PUT',
      body: Y.encodeStateAsUpdate(other).slice(),
    });
    expect(response.status).toBe(201);
    await until('it has ended', () => writer.state === 'detached');
    expect(writer.detached).toMatchObject({ code: 'document-replaced', retry: true });
    const old = await client.attach('document', copyOf(writer));
    const again = await client.attach('document', { epoch: old.resetTo ?? '' });
    expect((await again.synced()).content).toBe('replaced');
  });

  it('A6 does not bring back what was deleted, and leaves no session behind', async () => {
    const { client, writer, reader, operator, metric } = await withLog();
    await operator('DELETE', 'document');
    await until('it has ended', () => writer.state === 'detached');
    for (const copy of [writer, reader].map(copyOf)) {
      for (const epoch of [copy.epoch, '']) {
        const old = await client.attach('document', { ...copy, epoch });
        expect(old.detached).toMatchObject({ code: 'document-deleted', retry: false });
      }
    }
    expect(await metric('syncline_sessions')).toBe(0);
    expect((await (await client.attach('document')).synced()).content).toBe('');
  });
});

describe('a client that knows of entries which the log has lost', () => {
  /** Leaves the first entry alone, as a restored backup does. */
  async function forget(store: DocumentStore, documentId: DocumentId) {
    const stored = await store.load(documentId);
    const [first] = stored?.tail ?? [];
    if (stored === undefined || first === undefined) throw new Error('there is nothing to forget');
    await store.replace(documentId, first.update, { epoch: stored.epoch });
  }

  /** What it says of a document comes late, and the later the more have asked. */
  class LateStore extends MemoryStore {
    #asked = 0;

    override async inspect(...args: Parameters<MemoryStore['inspect']>) {
      this.#asked++;
      const delayMs = this.#asked * 100;
      const answer = await super.inspect(...args);
      await sleep(delayMs);
      return answer;
    }
  }

  /** Where a log stands it says late, and the later the more have asked. */
  class LateHeads extends MemoryStore {
    asked = 0;

    override async heads(...args: Parameters<MemoryStore['heads']>) {
      const delayMs = ++this.asked * 100;
      const answer = await super.heads(...args);
      await sleep(delayMs);
      return answer;
    }
  }

  async function withLoss(given?: DocumentStore) {
    const store = given ?? (await openStore());
    const clients = await withLog({ store, unloadMs: 50 });
    const { client, writer, write, metric } = clients;
    const second = await (await client.attach('document')).synced();
    await write('two ');
    await write('three ');
    await second.hasContent('one two three ');
    writer.detach();
    second.detach();
    await until('the room is unloaded', async () => (await metric('syncline_rooms')) === 0);
    await forget(store, parseDocumentId('document'));
    return { ...clients, second };
  }

  it('A3 gives it a new epoch and merges its content, and an alarm is counted', async () => {
    const { client, writer, second, metric, yWebsocket } = await withLoss();
    const stale = yWebsocket('document');
    await stale.hasContent('one ');
    second.text.insert(0, 'unsaved ');
    const again = await client.attach('document', copyOf(writer));
    await again.synced();
    expect(again.state).toBe('attached');
    expect(again.epoch).not.toBe(writer.epoch);
    await again.saved();
    expect(await metric('syncline_lost_entries_total')).toBe(1);
    // Others with a copy of the epoch that was given up are merged as well.
    const other = await (await client.attach('document', copyOf(second))).synced();
    expect(other.state).toBe('attached');
    expect(other.epoch).toBe(again.epoch);
    await other.saved();
    await again.hasContent('unsaved one two three ');
    await stale.hasContent('unsaved one two three ');
    expect(await metric('syncline_lost_entries_total')).toBe(1);
  });

  it('A3 misses nothing when others have filled the same seqs anew', async () => {
    const { client, writer, yWebsocket } = await withLoss();
    const stock = yWebsocket('document');
    await stock.hasContent('one ');
    // More entries than were lost, so that the cursor of the old client is not past the head.
    for (const word of ['new ', 'newer ', 'newest ']) {
      stock.text.insert(0, word);
      await sleep(30);
    }
    const again = await client.attach('document', copyOf(writer));
    await again.synced();
    await again.saved();
    await until('both have all', () => again.content === stock.content);
    for (const word of ['one ', 'two ', 'three ', 'new ', 'newer ', 'newest ']) {
      expect(stock.content).toContain(word);
    }
  });

  it('A3 merges the copies of many who find out at once', async () => {
    const { client, writer, second, syncline } = await withLoss();
    const other = await syncline();
    const stale = await (await syncline()).attach('document', { epoch: writer.epoch, since: 1 });
    await stale.synced();
    second.text.insert(0, 'unsaved ');
    const [first, again] = await Promise.all([
      client.attach('document', copyOf(writer)),
      other.attach('document', copyOf(second)),
    ]);
    expect([first.state, again.state]).toEqual(['attached', 'attached']);
    await Promise.all([first.synced(), again.synced()]);
    await Promise.all([first.saved(), again.saved()]);
    await first.hasContent('unsaved one two three ');
    expect(first.epoch).toBe(again.epoch);
    await sleep(50);
    expect([first.state, again.state]).toEqual(['attached', 'attached']);
  });

  it('A3 ends no session of the new epoch for one that finds out late', async () => {
    const { client, writer, second, syncline } = await withLoss(new LateStore());
    const other = await syncline();
    const sessions = await Promise.all([
      client.attach('document', copyOf(writer)),
      other.attach('document', copyOf(second)),
    ]);
    await sleep(300);
    expect(sessions.map(({ state }) => state)).toEqual(['attached', 'attached']);
  });

  it('A3 attaches who still asks where the log stands when its room is ended', async () => {
    const store = new LateHeads();
    const { client, writer, second, syncline } = await withLoss(store);
    const other = await syncline();
    const before = store.asked;
    const sessions = await Promise.all([
      client.attach('document', copyOf(writer)),
      other.attach('document', copyOf(second)),
    ]);
    expect(store.asked).toBeGreaterThanOrEqual(before + 2);
    expect(sessions.map(({ state }) => state)).toEqual(['attached', 'attached']);
    await Promise.all(sessions.map((session) => session.synced()));
    expect(new Set(sessions.map(({ epoch }) => epoch)).size).toBe(1);
    await Promise.all(sessions.map((session) => session.hasContent('one two three ')));
  });
});
