import { existsSync, readdirSync } from 'node:fs';
import { SyncError } from '@syncline/protocol';
import { Compactor, type Operator, StoreOperator } from '@syncline/server';
import { LevelStore } from '@syncline/storage-level';
import { createLogger } from './logger.ts';
import { RemoteOperator } from './remote-operator.ts';
import { RemoteServer } from './remote-server.ts';
import { UsageError } from './usage-error.ts';

const LEVELDB_FILE = /^(CURRENT|MANIFEST-\d+|\d+\.(log|ldb|sst))$/;
const DEFAULT_URL = 'http://127.0.0.1:1234';

export const DATA_OPTION = {
  value: 'DIR',
  default: './data',
  help: 'the folder with the documents',
} as const;

export const JSON_FLAG = { help: 'answers in JSON' } as const;

export const PROGRESS_FLAG = { help: 'shows progress on stderr, also where that is no terminal' };

export const TOKEN_OPTION = {
  value: 'TOKEN',
  help: 'what the server at --url knows you by; others can see it as a flag',
} as const;

/** Where the documents are: what every command on documents takes. */
export const OPERATOR_OPTIONS = {
  data: DATA_OPTION,
  url: { value: 'URL', env: false, help: `asks a running server, as ${DEFAULT_URL}` },
  token: TOKEN_OPTION,
  json: JSON_FLAG,
} as const;

/** What commands take that only a running server can answer. */
export const SERVER_OPTIONS = {
  url: { value: 'URL', env: false, default: DEFAULT_URL, help: 'the server' },
  token: TOKEN_OPTION,
  json: JSON_FLAG,
} as const;

export interface OperatorTarget {
  readonly data: string;
  readonly url: string | undefined;
  readonly token: string | undefined;
}

/**
 * Runs a task on the server at `url`, or on the folder `data`.
 * @param create makes the folder when it is not there.
 * @throws UsageError, and SyncError `store-locked` when a server has the folder, `store-format`
 *   when there is none, and what the task throws.
 */
export async function withOperator<T>(
  { data, url, token }: OperatorTarget,
  task: (operator: Operator) => Promise<T>,
  { create = false } = {},
): Promise<T> {
  if (url !== undefined) return await task(new RemoteOperator(connect({ url, token })));
  if (!create) mustBeFolder(data);
  const store = await openStore(data);
  const compactor = new Compactor(store, createLogger('silent'));
  try {
    return await task(
      new StoreOperator({ store, compact: (documentId) => compactor.compact(documentId) }),
    );
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

async function openStore(data: string): Promise<LevelStore> {
  try {
    return await LevelStore.open(data);
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'store-locked') throw error;
    const message = `${error.message}; ask the running server instead with --url ${DEFAULT_URL}`;
    throw new SyncError('store-locked', message, { cause: error });
  }
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
