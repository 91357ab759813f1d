import { SyncError } from '@syncline/protocol';
import type { ClassicLevel } from 'classic-level';
import { FORMAT_KEY } from './key.ts';

/** The layout of keys and records that this version reads and writes. */
export const FORMAT = 2;

/**
 * Marks a new store with the format, and refuses one that this version cannot read.
 * @throws SyncError `store-format`
 */
export async function checkFormat(
  db: ClassicLevel<Buffer, Buffer>,
  directory: string,
): Promise<void> {
  const stored = await db.get(FORMAT_KEY);
  if (stored === undefined) {
    const [other] = await db.keys({ limit: 1 }).all();
    if (other !== undefined) {
      throw new SyncError('store-format', `${directory} is a LevelDB folder, but not Syncline's`);
    }
    await db.put(FORMAT_KEY, Buffer.from(String(FORMAT)), { sync: true });
    return;
  }
  const format = Number(stored.toString());
  if (format !== FORMAT) {
    throw new SyncError(
      'store-format',
      `the data folder ${directory} has format ${stored.toString()}; this version reads ${FORMAT}. ${
        format < FORMAT ? 'It is from before the first release' : 'Upgrade Syncline'
      }`,
    );
  }
}
