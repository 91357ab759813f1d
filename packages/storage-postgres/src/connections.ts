import type pg from 'pg';

/** A statement, prepared once a connection under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** What runs statements: a connection, or connections of which each statement takes one. */
export interface Runner {
  query<Row extends pg.QueryResultRow>(
    statement: Statement | string,
    values?: readonly unknown[],
  ): Promise<pg.QueryResult<Row>>;
}

/** An answer did not come in time. The statement may have been run, or may be run later. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';

  constructor(ms: number) {
    super(`PostgreSQL did not answer in ${ms} ms`);
  }
}

/** A connection, as far as the types of pg do not say it. */
type Client = pg.PoolClient & {
  readonly processID?: number | null;
  readonly connection?: { readonly stream?: { destroy(): void } };
};

/**
 * Ends a statement that nobody waits for any more, if PostgreSQL can be reached: it shall not be committed later. Only
 * a connection of ours, since behind a pooler the number can be somebody else's.
 */
const TERMINATE = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE pid = $1 AND usename = current_user AND application_name = 'syncline'`;

/**
 * Connections to PostgreSQL for one purpose. A connection that does not answer is given up, and with it all that are open:
 * what has silenced one (a firewall, a balancer, a machine that is gone) has most often silenced the others, too.
 */
export class Connections {
  readonly #make: () => pg.Pool;
  #pool: pg.Pool;

  constructor(make: () => pg.Pool) {
    this.#make = make;
    this.#pool = make();
  }

  /** Runs statements, each of which is to be answered in so many milliseconds, or rejects with {@link NoAnswer}. */
  within(answerMs: number): Runner {
    return {
      query: async (statement, values) =>
        await this.use(answerMs, (runner) => runner.query(statement, values)),
    };
  }

  /** The same for several statements on one connection, which is dropped when `work` fails. */
  async use<T>(answerMs: number, work: (runner: Runner) => Promise<T>): Promise<T> {
    const pool = this.#pool;
    const client = (await pool.connect()) as Client;
    const ignore = () => {};
    // A connection that breaks also rejects the query that runs; without a listener it ends the process.
    client.on('error', ignore);
    let failure: unknown;
    try {
      return await work(runnerOf(client, answerMs));
    } catch (cause) {
      failure = cause;
      throw cause;
    } finally {
      if (failure instanceof NoAnswer) this.#giveUp(pool, client);
      client.off('error', ignore);
      client.release(failure !== undefined);
    }
  }

  /** Resolves when the connections are closed. */
  async close(): Promise<void> {
    await this.#pool.end();
  }

  #giveUp(pool: pg.Pool, client: Client): void {
    client.on('error', () => {});
    client.connection?.stream?.destroy();
    if (pool === this.#pool) {
      this.#pool = this.#make();
      void pool.end().catch(() => {});
    }
    if (client.processID != null) {
      void this.#pool.query(TERMINATE, [client.processID]).catch(() => {});
    }
  }
}

function runnerOf(client: Client, answerMs: number): Runner {
  return {
    query: async <Row extends pg.QueryResultRow>(
      statement: Statement | string,
      values: readonly unknown[] = [],
    ) => {
      const query = client.query<Row>(statement, values as unknown[]);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new NoAnswer(answerMs)), answerMs);
      });
      try {
        return await Promise.race([query, late]);
      } finally {
        clearTimeout(timer);
        query.catch(() => {}); // when it is given up
      }
    },
  };
}
