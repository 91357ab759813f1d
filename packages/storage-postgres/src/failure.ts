import { SyncError } from '@syncline/protocol';

/** The class of an SQLSTATE is its first two characters. */
const CLASS_LENGTH = 2;

/**
 * Classes that the same statement would meet again: the data, the statement or the schema is wrong.
 * All else may go by itself: connections, restarts, a full disk, a standby, timeouts, deadlocks.
 */
const LASTING_CLASSES = new Set(['0A', '22', '23', '42', '54']);
/** `data_corrupted` and `index_corrupted`. */
const DAMAGE = new Set(['XX001', 'XX002']);
/** `lock_not_available`: what a statement gets that waited as long as `lock_timeout`. */
const LOCK_TIMEOUT = '55P03';

/** The SQLSTATE of an error of PostgreSQL; undefined for errors of the connection or of this code. */
export function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('severity' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Whether the same can work later. */
export function isPassing(error: unknown): boolean {
  if (error instanceof SyncError || error instanceof TypeError) return false;
  const state = sqlState(error);
  if (state === undefined) return true;
  return !isDamage(error) && !LASTING_CLASSES.has(state.slice(0, CLASS_LENGTH));
}

/** Whether PostgreSQL found its own files damaged. */
export function isDamage(error: unknown): boolean {
  return DAMAGE.has(sqlState(error) ?? '');
}

export function isLockTimeout(error: unknown): boolean {
  return sqlState(error) === LOCK_TIMEOUT;
}

export function storeClosed(): SyncError {
  return new SyncError('store-closed', 'the store is closed');
}

export function commitFailed(cause?: unknown): SyncError {
  return new SyncError('commit-failed', 'PostgreSQL did not take the commit', { cause });
}

/** What a read that failed is for the caller. */
export function loadFailed(cause: unknown): SyncError {
  if (cause instanceof SyncError) return cause;
  if (isDamage(cause)) {
    return new SyncError('store-damaged', 'a file of PostgreSQL is damaged', { cause });
  }
  return new SyncError('load-failed', 'PostgreSQL could not be read', { cause });
}
