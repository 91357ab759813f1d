import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const PROBE_FILE = 'disk-probe';
const PIECE_BYTES = 256 * 1024;

/**
 * Finds out whether the disk takes a synced write again. LevelDB writes what is in its log to a new
 * file when it is opened, so there must be room for that, and for a little more.
 * @throws the error of the file system
 */
export async function probeDisk(directory: string): Promise<void> {
  let needed = PIECE_BYTES;
  for (const name of await readdir(directory)) {
    if (name.endsWith('.log')) needed += (await stat(join(directory, name))).size;
  }
  const path = join(directory, PROBE_FILE);
  try {
    const file = await open(path, 'w');
    try {
      const piece = Buffer.alloc(PIECE_BYTES, 0xa5);
      for (let written = 0; written < needed; written += PIECE_BYTES) await file.writeFile(piece);
      await file.datasync();
    } finally {
      await file.close();
    }
  } finally {
    await rm(path, { force: true });
  }
}
