import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** Where the tests' databases are made, unless `SYNCLINE_TEST_POSTGRES` says so. */
const LOCAL_SERVER = 'postgres://postgres@127.0.0.1:5432/postgres';

const TABLES = ['entries', 'checkpoints', 'set_aside', 'documents'].map(
  (table) => `syncline_${table}`,
);

/** A database of one test file. */
export class TestDatabase {
  readonly url: string;
  readonly #server: string;
  readonly #name: string;

  private constructor(server: string, name: string) {
    const url = new URL(server);
    url.pathname = `/${name}`;
    this.url = url.href;
    this.#server = server;
    this.#name = name;
  }

  /** @param server where to make it, say what {@link findPostgres} found */
  static async make(server: string): Promise<TestDatabase> {
    const name = `syncline_test_${randomBytes(6).toString('hex')}`;
    await run(server, `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8'`);
    return new TestDatabase(server, name);
  }

  /** Runs a statement past the store, on a connection of its own. */
  async run(text: string, values: unknown[] = []): Promise<unknown[]> {
    return await run(this.url, text, values);
  }

  /** Forgets all documents. */
  async clear(): Promise<void> {
    await this.run(TABLES.map((table) => `DELETE FROM ${table}`).join('; '));
  }

  /** What all rows take, in bytes, without what is left of rows that are gone: autovacuum's time is its own. */
  async size(): Promise<number> {
    const sums = TABLES.map(
      (table) => `(SELECT coalesce(sum(pg_column_size(t.*)), 0) FROM ${table} t)`,
    );
    const [row] = (await this.run(`SELECT ${sums.join(' + ')} AS bytes`)) as { bytes: string }[];
    return Number(row?.bytes);
  }

  async drop(): Promise<void> {
    await run(this.#server, `DROP DATABASE ${this.#name} WITH (FORCE)`);
  }
}

/**
 * The server for tests: `SYNCLINE_TEST_POSTGRES`, else the local one. Undefined, loudly, when there is
 * none; with `CI=true` that is an error.
 */
export async function findPostgres(): Promise<string | undefined> {
  const given = process.env['SYNCLINE_TEST_POSTGRES'];
  const server = given ?? LOCAL_SERVER;
  try {
    await run(server, 'SELECT 1');
    return server;
  } catch (cause) {
    if (given !== undefined || process.env['CI'] === 'true') {
      throw new Error('there is no PostgreSQL to test with', { cause });
    }
    console.warn('SKIPPED: no PostgreSQL at 127.0.0.1:5432; set SYNCLINE_TEST_POSTGRES');
    return undefined;
  }
}

/** Whether the local server answers. */
export async function isPostgresHere(): Promise<boolean> {
  return await run(LOCAL_SERVER, 'SELECT 1').then(
    () => true,
    () => false,
  );
}

async function run(url: string, text: string, values?: unknown[]): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    return (await client.query(text, values)).rows;
  } finally {
    await client.end();
  }
}
