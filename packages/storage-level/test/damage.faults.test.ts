import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DocumentId, parseDocumentId, SyncError } from '@syncline/protocol';
import type { Seq } from '@syncline/storage';
import { LevelStore, verifyStore } from '@syncline/storage-level';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Appending } from './appending.ts';

const DOCUMENTS = Array.from({ length: 20 }, (_, index) => parseDocumentId(`document ${index}`));
/** Entries of each document before its checkpoint, after it in a table, and after it in the log. */
const [COVERED, IN_TABLE, IN_LOG] = [3, 4, 5];
const HEAD = COVERED + IN_TABLE + IN_LOG;

let directory: string;
let sound: string;

/** Some hundred bytes that tell the document and the seq, and do not compress. */
function updateOf(documentId: DocumentId, seq: number): Buffer {
  const parts = [0, 1, 2, 3].map((part) =>
    createHash('sha512').update(`${documentId} ${seq} ${part}`).digest(),
  );
  return Buffer.concat(parts);
}

async function appendAll(store: LevelStore, from: number, count: number): Promise<void> {
  for (let seq = from; seq < from + count; seq++) {
    const append = (documentId: DocumentId) => ({
      documentId,
      entries: [{ update: updateOf(documentId, seq), author: 'ada', time: seq }],
    });
    await store.append(DOCUMENTS.slice(0, 10).map(append));
    await store.append(DOCUMENTS.slice(10).map(append));
  }
}

async function makeSound(folder: string): Promise<void> {
  const store = await LevelStore.open(folder);
  await appendAll(store, 1, COVERED);
  for (const documentId of DOCUMENTS) {
    const epoch = (await store.load(documentId))?.epoch ?? expect.fail('it is missing');
    const seq = COVERED as Seq;
    await store.compact(documentId, epoch, { seq, update: updateOf(documentId, COVERED) });
  }
  await appendAll(store, COVERED + 1, IN_TABLE);
  await store.reclaim();
  await appendAll(store, COVERED + IN_TABLE + 1, IN_LOG);
  await store.close();
}

/**
 * Holds each document to be what it was, up to some seq, or to be refused with a typed error.
 * @returns the lowest head; 0 when documents are missing or refused
 */
async function lowestHead(store: LevelStore): Promise<number> {
  let lowest = HEAD;
  for (const documentId of DOCUMENTS) {
    try {
      const document = await store.load(documentId);
      lowest = Math.min(lowest, document?.head ?? 0);
      if (document === undefined) continue;
      const { checkpoint, tail } = document;
      const found = tail.map(({ seq, update }) => [seq, Buffer.from(update).toString('hex')]);
      if (checkpoint !== undefined) {
        expect(checkpoint.seq).toBe(COVERED);
        expect(Buffer.compare(checkpoint.update, updateOf(documentId, COVERED))).toBe(0);
      }
      const floor = checkpoint?.seq ?? 0;
      const seqs = Array.from({ length: document.head - floor }, (_, index) => floor + index + 1);
      expect(found).toEqual(seqs.map((seq) => [seq, updateOf(documentId, seq).toString('hex')]));
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      expect(error.code).toBe('store-damaged');
      lowest = 0;
    }
  }
  return lowest;
}

/** Opens a store and reads all. The code with which it is refused, or the lowest head. */
async function openAndRead(folder: string): Promise<string | number> {
  let store: LevelStore;
  try {
    store = await LevelStore.open(folder);
  } catch (error) {
    if (error instanceof SyncError) return error.code;
    throw error;
  }
  try {
    return await lowestHead(store);
  } finally {
    await store.close();
  }
}

/** Some places in a file, the same in each run: its ends, and in between. */
function places(length: number, count: number): number[] {
  const between = Array.from({ length: count - 2 }, (_, index) =>
    Math.floor(((index + 0.61) * length) / (count - 2)),
  );
  return [0, ...between, length - 1];
}

const DAMAGES: [string, (bytes: Buffer, at: number) => Buffer][] = [
  [
    'a flipped bit',
    (bytes, at) => {
      bytes[at] = (bytes[at] as number) ^ (1 << (at % 8));
      return bytes;
    },
  ],
  ['512 zeroed bytes', (bytes, at) => bytes.fill(0, at, Math.min(at + 512, bytes.length))],
  ['a cut tail', (bytes, at) => bytes.subarray(0, at)],
];

const FILES: [string, RegExp, number][] = [
  ['the log', /\.log$/, 40],
  ['a table', /\.ldb$/, 40],
  ['the MANIFEST', /^MANIFEST/, 40],
  ['CURRENT', /^CURRENT$/, 8],
];

describe('a store with damaged files', () => {
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'syncline-damage-'));
    sound = join(directory, 'sound');
    await makeSound(sound);
    const names = await readdir(sound);
    for (const [, pattern] of FILES) expect(names.some((name) => pattern.test(name))).toBe(true);
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  const cases = FILES.flatMap(([file, pattern, count]) =>
    DAMAGES.map(([damage, change]) => ({ file, damage, pattern, count, change })),
  );

  it.each(cases)(
    '($damage in $file) serves nothing wrong, and can be repaired',
    async ({ file, damage, pattern, count, change }) => {
      const folder = join(directory, 'damaged');
      const name = (await readdir(sound)).find((other) => pattern.test(other)) ?? expect.fail(file);
      const original = await readFile(join(sound, name));
      let refused = 0;
      for (const at of places(original.length, count)) {
        await cp(sound, folder, { recursive: true });
        const damaged = change(Buffer.from(original), at);
        await writeFile(join(folder, name), damaged);
        const found = await openAndRead(folder);
        const where = `${damage} at ${at} of ${original.length} in ${name}: ${found}`;
        if (typeof found === 'string') {
          expect(found, where).toBe('store-damaged');
          refused += 1;
        } else if (file === 'the log') {
          // The end of the log can look like what a crash left half written.
          expect(found, where).toBeGreaterThanOrEqual(COVERED + IN_TABLE);
        } else {
          expect(found, where).toBe(HEAD);
        }
        const wasSound = found === HEAD;
        const report = await verifyStore(folder, { repair: true });
        if (wasSound) expect(report.findings, where).toEqual([]);
        const repaired = await LevelStore.open(folder);
        for await (const documentId of repaired.list()) await repaired.load(documentId);
        await lowestHead(repaired);
        await appendAll(repaired, HEAD + 1, 1);
        await repaired.close();
        expect((await verifyStore(folder)).findings, where).toEqual([]);
        await rm(folder, { recursive: true });
      }
      const cutLog = file === 'the log' && damage === 'a cut tail';
      expect(refused).toBeGreaterThan(cutLog ? -1 : count / 3);
    },
  );

  it('is not verified while another process has it', async () => {
    const folder = join(directory, 'in-use');
    const appending = new Appending(folder, 1_000_000, 100);
    await expect.poll(() => appending.acknowledged, { timeout: 20_000 }).toBeGreaterThan(10);
    await expect(verifyStore(folder, { repair: true })).rejects.toMatchObject({
      code: 'store-locked',
    });
    const { acknowledged } = appending;
    await expect.poll(() => appending.acknowledged).toBeGreaterThan(acknowledged);
    appending.stop();
    await appending.end();
    expect((await verifyStore(folder)).findings).toEqual([]);
  });
});
