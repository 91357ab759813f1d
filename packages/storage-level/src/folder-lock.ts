import { link, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SyncError } from '@syncline/protocol';
import { ClassicLevel } from 'classic-level';
import { levelCode } from './database.ts';

/**
 * Holds LevelDB's lock on a folder without opening what is in it. The lock is one on the inode of
 * the file LOCK, so an empty database beside it with the same file as its LOCK takes it.
 */
export class FolderLock {
  readonly #db: ClassicLevel;
  readonly #folder: string;

  private constructor(db: ClassicLevel, folder: string) {
    this.#db = db;
    this.#folder = folder;
  }

  /** @throws SyncError `store-locked` */
  static async take(directory: string): Promise<FolderLock> {
    const folder = await mkdtemp(join(directory, 'lock-'));
    try {
      await writeFile(join(directory, 'LOCK'), '', { flag: 'a' });
      await link(join(directory, 'LOCK'), join(folder, 'LOCK'));
      const db = new ClassicLevel(folder);
      await db.open();
      return new FolderLock(db, folder);
    } catch (cause) {
      await rm(folder, { recursive: true, force: true });
      if (levelCode(cause) !== 'LEVEL_LOCKED') throw cause;
      throw new SyncError(
        'store-locked',
        `the data folder ${directory} is in use by another process`,
        { cause },
      );
    }
  }

  async release(): Promise<void> {
    await this.#db.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
