import { type DocumentId, parseDocumentId } from '@syncline/protocol';
import type { DocumentStore } from '@syncline/storage';
import { FaultyNetwork } from '@syncline/testing';
import { PrivatePostgres } from '@syncline/testing/services';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PostgresStore } from '../src/index.ts';

const ANSWER_MS = 2_500;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const code = (value: string) => expect.objectContaining({ code: value });
const ids = Array.from({ length: 6 }, (_, index) => parseDocumentId(`document ${index}`));
const [id] = ids as [DocumentId];

const isInstalled = await PrivatePostgres.isInstalled();
let postgres: PrivatePostgres;
const opened: PostgresStore[] = [];
let states: string[];
let epochs: Map<DocumentId, string>;

beforeAll(async () => {
  if (isInstalled) postgres = await PrivatePostgres.make();
});
afterAll(async () => {
  if (isInstalled) await postgres.remove();
});
beforeEach(async () => {
  states = [];
  epochs = new Map();
  if (isInstalled) await query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((store) => store.close()));
});

async function open(url = postgres.url): Promise<PostgresStore> {
  const store = await PostgresStore.open(url, {
    timeouts: { statementMs: 3_000, lockMs: 2_000, connectMs: 3_000, answerMs: ANSWER_MS },
    onState: (state) => states.push(state),
  });
  opened.push(store);
  return store;
}

async function query(text: string): Promise<void> {
  const client = new pg.Client(postgres.url);
  // A statement that cuts all connections cuts its own at last.
  client.on('error', () => {});
  await client.connect();
  await client.query(text);
  await client.end();
}

/** Appends to documents again and again, as a server's tick does, until it is told to stop. */
class Writer {
  readonly acknowledged: { documentId: DocumentId; text: string }[] = [];
  readonly #store: DocumentStore;
  readonly #name: string;
  readonly #documents: readonly DocumentId[];
  readonly #done: Promise<void>;
  #stopping = false;

  constructor(store: DocumentStore, name: string, documents: readonly DocumentId[] = ids) {
    this.#store = store;
    this.#name = name;
    this.#documents = documents;
    this.#done = this.#write();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#done;
  }

  async #write(): Promise<void> {
    for (let round = 0; !this.#stopping; round++) {
      const text = `${this.#name} ${round}`;
      const entries = [{ update: Buffer.from(text), author: '', time: 0 }];
      const appends = this.#documents.map((documentId) => ({ documentId, entries }));
      const answers = await this.#store.append(appends);
      for (const [index, documentId] of this.#documents.entries()) {
        const answer = answers[index];
        if (typeof answer !== 'object') continue;
        this.acknowledged.push({ documentId, text });
        expect(epochs.get(documentId) ?? answer.epoch).toBe(answer.epoch);
        epochs.set(documentId, answer.epoch);
      }
      await sleep(5);
    }
  }
}

/** With a store of its own: each acknowledged entry is there, and each log is without a hole. */
async function expectKept(writers: readonly Writer[]): Promise<void> {
  const reader = await open();
  const stored = new Map<DocumentId, Set<string>>();
  for (const documentId of ids) {
    const tail = (await reader.load(documentId))?.tail ?? [];
    stored.set(documentId, new Set(tail.map(({ update }) => Buffer.from(update).toString())));
  }
  for (const { acknowledged } of writers) {
    const lost = acknowledged.filter(({ documentId, text }) => !stored.get(documentId)?.has(text));
    expect(lost).toEqual([]);
  }
}

const more = (writers: readonly Writer[], count: number) => {
  const goals = writers.map(({ acknowledged }) => acknowledged.length + count);
  return expect
    .poll(
      () => writers.every((writer, index) => writer.acknowledged.length >= (goals[index] ?? 0)),
      {
        timeout: 30_000,
      },
    )
    .toBe(true);
};

describe.skipIf(!isInstalled)('a store whose PostgreSQL', () => {
  it('is stopped at once and started again loses nothing, and goes on', async () => {
    const stores = [await open(), await open()];
    const writers = stores.map((store, index) => new Writer(store, `writer ${index}`));
    for (let round = 0; round < 4; round++) {
      await more(writers, 50);
      await sleep(Math.random() * 100);
      await postgres.stop('immediate');
      await expect
        .poll(() => stores.map(({ state }) => state), { timeout: 10_000 })
        .toEqual(['recovering', 'recovering']);
      const before = writers.map(({ acknowledged }) => acknowledged.length);
      await expect(stores[0]?.load(id)).rejects.toEqual(code('load-failed'));
      await sleep(300);
      expect(writers.map(({ acknowledged }) => acknowledged.length)).toEqual(before);
      await postgres.start();
    }
    await more(writers, 50);
    expect(stores.map(({ state }) => state)).toEqual(['ready', 'ready']);
    await Promise.all(writers.map((writer) => writer.stop()));
    await expectKept(writers);
  });

  it('cuts all connections in mid-append, again and again, loses nothing', async () => {
    const stores = [await open(), await open()];
    const writers = stores.map((store, index) => new Writer(store, `writer ${index}`));
    for (let round = 0; round < 30; round++) {
      await query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE application_name = 'syncline' AND pid <> pg_backend_pid()`,
      );
      await sleep(Math.random() * 60);
    }
    await more(writers, 50);
    await Promise.all(writers.map((writer) => writer.stop()));
    await expectKept(writers);
  });

  it('stands still for a while has everything afterwards', async () => {
    const stores = [await open(), await open()];
    const writers = stores.map((store, index) => new Writer(store, `writer ${index}`));
    await more(writers, 30);
    await postgres.pause();
    try {
      await sleep(1_000);
      const before = writers.map(({ acknowledged }) => acknowledged.length);
      // Nobody says that a connection is dead: the store gives up the statement.
      await expect
        .poll(() => stores.map(({ state }) => state), { timeout: 25_000 })
        .toEqual(['recovering', 'recovering']);
      expect(writers.map(({ acknowledged }) => acknowledged.length)).toEqual(before);
    } finally {
      await postgres.resume();
    }
    await more(writers, 30);
    expect(stores.map(({ state }) => state)).toEqual(['ready', 'ready']);
    await Promise.all(writers.map((writer) => writer.stop()));
    await expectKept(writers);
  });

  it.each([
    ['answers nothing over connections that are open', ['down']],
    ['hears nothing over connections that are open', ['up', 'down']],
  ] as const)('%s is reached by others, within seconds', async (_, directions) => {
    const network = await FaultyNetwork.start(postgres.url);
    const url = new URL(postgres.url);
    url.port = new URL(network.url).port;
    const store = await open(url.href);
    const writers = [new Writer(store, 'writer')];
    await more(writers, 20);
    for (let round = 0; round < 3; round++) {
      const start = performance.now();
      const before = writers[0]?.acknowledged.length ?? 0;
      network.silence(...directions);
      const reading = store.load(id).then(() => performance.now() - start);
      await expect.poll(() => store.state, { timeout: 2_300 }).toBe('recovering');
      await expect
        .poll(() => writers[0]?.acknowledged.length ?? 0, { timeout: 10_000 })
        .toBeGreaterThan(before + 20);
      // One wait for an answer, and a new connection.
      expect(performance.now() - start).toBeLessThan(ANSWER_MS + 2_000);
      expect(await reading).toBeLessThan(ANSWER_MS + 2_000);
      await expect.poll(() => store.state).toBe('ready');
    }
    await Promise.all(writers.map((writer) => writer.stop()));
    await expectKept(writers);
    // What was committed without an answer was not committed again.
    for (const documentId of ids) {
      const texts = (await store.load(documentId))?.tail.map(({ update }) => String(update));
      expect(new Set(texts).size).toBe(texts?.length);
    }
    network.close();
  });

  it('holds one row for 20 s delays that document alone', async () => {
    const store = await open();
    await store.append(ids.map((documentId) => ({ documentId, entries: [] })));
    const client = new pg.Client(postgres.url);
    await client.connect();
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM syncline_documents WHERE id = $1 FOR UPDATE', [id]);
    const writers = [new Writer(store, 'writer')];
    const entries = [{ update: Buffer.from('patient'), author: '', time: 0 }];
    let waits = 0;
    const waiting = (async () => {
      for (;;) {
        waits++;
        const [appended] = await store.append([{ documentId: id, entries }], { wait: true });
        if (appended !== 'held') return;
      }
    })();
    for (let second = 0; second < 20; second++) {
      const before = writers[0]?.acknowledged.length ?? 0;
      await sleep(1_000);
      expect(writers[0]?.acknowledged.length).toBeGreaterThan(before + 50);
    }
    expect(writers[0]?.acknowledged.some(({ documentId }) => documentId === id)).toBe(false);
    expect(states).toEqual([]);
    expect(waits).toBeLessThan(12);
    await client.query('COMMIT');
    await client.end();
    await waiting;
    await expect
      .poll(() => writers[0]?.acknowledged.some(({ documentId }) => documentId === id))
      .toBe(true);
    await writers[0]?.stop();
    await expectKept(writers);
  });

  it('is away when the store is closed rejects what waits, and closes', async () => {
    const store = await open();
    const entries = [{ update: Buffer.from('x'), author: '', time: 0 }];
    await store.append([{ documentId: id, entries }]);
    await postgres.stop('immediate');
    const appending = expect(store.append([{ documentId: id, entries }])).rejects.toEqual(
      code('commit-failed'),
    );
    await expect.poll(() => store.state).toBe('recovering');
    const start = performance.now();
    await store.close();
    await appending;
    expect(performance.now() - start).toBeLessThan(3_500);
    await postgres.start();
  });
});

describe.skipIf(!isInstalled)('a PostgreSQL that acknowledges what it has not kept', () => {
  afterEach(async () => {
    await postgres.stop('fast');
    await postgres.start();
  });

  it.each(['synchronous_commit', 'fsync'])('since %s is off is refused', async (setting) => {
    await postgres.stop('fast');
    await postgres.start(`${setting}=off`);
    await expect(open()).rejects.toEqual(code('config-invalid'));
  });

  it('is refused also when that comes later', async () => {
    const store = await open();
    const entries = [{ update: Buffer.from('x'), author: '', time: 0 }];
    await store.append([{ documentId: id, entries }]);
    await postgres.stop('fast');
    await postgres.start('synchronous_commit=off');
    await expect(store.append([{ documentId: id, entries }])).rejects.toEqual(
      code('config-invalid'),
    );
  });
});
