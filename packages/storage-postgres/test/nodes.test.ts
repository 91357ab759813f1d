import { parseDocumentId } from '@syncline/protocol';
import type { Append, Appended, DocumentStore, NewEntry, Seq } from '@syncline/storage';
import { findPostgres, TestDatabase } from '@syncline/testing/services';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { APPEND, type AppendedRow, appendParameters, toAnswers } from '../src/append-batch.ts';
import { PostgresStore } from '../src/index.ts';

const server = await findPostgres();

describe.skipIf(server === undefined)('nodes that share a database', () => {
  let database: TestDatabase;
  let stores: PostgresStore[];

  beforeAll(async () => {
    database = await TestDatabase.make(server as string);
    stores = await Promise.all(Array.from({ length: 3 }, () => PostgresStore.open(database.url)));
  });
  beforeEach(() => database.clear());
  afterAll(async () => {
    await Promise.all(stores.map((store) => store.close()));
    await database.drop();
  });

  const ids = Array.from({ length: 8 }, (_, index) => parseDocumentId(`document ${index}`));
  const [id] = ids as [(typeof ids)[0]];
  const entry = (text: string): NewEntry => ({ update: Buffer.from(text), author: '', time: 0 });
  const append = (documentId: typeof id, ...texts: string[]): Append => ({
    documentId,
    entries: texts.map(entry),
  });
  const first = () => stores[0] as PostgresStore;
  const second = () => stores[1] as PostgresStore;
  const textsOf = async (documentId = id) =>
    (await first().load(documentId))?.tail.map(({ update }) => Buffer.from(update).toString());

  /** What somebody else does in a transaction, until it is committed. */
  async function transaction(text: string, values: unknown[] = []) {
    const client = new pg.Client(database.url);
    client.on('error', () => {});
    await client.connect();
    await client.query('BEGIN');
    await client.query(text, values);
    return {
      commit: async () => {
        await client.query('COMMIT');
        await client.end();
      },
    };
  }
  const untilSomeoneWaits = () =>
    expect
      .poll(() =>
        database.run(
          `SELECT 1 FROM pg_stat_activity
           WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        ),
      )
      .not.toEqual([]);
  const holdRow = (documentId = id) =>
    transaction('SELECT 1 FROM syncline_documents WHERE id = $1 FOR UPDATE', [documentId]);

  it('gives no seq twice and leaves none out, and no deadlock, with writers in all orders', async () => {
    const deadlocks = async () => {
      const rows = await database.run(
        'SELECT deadlocks::integer FROM pg_stat_database WHERE datname = current_database()',
      );
      return (rows as { deadlocks: number }[])[0]?.deadlocks;
    };
    const before = await deadlocks();
    const end = performance.now() + 4_000;
    const appended = new Map<string, Appended & { entries: number }>();
    let held = 0;

    /** Appends to documents in an order of its own, some of them new. */
    const write = async (store: DocumentStore, writer: number) => {
      for (let round = 0; performance.now() < end; round++) {
        const made = ['a', 'b', 'c'].map((name) => parseDocumentId(`new ${round} ${name}`));
        const order = [...ids, ...made];
        if (writer % 2 === 0) order.reverse();
        const appends = order
          .filter(() => Math.random() < 0.8)
          .map((documentId) => append(documentId, `${writer} ${round} a`, `${writer} ${round} b`));
        for (const [index, answer] of (await store.append(appends)).entries()) {
          const documentId = (appends[index] as Append).documentId;
          if (answer === 'held') held++;
          else if (answer !== 'replaced')
            appended.set(`${documentId} ${answer.head}`, { ...answer, entries: 2 });
        }
      }
    };
    let reads = 0;
    let compactions = 0;
    /** A hole in what is loaded is `store-damaged`; what was read must be there ever after. */
    const poll = async (store: DocumentStore) => {
      const seen = new Map<string, Seq>();
      while (performance.now() < end) {
        for (const documentId of ids) {
          const document = await store.load(documentId);
          if (document === undefined) continue;
          const after = seen.get(documentId) ?? (0 as Seq);
          expect(document.head).toBeGreaterThanOrEqual(after);
          const entries = await store.read(documentId, document.epoch, after);
          // A compaction may have come in between.
          const head = entries?.at(-1)?.seq ?? document.head;
          if (entries?.length) expect(entries[0]?.seq).toBe(after + 1);
          seen.set(documentId, head);
          reads++;
        }
      }
    };
    const compactOften = async (store: DocumentStore) => {
      while (performance.now() < end) {
        const document = await store.load(id);
        if (document !== undefined && document.tail.length > 0) {
          const checkpoint = { seq: document.head, update: new Uint8Array([1]) };
          compactions += (await store.compact(id, document.epoch, checkpoint)) ? 1 : 0;
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    await Promise.all([
      ...stores.map((store, index) => write(store, index)),
      poll(first()),
      poll(second()),
      compactOften(first()),
      compactOften(second()),
    ]);

    // pg_stat_database is brought up to date every second or so.
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(await deadlocks()).toBe(before);
    expect(reads).toBeGreaterThan(50);
    expect(compactions).toBeGreaterThan(3);
    expect(held).toBeGreaterThan(0);
    const documents = new Set(
      [...appended.keys()].map((key) => key.slice(0, key.lastIndexOf(' '))),
    );
    for (const documentId of documents) {
      const commits = [...appended].filter(([key]) => key.startsWith(`${documentId} `));
      const document = await first().load(parseDocumentId(documentId));
      // Each commit has the two seqs up to its head; together all from 1 to the last.
      const heads = commits.map(([, { head }]) => head).sort((a, b) => a - b);
      expect(heads).toEqual(heads.map((_, index) => 2 * (index + 1)));
      expect(document?.head).toBe(heads.at(-1));
      expect(new Set(commits.map(([, { epoch }]) => epoch))).toEqual(new Set([document?.epoch]));
    }
  });

  /** A commit as a node makes it, again and again when its answer is lost. */
  async function commitOf(...appends: readonly Append[]) {
    const parameters = appendParameters(appends);
    return {
      make: async () => {
        // Here PostgreSQL's bigint is text.
        type Row = Omit<AppendedRow, 'head'> & { readonly head: string };
        const rows = (await database.run(APPEND.text, parameters)) as Row[];
        return toAnswers(
          appends,
          rows.map((row) => ({ ...row, head: Number(row.head) as Seq })),
        );
      },
    };
  }

  it('make a commit once, however often it is sent, and get the same answer', async () => {
    await first().append(ids.map((documentId) => append(documentId, 'made')));
    const commit = await commitOf(
      append(ids[0] as typeof id, 'a', 'b'),
      append(ids[1] as typeof id, 'c'),
    );
    const answers = await commit.make();
    expect(answers).toMatchObject([{ head: 3 }, { head: 2 }]);
    expect(await commit.make()).toEqual(answers);
    expect(await textsOf()).toEqual(['made', 'a', 'b']);
    expect(await textsOf(ids[1])).toEqual(['made', 'c']);
  });

  it('append the part of a commit that was held when it was made', async () => {
    await first().append(ids.map((documentId) => append(documentId, 'made')));
    const commit = await commitOf(append(id, 'a'), append(ids[1] as typeof id, 'b'));
    const holder = await holdRow();
    expect(await commit.make()).toMatchObject(['held', { head: 2 }]);
    await holder.commit();
    expect(await commit.make()).toMatchObject([{ head: 2 }, { head: 2 }]);
    expect(await textsOf()).toEqual(['made', 'a']);
    expect(await textsOf(ids[1])).toEqual(['made', 'b']);
  });

  it('append nothing by a commit that is sent again to a log that was replaced', async () => {
    const [made] = await first().append([append(id, 'made')]);
    const { epoch } = made as Appended;
    const commit = await commitOf({ ...append(id, 'a'), epoch });
    expect(await commit.make()).toMatchObject([{ head: 2 }]);
    await second().replace(id, Buffer.from('other'));
    expect(await commit.make()).toEqual(['replaced']);
    await second().delete(id, new Uint8Array());
    expect(await commit.make()).toEqual(['replaced']);
  });

  it('agree on one epoch of a document that both make', async () => {
    for (let round = 0; round < 20; round++) {
      const documentId = parseDocumentId(`made ${round}`);
      const heads = await Promise.all(
        stores.map(async (store) => {
          for (;;) {
            const [answer] = await store.append([append(documentId, 'x')]);
            if (typeof answer === 'object') return answer;
          }
        }),
      );
      expect(new Set(heads.map(({ epoch }) => epoch)).size).toBe(1);
      expect(heads.map(({ head }) => head).sort((a, b) => a - b)).toEqual([1, 2, 3]);
    }
  });

  it('leave out a document that is held, and append to the others at once', async () => {
    await first().append(ids.map((documentId) => append(documentId, 'before')));
    const holder = await holdRow();
    const start = performance.now();
    const answers = await first().append(ids.map((documentId) => append(documentId, 'meanwhile')));
    expect(performance.now() - start).toBeLessThan(1_000);
    expect(answers).toMatchObject(['held', ...ids.slice(1).map(() => ({ head: 2 }))]);
    await holder.commit();
    expect(await textsOf()).toEqual(['before']);
    expect(await first().append([append(id, 'after')])).toMatchObject([{ head: 2 }]);
  });

  it('wait for a held document when they are asked to, while others are appended to', async () => {
    await first().append(ids.map((documentId) => append(documentId, 'before')));
    const holder = await holdRow();
    let isWaiting = true;
    const waiting = first()
      .append([append(id, 'waited')], { wait: true })
      .finally(() => {
        isWaiting = false;
      });
    const answers = await first().append([append(ids[1] as typeof id, 'meanwhile')]);
    expect(answers).toMatchObject([{ head: 2 }]);
    expect(isWaiting).toBe(true);
    await holder.commit();
    expect(await waiting).toMatchObject([{ head: 2 }]);
    expect(await textsOf()).toEqual(['before', 'waited']);
  });

  it('wait for a held document only so long', async () => {
    const store = await PostgresStore.open(database.url, { timeouts: { lockMs: 200 } });
    await store.append([append(id, 'before')]);
    const holder = await holdRow();
    expect(await store.append([append(id, 'x')], { wait: true })).toEqual(['held']);
    expect(store.state).toBe('ready');
    await holder.commit();
    await store.close();
  });

  it('append nothing for an epoch that ends while its document is held', async () => {
    const [appended] = await first().append([append(id, 'before')]);
    const { epoch } = appended as Appended;
    const late = { ...append(id, 'late'), epoch };
    const holder = await transaction("UPDATE syncline_documents SET epoch = 'next' WHERE id = $1", [
      id,
    ]);
    expect(await second().append([late])).toEqual(['held']);
    const waiting = second().append([late], { wait: true });
    await untilSomeoneWaits();
    await holder.commit();
    expect(await waiting).toEqual(['replaced']);
    expect(await second().append([late])).toEqual(['replaced']);
    expect(await textsOf()).toEqual(['before']);
  });

  it('append for an epoch that another node has just given', async () => {
    const [appended] = await first().append([append(id, 'before')]);
    const { epoch } = await second().replace(id, Buffer.from('anew'));
    const answers = await first().append([
      { ...append(id, 'late'), epoch: (appended as Appended).epoch },
    ]);
    expect(answers).toEqual(['replaced']);
    expect(await first().append([{ ...append(id, 'after'), epoch }])).toEqual([{ epoch, head: 2 }]);
  });

  it('do not see an entry before it is committed, nor one after it', async () => {
    await first().append([append(id, 'before')]);
    // A node that is slow to commit holds the row: nobody can commit a later seq meanwhile.
    const holder = await transaction(
      `WITH grown AS (UPDATE syncline_documents SET head = head + 1 WHERE id = $1 RETURNING log, head)
       INSERT INTO syncline_entries (log, seq, time, crc, author, update)
       SELECT g.log, g.head, e.time, e.crc, e.author, e.update FROM grown g
       JOIN syncline_entries e ON e.log = g.log AND e.seq = 1`,
      [id],
    );
    expect(await second().append([append(id, 'later')])).toEqual(['held']);
    expect(await textsOf()).toEqual(['before']);
    await holder.commit();
    expect(await second().append([append(id, 'later')])).toMatchObject([{ head: 3 }]);
    expect(await textsOf()).toEqual(['before', 'before', 'later']);
  });

  it('claim a compaction one at a time, until it is stored', async () => {
    const [appended] = await first().append([append(id, 'a', 'b')]);
    const { epoch } = appended as Appended;
    const claims = await Promise.all(stores.map((store) => store.claimCompaction(id, 60_000)));
    expect(claims.filter(Boolean)).toHaveLength(1);
    await first().append([append(id, 'c')]);
    expect(await second().claimCompaction(id, 60_000)).toBe(false);
    const checkpoint = { seq: 2 as Seq, update: Buffer.from('ab') };
    expect(await first().compact(id, epoch, checkpoint)).toBe(true);
    expect(await second().claimCompaction(id, 60_000)).toBe(true);
    // One that is refused is no end of the claim.
    expect(await first().compact(id, epoch, checkpoint)).toBe(false);
    expect(await first().claimCompaction(id, 60_000)).toBe(false);
  });

  it('claim a compaction of somebody who never came back, when its time is over', async () => {
    await first().append([append(id, 'a')]);
    const start = performance.now();
    expect(await first().claimCompaction(id, 500)).toBe(true);
    await expect.poll(() => second().claimCompaction(id, 60_000), { timeout: 10_000 }).toBe(true);
    expect(performance.now() - start).toBeGreaterThan(490);
    expect(await first().claimCompaction(id, 500)).toBe(false);
  });

  it('fence off a compactor that was overtaken', async () => {
    const [appended] = await first().append([append(id, 'a', 'b', 'c', 'd')]);
    const { epoch } = appended as Appended;
    const stale = { seq: 2 as Seq, update: Buffer.from('of a and b') };
    expect(await second().compact(id, epoch, { seq: 3 as Seq, update: Buffer.from('abc') })).toBe(
      true,
    );
    expect(await first().compact(id, epoch, stale)).toBe(false);
    expect(await first().compact(id, epoch, { ...stale, seq: 3 as Seq })).toBe(false);
    const document = await first().load(id);
    expect(Buffer.from(document?.checkpoint?.update ?? []).toString()).toBe('abc');
    expect(await textsOf()).toEqual(['d']);
    // What it read is gone: another incarnation has the name, and as many entries.
    await second().delete(id, new Uint8Array());
    await second().append([append(id, 'e', 'f', 'g', 'h')]);
    expect(await first().compact(id, epoch, { ...stale, seq: 4 as Seq })).toBe(false);
    expect(await textsOf()).toEqual(['e', 'f', 'g', 'h']);
  });

  it('fence off a compactor whose statement waits while another one overtakes it', async () => {
    const [appended] = await first().append([append(id, 'a', 'b', 'c')]);
    const { epoch } = appended as Appended;
    const holder = await transaction(
      'UPDATE syncline_documents SET checkpoint = 3, has_tail = false WHERE id = $1',
      [id],
    );
    const late = first().compact(id, epoch, { seq: 2 as Seq, update: new Uint8Array([1]) });
    await untilSomeoneWaits();
    await holder.commit();
    expect(await late).toBe(false);
  });
});
