import { SyncError } from '@syncline/protocol';
import pg from 'pg';
import { isPassing } from './failure.ts';
import { MIGRATIONS } from './migrations.ts';

/** Whoever migrates holds this advisory lock: the bytes "syncline". */
export const LOCK = '8320803159843368549';
/** How long to wait for another node that migrates. */
const LOCK_TIMEOUT_MS = 60_000;

/** What {@link migrate} found and did. */
export interface Migrated {
  /** The version of the schema before; 0 for a database without one. */
  readonly from: number;
  readonly to: number;
}

/**
 * Brings a database's schema to the newest version, in one transaction. Nodes that start together
 * wait for one another. A database that is there already is only read, so that a role that may not
 * make tables can run a node.
 *
 * @param url `postgres://user:password@host:port/database`
 * @throws SyncError `store-format` when a newer Syncline made the schema, `load-failed` when the
 *   database cannot be reached or does not let us.
 */
export async function migrate(url: string): Promise<Migrated> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // A connection that breaks also rejects the query that runs; without a listener it ends the process.
  client.on('error', () => {});
  try {
    await client.connect();
    const from = await versionOf(client);
    if (from === MIGRATIONS.length) return { from, to: from };
    return await migrateLocked(client);
  } catch (cause) {
    if (cause instanceof SyncError) throw cause;
    const what = isPassing(cause) ? 'could not be reached' : 'refused the migration';
    throw new SyncError('load-failed', `PostgreSQL ${what}`, { cause });
  } finally {
    await client.end().catch(() => {});
  }
}

/** The lock and the settings go with the connection. */
async function migrateLocked(client: pg.Client): Promise<Migrated> {
  await client.query(`SET lock_timeout = ${LOCK_TIMEOUT_MS}; SET statement_timeout = 0`);
  // Before the transaction begins: within one that waited here, PostgreSQL may go on taking the tables that
  // were made meanwhile for missing, since it has looked for them before.
  await client.query(`SELECT pg_advisory_lock(${LOCK})`);
  await client.query('BEGIN');
  const from = await versionOf(client);
  if (from === 0) {
    await client.query(
      `CREATE TABLE IF NOT EXISTS syncline_schema (
         version integer PRIMARY KEY,
         applied timestamptz NOT NULL DEFAULT now()
       )`,
    );
  }
  for (let version = from + 1; version <= MIGRATIONS.length; version++) {
    for (const statement of MIGRATIONS[version - 1] ?? []) await client.query(statement);
    await client.query('INSERT INTO syncline_schema (version) VALUES ($1)', [version]);
  }
  await client.query('COMMIT');
  return { from, to: MIGRATIONS.length };
}

async function versionOf(client: pg.Client): Promise<number> {
  const found = await client.query<{ there: boolean }>(
    "SELECT to_regclass('syncline_schema') IS NOT NULL AS there",
  );
  if (found.rows[0]?.there !== true) return 0;
  const { rows } = await client.query<{ version: number }>(
    'SELECT coalesce(max(version), 0)::integer AS version FROM syncline_schema',
  );
  const version = rows[0]?.version ?? 0;
  if (version > MIGRATIONS.length) {
    throw new SyncError(
      'store-format',
      `the database has schema version ${version}, and this Syncline knows ${MIGRATIONS.length}`,
    );
  }
  return version;
}
