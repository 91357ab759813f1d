import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend } from './backend.ts';

/** A folder for one test, in which a server can keep its documents. */
export class TemporaryDirectory implements Backend {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<TemporaryDirectory> {
    return new TemporaryDirectory(await mkdtemp(join(tmpdir(), 'syncline-')));
  }

  get args(): string[] {
    return ['--data', this.path];
  }

  /** The sum of its files, in bytes. */
  async size(): Promise<number> {
    let bytes = 0;
    for (const name of await readdir(this.path)) {
      // A file may go between the listing and here: LevelDB removes old ones in the background.
      bytes += (await stat(join(this.path, name)).catch(() => ({ size: 0 }))).size;
    }
    return bytes;
  }

  async remove(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}
