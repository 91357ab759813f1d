import { constants, copyFile, mkdir, open, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SyncError } from '@syncline/protocol';
import { readLogFile } from './log-file.ts';
import { readManifest } from './manifest.ts';
import { checkTable } from './table-file.ts';

/** The folder inside the data folder where copies of damaged files are kept. */
export const DAMAGED_FOLDER = 'damaged';

/** A file of the data folder that fails its checks. */
export interface DamagedFile {
  readonly name: string;
  /** What is wrong, for people. */
  readonly what: string;
}

/**
 * Checks the checksums in LevelDB's files before LevelDB opens them: it would drop what is broken
 * in its log without a word, with commits of many documents, and then delete the log. A log's end
 * that a crash left half written is no damage.
 *
 * It reads all files, some hundred megabytes a second.
 * @throws the error of the file system
 */
export async function findDamagedFiles(directory: string): Promise<DamagedFile[]> {
  const names = await readdir(directory);
  const damaged: DamagedFile[] = [];
  const files = new FileReader();
  const check = async (name: string, problem: (bytes: Buffer) => string | undefined) => {
    const what = problem(await files.read(join(directory, name)));
    if (what !== undefined) damaged.push({ name, what });
  };
  for (const name of names.filter((other) => other.endsWith('.log'))) {
    await check(name, (bytes) => {
      const { brokenAt, damaged: broken } = readLogFile(bytes);
      return broken ? `a record at byte ${brokenAt} is broken` : undefined;
    });
  }
  if (!names.includes('CURRENT')) {
    // LevelDB would take the folder for a new one, and delete the rest.
    if (
      names.some((name) => /\.(log|ldb|sst)$|^MANIFEST-/.test(name) && name !== 'MANIFEST-000001')
    ) {
      damaged.push({ name: 'CURRENT', what: 'it is missing' });
    }
    return damaged;
  }
  const current = await readFile(join(directory, 'CURRENT'), 'utf8');
  const manifestName = current.trimEnd();
  if (!names.includes(manifestName) || current !== `${manifestName}\n`) {
    damaged.push({ name: 'CURRENT', what: 'it names no file of the folder' });
    return damaged;
  }
  await check(manifestName, (bytes) => {
    try {
      const { log } = readManifest(bytes);
      // It is made before the manifest names it. Without it the manifest's end was cut off.
      if (log === 0 || names.includes(`${fileNumber(log)}.log`)) return undefined;
      return `the log ${fileNumber(log)} that it names is missing`;
    } catch (error) {
      return reason(error);
    }
  });
  if (damaged.length > 0) return damaged;
  const { tables } = readManifest(await readFile(join(directory, manifestName)));
  for (const number of tables) {
    const name = [`${fileNumber(number)}.ldb`, `${fileNumber(number)}.sst`].find((other) =>
      names.includes(other),
    );
    if (name === undefined) {
      damaged.push({ name: `${fileNumber(number)}.ldb`, what: 'it is missing' });
      continue;
    }
    await check(name, (bytes) => {
      try {
        checkTable(bytes);
        return undefined;
      } catch (error) {
        return reason(error);
      }
    });
  }
  return damaged;
}

/** Reads one file after the other into the same memory. */
class FileReader {
  #buffer = Buffer.alloc(0);

  /** The bytes of a file, until the next is read. */
  async read(path: string): Promise<Buffer> {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (this.#buffer.length < size) this.#buffer = Buffer.allocUnsafeSlow(size);
      let length = 0;
      for (let read = -1; read !== 0 && length < size; length += read) {
        read = (await file.read(this.#buffer, length, size - length)).bytesRead;
      }
      return this.#buffer.subarray(0, length);
    } finally {
      await file.close();
    }
  }
}

/**
 * The logs and tables of a folder that count, as its MANIFEST says; all that there are, when that is
 * damaged.
 */
export async function readFileList(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => /^\d+\.(log|ldb|sst)$/.test(name));
  try {
    const manifest = (await readFile(join(directory, 'CURRENT'), 'utf8')).trimEnd();
    const { log, tables } = readManifest(await readFile(join(directory, manifest)));
    if (!names.includes(`${fileNumber(log)}.log`)) return names;
    return names.filter((name) => {
      const number = Number.parseInt(name, 10);
      return name.endsWith('.log') ? number >= log : tables.has(number);
    });
  } catch {
    return names;
  }
}

/** Copies files aside, each version of one once. Gives the path of the folder with the copies. */
export async function keepCopies(directory: string, names: readonly string[]): Promise<string> {
  const folder = join(directory, DAMAGED_FOLDER);
  await mkdir(folder, { recursive: true });
  for (const name of names) {
    const path = join(directory, name);
    try {
      const { mtime } = await stat(path);
      const copy = `${name}.${mtime.toISOString().replaceAll(':', '-')}`;
      await copyFile(path, join(folder, copy), constants.COPYFILE_EXCL);
    } catch (error) {
      if (!isCode(error, 'ENOENT') && !isCode(error, 'EEXIST')) throw error;
    }
  }
  return folder;
}

/** @throws SyncError `store-damaged`, when copies of what is damaged are kept */
export async function checkFolder(directory: string, advice: string): Promise<void> {
  const damaged = await findDamagedFiles(directory);
  if (damaged.length === 0) return;
  const folder = await keepCopies(
    directory,
    damaged.map(({ name }) => name),
  );
  const list = damaged.map(({ name, what }) => `${name} (${what})`).join(', ');
  throw new SyncError(
    'store-damaged',
    `the data folder ${directory} has damaged files: ${list}. Copies are in ${folder}. ${advice}`,
  );
}

function fileNumber(number: number): string {
  return String(number).padStart(6, '0');
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
