import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DocumentId, parseDocumentId } from '@syncline/protocol';
import { type Epoch, nextEpoch, type Seq } from '@syncline/storage';
import { ClassicLevel } from 'classic-level';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Database } from './database.ts';
import { documentPrefix, LogKeys, Table, tombstoneKey, withPrefix } from './key.ts';
import { LevelStore } from './level-store.ts';
import { encodeRecord } from './record.ts';
import { verifyStore } from './verify-store.ts';

const id = parseDocumentId('document');
const other = parseDocumentId('other');
/** A value, and bytes that do not compress: they stand in LevelDB's files as they are. */
const updateOf = (value: number) =>
  Buffer.concat([Buffer.from([value]), createHash('sha512').update(`${value}`).digest()]);
const append = (documentId: DocumentId, ...values: number[]) => ({
  documentId,
  entries: values.map((value) => ({ update: updateOf(value), author: '', time: 0 })),
});
const code = (value: string) => expect.objectContaining({ code: value });

let directory: string;
let epoch: Epoch;

/** What each document has, or the code with which it is refused. */
async function contents(): Promise<Record<string, unknown>> {
  const store = await LevelStore.open(directory);
  try {
    const found: Record<string, unknown> = {};
    for await (const documentId of store.list()) {
      const document = await store.load(documentId);
      found[documentId] = [
        document?.checkpoint?.update[0],
        ...(document?.tail.map(({ update }) => update[0]) ?? []),
      ];
    }
    return found;
  } finally {
    await store.close();
  }
}

async function change(work: (db: Database) => Promise<unknown>): Promise<void> {
  const encodings = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;
  const db: Database = new ClassicLevel(directory, encodings);
  await work(db);
  await db.close();
}

async function changeFile(suffix: RegExp, work: (bytes: Buffer) => void): Promise<string> {
  const name = (await readdir(directory)).findLast((file) => suffix.test(file));
  const path = join(directory, name ?? expect.fail(`no file ${suffix}`));
  const bytes = await readFile(path);
  work(bytes);
  await writeFile(path, bytes);
  return path;
}

const flip = (at: number) => (bytes: Buffer) => bytes.writeUInt8(bytes.readUInt8(at) ^ 4, at);
const entryKey = (seq: number) => new LogKeys(Table.entry, id, epoch).at(seq as Seq);
const checkpointKey = (seq: number) => new LogKeys(Table.checkpoint, id, epoch).at(seq as Seq);
async function damageValue(db: Database, key: Buffer): Promise<void> {
  const value = (await db.get(key)) ?? expect.fail('the record is missing');
  flip(value.length - 1)(value);
  await db.put(key, value);
}

/** Repairs, and holds the store to what a repaired one must be. */
async function repair() {
  const report = await verifyStore(directory, { repair: true });
  expect(report.repairs).not.toEqual([]);
  const again = await verifyStore(directory);
  expect(again).toMatchObject({ findings: [], complete: true });
  return report;
}

async function epochNow(): Promise<Epoch | undefined> {
  const store = await LevelStore.open(directory);
  const document = await store.load(id);
  await store.close();
  return document?.epoch;
}

/** Leaves a tombstone beside `document`, and one of a document that is gone. */
async function deleteTwo(): Promise<void> {
  const store = await LevelStore.open(directory);
  const gone = parseDocumentId('gone');
  await store.append([append(gone, 1)]);
  await store.delete(gone, updateOf(101));
  await store.delete(id, updateOf(102));
  await store.append([append(id, 1, 2)]);
  epoch = (await store.heads([id]))[0]?.epoch ?? expect.fail('there is no document');
  await store.compact(id, epoch, { seq: 2 as Seq, update: updateOf(12) });
  await store.append([append(id, 3)]);
  await store.append([append(id, 4)]);
  await store.append([append(id, 5)]);
  await store.close();
}

/** The first byte of what each deletion left. */
async function tombstones(): Promise<unknown> {
  const store = await LevelStore.open(directory);
  const names = ['document', 'gone', 'other'].map(parseDocumentId);
  const found = await Promise.all(names.map((documentId) => store.tombstone(documentId)));
  await store.close();
  return found.map((tombstone) => tombstone?.[0]);
}

describe('verifying a store', () => {
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'syncline-verify-'));
    const store = await LevelStore.open(directory);
    await store.append([append(id, 1, 2), append(other, 9)]);
    epoch = (await store.heads([id]))[0]?.epoch ?? expect.fail('there is no document');
    await store.compact(id, epoch, { seq: 2 as Seq, update: updateOf(12) });
    await store.append([append(id, 3)]);
    await store.append([append(id, 4)]);
    await store.append([append(id, 5), append(other, 10)]);
    await store.close();
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('finds nothing in a sound one, and counts what is there', async () => {
    const progress: number[] = [];
    const report = await verifyStore(directory, { onProgress: (count) => progress.push(count) });
    expect(report).toMatchObject({
      documents: 2,
      records: 2 + 1 + 5 + 2,
      findings: [],
      repairs: [],
      complete: true,
    });
    expect(report.bytes).toBeGreaterThan(6 * 40);
    expect(progress).toEqual([2]);
    expect((await verifyStore(directory, { repair: true })).repairs).toEqual([]);
    expect(await epochNow()).toBe(epoch);
  });

  it('is refused while a server has it', async () => {
    const store = await LevelStore.open(directory);
    await expect(verifyStore(directory)).rejects.toEqual(code('store-locked'));
    await store.close();
  });

  it('is refused when there is no folder', async () => {
    await expect(verifyStore(join(directory, 'none'))).rejects.toEqual(code('load-failed'));
    await expect(readdir(join(directory, 'none'))).rejects.toThrow('ENOENT');
  });

  it.each<[string, (db: Database) => Promise<unknown>]>([
    ['a missing entry', (db) => db.del(entryKey(4))],
    ['a damaged entry', (db) => damageValue(db, entryKey(4))],
  ])('cuts a document at %s, and gives it a new epoch', async (_, damage) => {
    await change(damage);
    const report = await verifyStore(directory);
    expect(report.findings).toEqual([
      expect.objectContaining({ documentId: id, severity: 'damage' }),
    ]);
    await expect(contents()).rejects.toEqual(code('store-damaged'));
    await repair();
    expect(await contents()).toEqual({ document: [12, 3], other: [undefined, 9, 10] });
    expect(await epochNow()).toBe(nextEpoch(epoch));
    const [records] = await readdir(join(directory, 'damaged'));
    expect(await readFile(join(directory, 'damaged', records ?? ''), 'utf8')).toContain(
      entryKey(5).toString('base64'),
    );
  });

  it('takes away a document whose checkpoint is damaged, and keeps its records', async () => {
    await change((db) => damageValue(db, checkpointKey(2)));
    await repair();
    expect(await contents()).toEqual({ other: [undefined, 9, 10] });
    const [records] = await readdir(join(directory, 'damaged'));
    const lines = await readFile(join(directory, 'damaged', records ?? ''), 'utf8');
    for (const key of [checkpointKey(2), entryKey(3), entryKey(4), entryKey(5)]) {
      expect(lines).toContain(key.toString('base64'));
    }
  });

  it('gives back a document that has lost the record of its epoch', async () => {
    const own = withPrefix(documentPrefix(Table.document, id));
    await change(async (db) => db.clear(own));
    await repair();
    expect(await contents()).toEqual({ document: [12, 3, 4, 5], other: [undefined, 9, 10] });
  });

  it('takes away what is left of a dead epoch, and a marker that does not fit', async () => {
    const dead = new LogKeys(Table.entry, id, '0'.repeat(16) as Epoch).at(1 as Seq);
    const marker = new LogKeys(Table.dirty, id, epoch).at(1 as Seq);
    await change(async (db) => {
      await db.put(dead, Buffer.from('left over'));
      await db.put(marker, Buffer.from('left over'));
    });
    const { findings } = await repair();
    expect(findings.map(({ severity }) => severity)).toEqual(['notice', 'notice']);
    expect(await contents()).toEqual({ document: [12, 3, 4, 5], other: [undefined, 9, 10] });
    expect(await epochNow()).toBe(epoch);
  });

  it('reads tombstones, and counts no document that is gone', async () => {
    const before = await verifyStore(directory);
    await deleteTwo();
    const report = await verifyStore(directory);
    const records = before.records + 2;
    expect(report).toMatchObject({ documents: 2, records, findings: [], complete: true });
  });

  it.each<[string, (db: Database) => Promise<unknown>]>([
    ['is cut', (db) => damageValue(db, entryKey(4))],
    ['is taken away whole', (db) => damageValue(db, checkpointKey(2))],
  ])('keeps the tombstone of a document that %s', async (_, damage) => {
    await deleteTwo();
    await change(damage);
    await repair();
    expect(await tombstones()).toEqual([102, 101, undefined]);
  });

  it('takes away a damaged tombstone, and those that are left over', async () => {
    await deleteTwo();
    await change(async (db) => {
      const [sound] = await db.keys(withPrefix(documentPrefix(Table.tombstone, id))).all();
      const broken = tombstoneKey(id, sound);
      await db.put(broken, Buffer.from('broken'));
      const gone = parseDocumentId('gone');
      const [newest] = await db.keys(withPrefix(documentPrefix(Table.tombstone, gone))).all();
      const newer = tombstoneKey(gone, newest);
      await db.put(newer, encodeRecord(newer, updateOf(103)));
    });
    const { findings, repairs } = await repair();
    expect(findings.map(({ documentId, severity }) => [documentId, severity])).toEqual([
      ['document', 'damage'],
      ['gone', 'notice'],
    ]);
    expect(repairs).toHaveLength(2);
    expect(await tombstones()).toEqual([102, 103, undefined]);
    expect(await contents()).toEqual({ document: [12, 3, 4, 5], other: [undefined, 9, 10] });
    expect(await epochNow()).toBe(epoch);
  });

  it('finds nothing in the marker that reclaiming left before there were tombstones', async () => {
    const marker = Buffer.concat([Buffer.from([Table.formerMarker, 0]), Buffer.from('1700000000')]);
    await change((db) => db.put(marker, Buffer.alloc(0)));
    expect((await verifyStore(directory)).findings).toEqual([]);
  });

  it('keeps tombstones when a commit of the log is broken', async () => {
    await deleteTwo();
    await changeFile(/\.log$/, (bytes) => flip(bytes.lastIndexOf(updateOf(4)))(bytes));
    await repair();
    expect(await contents()).toEqual({ document: [12, 3], other: [undefined, 9, 10] });
    expect(await tombstones()).toEqual([102, 101, undefined]);
    expect(await epochNow()).toBe(nextEpoch(epoch));
  });

  it('gives up one broken commit of the log, and renews all epochs', async () => {
    await changeFile(/\.log$/, (bytes) => flip(bytes.indexOf(updateOf(4)))(bytes));
    await expect(LevelStore.open(directory)).rejects.toThrow(/verify --repair/);
    expect(await verifyStore(directory)).toMatchObject({ complete: false, documents: 0 });
    await repair();
    expect(await contents()).toEqual({ document: [12, 3], other: [undefined, 9, 10] });
    expect(await epochNow()).toBe(nextEpoch(epoch));
  });

  describe('of tables', () => {
    beforeEach(async () => {
      const bytes = Buffer.from([0]);
      await change((db) => db.compactRange(bytes, Buffer.from([0xff])));
    });

    it('saves what is sound in a table with a damaged block', async () => {
      await changeFile(/\.ldb$/, (bytes) => flip(bytes.indexOf(updateOf(10)))(bytes));
      await expect(LevelStore.open(directory)).rejects.toEqual(code('store-damaged'));
      await repair();
      const found = await contents();
      expect(found['document']).toEqual([12, 3, 4, 5]);
      expect(found['other']).toEqual([undefined, 9]);
    });

    it('saves tombstones beside a damaged block, and none that was removed', async () => {
      await deleteTwo();
      // Two tombstones stand in a table, and their removal in the log.
      await change((db) => db.compactRange(Buffer.from([0]), Buffer.from([0xff])));
      const store = await LevelStore.open(directory);
      await store.delete(id, updateOf(103));
      await store.replace(parseDocumentId('gone'), updateOf(1));
      await store.close();
      await changeFile(/\.ldb$/, (bytes) => flip(bytes.indexOf(updateOf(10)))(bytes));
      await repair();
      expect(await tombstones()).toEqual([103, undefined, undefined]);
      expect((await contents())['gone']).toEqual([1]);
    });

    it.each([
      ['a cut MANIFEST', /^MANIFEST/, 20],
      ['an empty MANIFEST', /^MANIFEST/, 0],
      ['an empty CURRENT', /^CURRENT/, 0],
    ])('opens again after %s', async (_, file, length) => {
      const path = await changeFile(file, () => {});
      await truncate(path, length);
      await expect(LevelStore.open(directory)).rejects.toEqual(code('store-damaged'));
      await repair();
      expect(await contents()).toEqual({ document: [12, 3, 4, 5], other: [undefined, 9, 10] });
    });
  });
});
