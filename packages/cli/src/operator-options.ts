import { existsSync, readdirSync } from 'node:fs';
import { SyncError } from '@syncline/protocol';
import { Compactor, type Operator, StoreOperator } from '@syncline/server/operator';
import type { DocumentStore } from '@syncline/storage';
import { BUS_OPTIONS } from './config/config-options.ts';
import { createLogger } from './logger.ts';
import type { Given, Options } from './options.ts';
import { warn } from './output.ts';
import { chosenOf, PLACE_OPTIONS, readBus, readDatabase } from './place-options.ts';
import { RemoteOperator } from './remote-operator.ts';
import { RemoteRooms } from './remote-rooms.ts';
import { RemoteServer } from './remote-server.ts';
import { openStore } from './store.ts';
import { UsageError } from './usage-error.ts';

const LEVELDB_FILE = /^(CURRENT|MANIFEST-\d+|\d+\.(log|ldb|sst))$/;
const DEFAULT_URL = 'http://127.0.0.1:1234';

export const JSON_FLAG = { help: 'answers in JSON' } as const;

export const PROGRESS_FLAG = { help: 'shows progress on stderr, also where that is no terminal' };

export const TOKEN_OPTION = {
  value: 'TOKEN',
  help: 'what the server at --url knows you by; others can see it as a flag',
} as const;

/** Where the documents are: what every command on documents takes. */
export const OPERATOR_OPTIONS = {
  ...PLACE_OPTIONS,
  url: { value: 'URL', env: false, help: `asks a running server, as ${DEFAULT_URL}` },
  token: TOKEN_OPTION,
  json: JSON_FLAG,
} as const;

/** What commands take that change documents, which nodes are to be told. */
export const CHANGE_OPTIONS = { ...OPERATOR_OPTIONS, ...BUS_OPTIONS } as const;

/** What commands take that only a running server can answer. */
export const SERVER_OPTIONS = {
  url: { value: 'URL', env: false, default: DEFAULT_URL, help: 'the server' },
  token: TOKEN_OPTION,
  json: JSON_FLAG,
} as const;

/**
 * Runs a task on the documents of a running server, of a database, or of a folder.
 * @param create makes the folder when it is not there.
 * @throws UsageError, and SyncError `store-locked` when a server has the folder, `store-format`
 *   when there is none, what {@link openStore} throws, and what the task throws.
 */
export async function withOperator<T>(
  given: Given<typeof OPERATOR_OPTIONS> | Given<typeof CHANGE_OPTIONS>,
  task: (operator: Operator) => Promise<T>,
  { create = false } = {},
): Promise<T> {
  const { data, url, token } = given.options;
  const from = chosenOf(given, ['url', 'store', 'data']);
  if ('bus' in given.flags && from !== 'store') throw new UsageError('--bus goes with --store');
  if (from === 'url' && url !== undefined) {
    return await task(new RemoteOperator(connect({ url, token })));
  }
  if (from === 'store') return await withDatabase(given, readDatabase(given), task);
  try {
    return await withFolder(data, task, { create });
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'store-locked') throw error;
    const message = `${error.message}; ask the running server instead with --url ${DEFAULT_URL}`;
    throw new SyncError('store-locked', message, { cause: error });
  }
}

/** Runs a task on the documents of a folder that no server has. */
export async function withFolder<T>(
  folder: string,
  task: (operator: Operator) => Promise<T>,
  { create = false } = {},
): Promise<T> {
  if (!create) mustBeFolder(folder);
  return await withStore(await openStore({ kind: 'folder', folder }), undefined, task);
}

/**
 * Runs a task on the documents of a database, which nodes may serve meanwhile: what changes a log past
 * their rooms is told to them.
 */
export async function withDatabase<T>(
  given: Given<Options>,
  url: string,
  task: (operator: Operator) => Promise<T>,
): Promise<T> {
  const rooms = new RemoteRooms(readBus(given));
  try {
    return await withStore(await openStore({ kind: 'database', url }), rooms, task);
  } finally {
    await rooms.close();
    if (rooms.untold) {
      warn('running nodes were not told: they notice at their next edit of the document');
    }
  }
}

async function withStore<T>(
  store: DocumentStore,
  rooms: RemoteRooms | undefined,
  task: (operator: Operator) => Promise<T>,
): Promise<T> {
  const compactor = new Compactor(store, await createLogger('silent'));
  const compact: Compactor['compact'] = async (documentId) => {
    const result = await compactor.compact(documentId);
    if (result !== undefined) await rooms?.tellCompacted(result);
    return result;
  };
  try {
    return await task(new StoreOperator({ store, compact, ...(rooms && { live: rooms }) }));
  } finally {
    await compactor.close();
    // What was removed would keep its room until a server runs.
    await store.reclaim().catch(() => {});
    await store.close();
  }
}

/** @throws SyncError `store-format` when there is no data folder. */
export function mustBeFolder(data: string): void {
  // Any file of LevelDB's: in a damaged folder some may be missing.
  const isThere = existsSync(data) && readdirSync(data).some((name) => LEVELDB_FILE.test(name));
  if (isThere) return;
  throw new SyncError('store-format', `there is no data folder ${data}; name one with --data DIR`);
}

/** @throws UsageError for what is no address. */
export function connect(to: {
  readonly url: string;
  readonly token: string | undefined;
}): RemoteServer {
  return new RemoteServer(readUrl(to.url), to.token);
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new UsageError(`--url must be like ${DEFAULT_URL}, not "${text}"`);
  }
  return url;
}
