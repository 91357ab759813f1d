import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import type { Database } from './database.ts';
import { problemOf, type StoredRecord } from './document-check.ts';
import { DAMAGED_FOLDER, type DamagedFile, keepCopies } from './folder-check.ts';
import { FORMAT } from './format.ts';
import { FORMAT_KEY, Table } from './key.ts';
import { salvageRecords, writeLogFile } from './log-file.ts';

/** LevelDB's own files in a data folder. */
const LEVEL_FILE = /^(CURRENT|MANIFEST-\d+|\d+\.(log|ldb|sst|dbtmp))$/;
const SALVAGED_FOLDER = 'salvaged';
const PIECE_RECORDS = 1_000;

/**
 * Makes a folder with damaged files one that LevelDB can open, with all records that are sound.
 * LevelDB's own repair checks no checksums, so it sees only logs that were made sound, and of what it
 * recovers the sound records are copied to new files.
 * @returns what was done
 */
export async function repairFolder(
  directory: string,
  damaged: readonly DamagedFile[],
  onDropped: (record: StoredRecord, why: string) => void,
): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => LEVEL_FILE.test(name));
  const logs = names.filter((name) => name.endsWith('.log'));
  const copies = await keepCopies(directory, [...damaged.map(({ name }) => name), ...logs]);
  const done = [`Copies of the damaged files and of the logs are in ${copies}.`];
  for (const log of logs) {
    const path = join(directory, log);
    await writeFile(path, writeLogFile(salvageRecords(await readFile(path))), { flush: true });
  }
  if (damaged.every(({ name }) => name.endsWith('.log'))) {
    done.push('The logs were written anew from their sound records.');
    return done;
  }
  await ClassicLevel.repair(directory);
  const salvaged = join(directory, SALVAGED_FOLDER);
  await rm(salvaged, { recursive: true, force: true });
  const count = await copySoundRecords(directory, salvaged, onDropped);
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
  done.push(`${count} sound records were copied to new files; the old ones are in ${replaced}.`);
  return done;
}

async function copySoundRecords(
  from: string,
  to: string,
  onDropped: (record: StoredRecord, why: string) => void,
): Promise<number> {
  const encodings = { keyEncoding: 'buffer', valueEncoding: 'buffer' } as const;
  const source: Database = new ClassicLevel(from, encodings);
  const target: Database = new ClassicLevel(to, encodings);
  let count = 0;
  try {
    await target.put(FORMAT_KEY, Buffer.from(String(FORMAT)), { sync: true });
    let last: Buffer = Buffer.from([Table.document]);
    for (;;) {
      const page = await source
        .iterator({ gt: last, lt: Buffer.from([Table.marker]), limit: PIECE_RECORDS })
        .all();
      const sound: StoredRecord[] = [];
      for (const record of page) {
        const problem = await problemOf(record);
        if (problem === undefined) sound.push(record);
        else onDropped(record, problem);
      }
      await target.batch(
        sound.map(([key, value]) => ({ type: 'put', key, value }) as const),
        { sync: true },
      );
      count += sound.length;
      const end = page.at(-1);
      if (end === undefined || page.length < PIECE_RECORDS) return count;
      last = end[0];
    }
  } finally {
    await source.close();
    await target.close();
  }
}
