import { SyncError } from '@syncline/protocol';
import pg from 'pg';

/** How long things may take, in milliseconds. */
export interface Timeouts {
  /** To open a connection, or to get one of those that there are. */
  readonly connectMs: number;
  /** To wait for the answer to a statement before another connection is tried; longer from try to try. */
  readonly answerMs: number;
  /** A statement: PostgreSQL ends it. */
  readonly statementMs: number;
  /** A statement that waits for a row that somebody has locked: PostgreSQL ends it. */
  readonly lockMs: number;
  /** A transaction of a node that is paused: PostgreSQL ends its connection. */
  readonly idleTransactionMs: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = {
  connectMs: 10_000,
  answerMs: 5_000,
  statementMs: 30_000,
  lockMs: 5_000,
  idleTransactionMs: 10_000,
};

/** A connection that nobody used for so long is closed. */
const IDLE_MS = 60_000;

/**
 * All rows are reached by their keys. A plan that was made while the tables were small, and is kept
 * with its prepared statement, would scan whole tables when they are large, or merge them. To plan for the parameters
 * of each commit anew takes longer than the commit, with so many partitions; to compile a plan whose
 * costs look high, since scans are forbidden, takes seconds.
 */
const PLANNING: readonly [string, string][] = [
  ['enable_seqscan', 'off'],
  ['enable_mergejoin', 'off'],
  ['plan_cache_mode', 'force_generic_plan'],
  ['jit', 'off'],
];

/** Parses `bigint` as a number: seqs, times and lengths are below 2^53. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, Number);

/** The types of pg do not know that the pool waits for this, and drops a connection whose hook fails. */
type PoolConfig = Omit<pg.PoolConfig, 'onConnect'> & {
  readonly onConnect: (client: pg.ClientBase) => Promise<void>;
};

/** Some connections to the database, that are opened as they are needed. */
export function makePool(url: string, max: number, timeouts: Timeouts): pg.Pool {
  const config: PoolConfig = {
    connectionString: url,
    max,
    types,
    application_name: 'syncline',
    keepAlive: true,
    connectionTimeoutMillis: timeouts.connectMs,
    idleTimeoutMillis: IDLE_MS,
    onConnect: (client) => prepareSession(client, timeouts),
  };
  const pool = new pg.Pool(config);
  // A connection that breaks while nobody uses it is dropped; without a listener it ends the process.
  pool.on('error', () => {});
  return pool;
}

/**
 * Sets the timeouts, and looks whether commits are durable. By a statement, and not by parameters at
 * the start of the connection, since poolers refuse those.
 */
async function prepareSession(client: pg.ClientBase, timeouts: Timeouts): Promise<void> {
  const settings: [string, string][] = [
    ['statement_timeout', String(timeouts.statementMs)],
    ['lock_timeout', String(timeouts.lockMs)],
    ['idle_in_transaction_session_timeout', String(timeouts.idleTransactionMs)],
    ...PLANNING,
  ];
  const setting = settings.map(
    (_, index) => `set_config($${2 * index + 1}, $${2 * index + 2}, false)`,
  );
  const { rows } = await client.query<{ commits: string; syncs: string; encoding: string }>(
    `SELECT current_setting('synchronous_commit') AS commits, current_setting('fsync') AS syncs,
            current_setting('server_encoding') AS encoding,
            ${setting.join(', ')}`,
    settings.flat(),
  );
  const { commits, syncs, encoding } = rows[0] ?? {};
  if (commits === 'off') refuse('synchronous_commit is off', 'would be lost by a crash');
  if (syncs === 'off') refuse('fsync is off', 'would be lost by a power cut');
  if (encoding !== 'UTF8')
    refuse(`its encoding is ${encoding}`, 'could have names that it has not');
}

function refuse(what: string, consequence: string): never {
  throw new SyncError(
    'config-invalid',
    `the database cannot hold documents: ${what}, so that what was acknowledged ${consequence}`,
  );
}
