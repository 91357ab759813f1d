import { mkdir } from 'node:fs/promises';
import { SyncError } from '@syncline/protocol';
import { ClassicLevel } from 'classic-level';
import { checkFolder } from './folder-check.ts';
import { checkFormat } from './format.ts';

/** The LevelDB folder, open. Keys and values are bytes. */
export type Database = ClassicLevel<Buffer, Buffer>;

/** One change of a batch. */
export type Operation =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: Buffer; readonly value?: undefined };

/**
 * Opens the folder, after its files were checked, and makes it when it is not there.
 * @throws SyncError `store-locked`, `store-format`, `store-damaged`, or `load-failed` when the
 *   medium fails.
 */
export async function openDatabase(directory: string): Promise<Database> {
  try {
    await mkdir(directory, { recursive: true });
    await checkFolder(directory, repairAdvice(directory));
    const db: Database = new ClassicLevel(directory, {
      keyEncoding: 'buffer',
      valueEncoding: 'buffer',
    });
    await db.open();
    try {
      await checkFormat(db, directory);
    } catch (error) {
      await db.close();
      throw error;
    }
    return db;
  } catch (error) {
    throw openError(directory, error);
  }
}

/** The code of LevelDB's own error, which open() wraps into another. */
export function levelCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = 'code' in error ? String(error.code) : undefined;
  return error.cause instanceof Error ? (levelCode(error.cause) ?? code) : code;
}

function openError(directory: string, error: unknown): SyncError {
  if (error instanceof SyncError) return error;
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const code = levelCode(error);
  if (code === 'LEVEL_LOCKED') {
    return new SyncError(
      'store-locked',
      `the data folder ${directory} is in use by another process`,
      { cause },
    );
  }
  if (code === 'LEVEL_CORRUPTION') {
    return new SyncError(
      'store-damaged',
      `the data folder ${directory} is damaged: ${reason}. ${repairAdvice(directory)}`,
      { cause },
    );
  }
  return new SyncError('load-failed', `the data folder ${directory} cannot be opened: ${reason}`, {
    cause,
  });
}

/** What a message about damage ends with. */
export function repairAdvice(directory: string): string {
  return `Restore a backup, or run "syncline verify --repair --data ${directory}"`;
}
