import { parseDocumentId } from '@syncline/protocol';
import type { Appended, Epoch, Seq } from '@syncline/storage';
import { findPostgres, TestDatabase } from '@syncline/testing/services';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { migrate, PostgresStore } from '../src/index.ts';
import { LOCK } from '../src/migrate.ts';
import { MIGRATIONS } from '../src/migrations.ts';
import { entryChecksum } from '../src/row.ts';

const server = await findPostgres();

describe.skipIf(server === undefined)('a database', () => {
  let database: TestDatabase;
  const opened: PostgresStore[] = [];

  beforeEach(async () => {
    database = await TestDatabase.make(server as string);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()));
    await database.drop();
  });

  const open = async () => {
    const store = await PostgresStore.open(database.url);
    opened.push(store);
    return store;
  };
  const newest = MIGRATIONS.length;
  const id = parseDocumentId('document');
  const entry = (value: number) => ({ update: new Uint8Array([value]), author: '', time: 0 });
  const code = (value: string) => expect.objectContaining({ code: value });

  it('is migrated once by nodes that start together', async () => {
    const migrations = await Promise.all([1, 2, 3, 4].map(() => migrate(database.url)));
    expect(migrations.map(({ from }) => from).sort((a, b) => a - b)).toEqual([
      0,
      newest,
      newest,
      newest,
    ]);
    expect(migrations.map(({ to }) => to)).toEqual([newest, newest, newest, newest]);
    expect(await database.run('SELECT version FROM syncline_schema')).toEqual(
      MIGRATIONS.map((_, index) => ({ version: index + 1 })),
    );
    await open();
  });

  it('is found to be migrated by a node that waited for another, however little that did', async () => {
    const other = new pg.Client({ connectionString: database.url });
    await other.connect();
    try {
      await other.query(`BEGIN; SELECT pg_advisory_xact_lock(${LOCK})`);
      const migration = migrate(database.url);
      const waits = async () => {
        const rows = await database.run(
          `SELECT pid FROM pg_stat_activity
           WHERE datname = current_database() AND wait_event = 'advisory'`,
        );
        return rows.length > 0;
      };
      while (!(await waits())) await new Promise((resolve) => setTimeout(resolve, 10));
      await other.query(
        `CREATE TABLE syncline_schema (version integer PRIMARY KEY);
         INSERT INTO syncline_schema VALUES (${newest}); COMMIT`,
      );
      expect(await migration).toEqual({ from: newest, to: newest });
    } finally {
      await other.end();
    }
  });

  it('of the first version keeps its documents when it is migrated', async () => {
    await database.run(
      `CREATE TABLE syncline_schema (version integer PRIMARY KEY, applied timestamptz DEFAULT now());
       INSERT INTO syncline_schema (version) VALUES (1); ${MIGRATIONS[0]?.join(';')}`,
    );
    await database.run(
      `INSERT INTO syncline_documents (id, epoch, head, has_tail) VALUES ($1, 'e', 1, true)`,
      [id],
    );
    const { update, author, time } = entry(7);
    await database.run(
      `INSERT INTO syncline_entries (log, seq, time, crc, author, update)
       SELECT log, 1, $1, $2, '', $3 FROM syncline_documents`,
      [time, entryChecksum(id, time, Buffer.from(author), update), Buffer.from(update)],
    );
    const store = await open();
    expect(await store.load(id)).toMatchObject({ epoch: 'e', tail: [{ seq: 1, update }] });
    expect(await store.claimCompaction(id, 60_000)).toBe(true);
    expect(
      await store.append([{ documentId: id, entries: [entry(8)], epoch: 'e' as Epoch }]),
    ).toEqual([{ epoch: 'e', head: 2 }]);
  });

  it('of a newer version is refused', async () => {
    await migrate(database.url);
    await database.run('INSERT INTO syncline_schema (version) VALUES ($1)', [newest + 1]);
    await expect(open()).rejects.toEqual(code('store-format'));
    await expect(migrate(database.url)).rejects.toEqual(code('store-format'));
  });

  it('that does not wait for its disk is refused', async () => {
    const { pathname } = new URL(database.url);
    await database.run(`ALTER DATABASE ${pathname.slice(1)} SET synchronous_commit = off`);
    await expect(open()).rejects.toEqual(code('config-invalid'));
  });

  it('that is not there is named', async () => {
    const url = new URL(database.url);
    url.pathname = '/syncline_test_missing';
    await expect(PostgresStore.open(url.href)).rejects.toEqual(code('load-failed'));
  });

  it('holds an author with NUL, and other documents are committed beside it', async () => {
    const store = await open();
    const author = 'a\0b';
    await store.append([
      { documentId: id, entries: [{ ...entry(1), author }] },
      { documentId: parseDocumentId('other'), entries: [entry(2)] },
    ]);
    expect((await store.load(id))?.tail[0]?.author).toBe(author);
    expect((await store.load(parseDocumentId('other')))?.head).toBe(1);
  });

  it('ends a statement that takes too long, and says that it recovers until one works', async () => {
    const states: string[] = [];
    const store = await PostgresStore.open(database.url, {
      timeouts: { statementMs: 300 },
      onState: (state) => states.push(state),
    });
    opened.push(store);
    await store.append([{ documentId: id, entries: [entry(1)] }]);
    const client = new pg.Client(database.url);
    await client.connect();
    await client.query('BEGIN; LOCK TABLE syncline_documents');
    await expect(store.load(id)).rejects.toEqual(code('load-failed'));
    const appending = store.append([{ documentId: id, entries: [entry(2)] }]);
    await expect.poll(() => states.at(-1)).toBe('recovering');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await client.end();
    expect(await appending).toMatchObject([{ head: 2 }]);
    await expect.poll(() => store.state).toBe('ready');
  });

  it.each([
    ['an update that was changed', "UPDATE syncline_entries SET update = '\\x07' WHERE seq = 2"],
    ['an entry that is missing', 'DELETE FROM syncline_entries WHERE seq = 2'],
    ['its last entry missing', 'DELETE FROM syncline_entries WHERE seq = 4'],
    ['an author that was changed', "UPDATE syncline_entries SET author = 'eve' WHERE seq = 3"],
    ['no checkpoint where there was one', 'DELETE FROM syncline_checkpoints'],
    ['a checkpoint that was changed', "UPDATE syncline_checkpoints SET update = '\\x07'"],
  ])('does not serve a document with %s', async (_, damage) => {
    const store = await open();
    const other = parseDocumentId('other');
    const [appended] = await store.append([
      { documentId: id, entries: [1, 2, 3, 4].map(entry) },
      { documentId: other, entries: [entry(1)] },
    ]);
    const { epoch } = appended as Appended;
    if (damage.includes('checkpoint')) {
      await store.compact(id, epoch, { seq: 1 as Seq, update: new Uint8Array([1]) });
    }
    await database.run(damage);
    await expect(store.load(id)).rejects.toEqual(code('store-damaged'));
    expect((await store.load(other))?.head).toBe(1);
    expect(store.state).toBe('ready');
    // A damaged document can be deleted.
    expect(await store.delete(id, new Uint8Array())).toBe(true);
    expect(await store.load(id)).toBeUndefined();
  });

  it('keeps nothing of a document that was deleted but its tombstone', async () => {
    const store = await open();
    const [appended] = await store.append([{ documentId: id, entries: [1, 2, 3].map(entry) }]);
    const { epoch } = appended as Appended;
    const checkpoint = { seq: 2 as Seq, update: new Uint8Array([1]) };
    await store.compact(id, epoch, checkpoint, [1 as Seq]);
    await store.delete(id, new Uint8Array([9]));
    for (const table of ['entries', 'checkpoints', 'set_aside']) {
      expect(await database.run(`SELECT 1 FROM syncline_${table}`)).toEqual([]);
    }
  });
});
