import { SyncError } from '@syncline/protocol';
import type { DocumentStore, StoreState } from '@syncline/storage';
import { maskPasswords, STORE_EXAMPLE } from './service-url.ts';

/** Where documents are: in a folder (LevelDB), which one process has, or in a PostgreSQL database. */
export type StorePlace =
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'database'; readonly url: string };

export interface OpenOptions {
  readonly onState?: (state: StoreState, cause?: unknown) => void;
}

/** The place that settings or options say: a database where there is one. */
export function placeOf({
  store,
  data,
}: {
  readonly store?: string | undefined;
  readonly data: string;
}): StorePlace {
  return store === undefined ? { kind: 'folder', folder: data } : { kind: 'database', url: store };
}

/** A place as it may be shown. */
export function nameOf(place: StorePlace): string {
  return place.kind === 'folder' ? place.folder : maskPasswords(place.url);
}

/**
 * Opens the store of a place; the schema of a database is brought to the newest version.
 * @throws SyncError `store-locked`, `store-format`, `config-invalid`; `load-failed` when the database
 *   cannot be reached or does not let us.
 */
export async function openStore(
  place: StorePlace,
  options: OpenOptions = {},
): Promise<DocumentStore> {
  // Either is loaded where it is needed: it takes longer than all of a short command.
  if (place.kind === 'folder') {
    const { LevelStore } = await import('@syncline/storage-level');
    return await LevelStore.open(place.folder, options);
  }
  const { PostgresStore } = await import('@syncline/storage-postgres');
  return await PostgresStore.open(place.url, options).catch((error: unknown) => {
    throw withReason(error, place.url);
  });
}

/** What {@link migrateDatabase} found and did; a database without a schema has version 0. */
export interface Migration {
  readonly from: number;
  readonly to: number;
}

/** @throws SyncError `store-format`, `load-failed` */
export async function migrateDatabase(url: string): Promise<Migration> {
  const { migrate } = await import('@syncline/storage-postgres');
  return await migrate(url).catch((error: unknown) => {
    throw withReason(error, url);
  });
}

/** An error that also says which database it was, and what PostgreSQL or the network said. */
function withReason(error: unknown, url: string): unknown {
  if (!(error instanceof SyncError) || error.code !== 'load-failed') return error;
  const reason = reasonOf(error.cause);
  const message = `${error.message}${reason && `: ${reason}`} (${maskPasswords(url)})`;
  return new SyncError(error.code, message, { cause: error });
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return '';
  // Of a host with several addresses, the error has a code and no message.
  if (cause.message === '' && 'code' in cause) return String(cause.code);
  const reason = maskPasswords(cause.message);
  return isAboutTheUser(cause) ? `${reason}; an address is like ${STORE_EXAMPLE}` : reason;
}

/** SQLSTATE class 28, "invalid authorization specification": no such user, or not with this password. */
function isAboutTheUser(cause: Error): boolean {
  return 'code' in cause && String(cause.code).startsWith('28');
}
