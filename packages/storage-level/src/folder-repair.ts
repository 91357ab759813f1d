import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import type { Database } from './database.ts';
import { problemOf, type StoredRecord } from './document-check.ts';
import { DAMAGED_FOLDER, type DamagedFile, keepCopies, readFileList } from './folder-check.ts';
import { FORMAT } from './format.ts';
import { DOCUMENT_TABLES, FORMAT_KEY } from './key.ts';
import { salvageRecords, writeLogFile } from './log-file.ts';
import { salvageTable, type Version } from './table-file.ts';
import { readWriteBatch } from './write-batch.ts';

/** LevelDB's own files in a data folder. */
const LEVEL_FILE = /^(CURRENT|MANIFEST-\d+|\d+\.(log|ldb|sst|dbtmp))$/;
const SALVAGED_FOLDER = 'salvaged';
const BATCH_RECORDS = 1_000;

/**
 * Makes a folder with damaged files one that LevelDB can open, with all records that are sound.
 *
 * LevelDB's own repair is no help: it checks no checksums, and ends the process on some damage.
 * @returns what was done, for people
 */
export async function repairFolder(
  directory: string,
  damaged: readonly DamagedFile[],
  onDropped: (record: StoredRecord, why: string) => void,
): Promise<string[]> {
  if (damaged.every(({ name }) => name.endsWith('.log'))) {
    const names = damaged.map(({ name }) => name);
    const copies = await keepCopies(directory, names);
    for (const name of names) {
      const path = join(directory, name);
      await writeFile(path, writeLogFile(salvageRecords(await readFile(path))), { flush: true });
    }
    return [`${names.join(', ')} was written anew from its sound records; a copy is in ${copies}.`];
  }
  const salvaged = join(directory, SALVAGED_FOLDER);
  await rm(salvaged, { recursive: true, force: true });
  const count = await salvage(directory, salvaged, onDropped);
  const replaced = join(directory, DAMAGED_FOLDER, `replaced-${Date.now()}`);
  await mkdir(replaced, { recursive: true });
  for (const name of (await readdir(directory)).filter((other) => LEVEL_FILE.test(other))) {
    await rename(join(directory, name), join(replaced, name));
  }
  const made = (await readdir(salvaged)).filter((name) => LEVEL_FILE.test(name));
  // The one that makes the others count comes last.
  for (const name of made.sort((a, b) => Number(a === 'CURRENT') - Number(b === 'CURRENT'))) {
    await rename(join(salvaged, name), join(directory, name));
  }
  await rm(salvaged, { recursive: true, force: true });
  return [`${count} sound records were copied to new files; the old ones are in ${replaced}.`];
}

/** Copies the sound records of a folder's files to a new database. */
async function salvage(
  from: string,
  to: string,
  onDropped: (record: StoredRecord, why: string) => void,
): Promise<number> {
  const deletions = new Map<string, number>();
  for await (const { key, value, sequence } of versionsIn(from)) {
    if (value !== undefined) continue;
    const name = key.toString('latin1');
    deletions.set(name, Math.max(sequence, deletions.get(name) ?? 0));
  }
  const target: Database = new ClassicLevel(to, { keyEncoding: 'buffer', valueEncoding: 'buffer' });
  let count = 0;
  let batch: StoredRecord[] = [];
  const write = async () => {
    const puts = batch.map(([key, value]) => ({ type: 'put', key, value }) as const);
    await target.batch(puts, { sync: true });
    batch = [];
  };
  try {
    await target.put(FORMAT_KEY, Buffer.from(String(FORMAT)), { sync: true });
    // All puts of a key have the same value, so that their order does not matter.
    for await (const { key, value, sequence } of versionsIn(from)) {
      if (value === undefined || !DOCUMENT_TABLES.some((table) => table === key[0])) continue;
      if (sequence < (deletions.get(key.toString('latin1')) ?? -1)) continue;
      const problem = await problemOf([key, value]);
      if (problem !== undefined) {
        onDropped([key, value], problem);
        continue;
      }
      count += 1;
      if (batch.push([key, value]) >= BATCH_RECORDS) await write();
    }
    await write();
    return count;
  } finally {
    await target.close();
  }
}

/** All versions of all keys in the files that count; in all files, when that is not known. */
async function* versionsIn(directory: string): AsyncIterable<Version> {
  for (const name of await readFileList(directory)) {
    const bytes = await readFile(join(directory, name));
    if (!name.endsWith('.log')) {
      yield* salvageTable(bytes);
      continue;
    }
    for (const record of salvageRecords(bytes)) {
      try {
        yield* readWriteBatch(record);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
    }
  }
}
