import type { DocumentId } from '@syncline/protocol';
import {
  type Append,
  type Appended,
  type AppendOptions,
  type Checkpoint,
  type DocumentStore,
  type DocumentSummary,
  deflateUpdate,
  type Entry,
  type Epoch,
  type NotAppended,
  newEpoch,
  type ReplaceOptions,
  type Seq,
  type StoredCheckpoint,
  type StoredDocument,
  type StoreState,
} from '@syncline/storage';
import {
  APPEND,
  APPEND_WAITING,
  type AppendedRow,
  appendParameters,
  MAKE_ROWS,
  toAnswers,
} from './append-batch.ts';
import type { Runner, Statement } from './connections.ts';
import { Database, type DatabaseOptions } from './database.ts';
import { isLockTimeout, storeClosed } from './failure.ts';
import { heads, inspect, load, read, storedCheckpoint, tombstone } from './log-reads.ts';
import { bury, claimCompaction, compact, replace } from './log-writes.ts';
import { migrate } from './migrate.ts';
import { checkpointRow } from './row.ts';

/** How many names a listing reads at a time. */
const PAGE_ROWS = 1_000;

const LIST: Statement = {
  name: 'syncline_list',
  text: `SELECT id FROM syncline_documents WHERE id > $1 AND epoch IS NOT NULL
         ORDER BY id LIMIT ${PAGE_ROWS}`,
};
const CHANGED: Statement = {
  name: 'syncline_changed',
  text: `SELECT id FROM syncline_documents WHERE id > $1 AND has_tail
         ORDER BY id LIMIT ${PAGE_ROWS}`,
};

export type PostgresStoreOptions = Omit<DatabaseOptions, 'url'>;

/**
 * The logs of all documents in a PostgreSQL database, which several nodes may share. `migrations.ts`
 * says what is where, `append-batch.ts` how nodes append without waiting for one another, and
 * `database.ts` what happens while PostgreSQL is away.
 *
 * A commit whose answer was lost (the connection broke, PostgreSQL was restarted) is made again, since
 * nobody can tell whether it was stored; `append-batch.ts` says why it is seldom in the log twice.
 */
export class PostgresStore implements DocumentStore {
  readonly #database: Database;
  readonly #underWay = new Set<Promise<unknown>>();
  /** Appends run one after the other, in the order in which they were asked for; waits do not. */
  #lastAppend: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  private constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Opens a database, and {@link migrate}s it.
   * @param url `postgres://user:password@host:port/database`
   * @throws SyncError `config-invalid` when the database does not keep what it commits
   *   (`synchronous_commit` or `fsync` is off) or cannot hold all names, `store-format` when a newer
   *   Syncline made its schema, `load-failed` when it cannot be reached.
   */
  static async open(url: string, options: PostgresStoreOptions = {}): Promise<PostgresStore> {
    const database = new Database({ ...options, url });
    try {
      await database.connect();
      await migrate(url);
    } catch (cause) {
      await database.close();
      throw cause;
    }
    return new PostgresStore(database);
  }

  get state(): StoreState {
    return this.#database.state;
  }

  async load(documentId: DocumentId): Promise<StoredDocument | undefined> {
    return await this.#read((runner) => load(runner, documentId));
  }

  async append(
    appends: readonly Append[],
    { wait = false }: AppendOptions = {},
  ): Promise<readonly (Appended | NotAppended)[]> {
    this.#mustBeOpen();
    if (appends.length === 0) return [];
    const parameters = appendParameters(appends);
    if (wait) return await this.#write((ms) => this.#appendWaiting(ms, appends, parameters));
    const { ticks } = this.#database;
    const task = () =>
      this.#write((ms) => this.#append(ticks.within(ms), APPEND, appends, parameters), true);
    const append = this.#track(() => this.#lastAppend.then(task, task));
    this.#lastAppend = append.catch(() => {});
    return await append;
  }

  async heads(documentIds: readonly DocumentId[]): Promise<readonly (Appended | undefined)[]> {
    return await this.#read((runner) => heads(runner, documentIds));
  }

  async read(
    documentId: DocumentId,
    epoch: Epoch,
    after: Seq,
  ): Promise<readonly Entry[] | undefined> {
    return await this.#read((runner) => read(runner, documentId, epoch, after));
  }

  async readCheckpoint(
    documentId: DocumentId,
    epoch: Epoch,
  ): Promise<StoredCheckpoint | undefined> {
    return await this.#read((runner) => storedCheckpoint(runner, documentId, epoch));
  }

  async claimCompaction(documentId: DocumentId, forMs: number): Promise<boolean> {
    // Not tried until it works, as commits are: without PostgreSQL there is nothing to compact.
    return await this.#read((runner) => claimCompaction(runner, documentId, forMs));
  }

  async compact(
    documentId: DocumentId,
    epoch: Epoch,
    { seq, update }: Checkpoint,
    setAside: readonly Seq[] = [],
  ): Promise<boolean> {
    this.#mustBeOpen();
    const row = checkpointRow(documentId, epoch, seq, await deflateUpdate(update));
    return await this.#write((ms) =>
      compact(this.#database.others.within(ms), documentId, epoch, row, setAside),
    );
  }

  async replace(
    documentId: DocumentId,
    update: Uint8Array,
    { tombstone, epoch = newEpoch() }: ReplaceOptions = {},
  ): Promise<Appended> {
    this.#mustBeOpen();
    const row = checkpointRow(documentId, epoch, 1 as Seq, await deflateUpdate(update));
    return await this.#write((ms) =>
      this.#database.transaction(ms, (runner) =>
        replace(runner, documentId, epoch, row, tombstone),
      ),
    );
  }

  async delete(documentId: DocumentId, tombstone: Uint8Array): Promise<boolean> {
    this.#mustBeOpen();
    return await this.#write((ms) =>
      this.#database.transaction(ms, (runner) => bury(runner, documentId, tombstone)),
    );
  }

  async tombstone(documentId: DocumentId): Promise<Uint8Array | undefined> {
    return await this.#read((runner) => tombstone(runner, documentId));
  }

  list(): AsyncIterable<DocumentId> {
    return this.#names(LIST);
  }

  changed(): AsyncIterable<DocumentId> {
    return this.#names(CHANGED);
  }

  async inspect(documentId: DocumentId): Promise<DocumentSummary | undefined> {
    return await this.#read((runner) => inspect(runner, documentId));
  }

  /** PostgreSQL's autovacuum does that. */
  async reclaim(): Promise<void> {}

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // What was asked before still ends, but for what waits for PostgreSQL: that is rejected.
    this.#database.giveUp();
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    await this.#database.close();
  }

  async #append(
    runner: Runner,
    statement: Statement,
    appends: readonly Append[],
    parameters: unknown[],
  ): Promise<(Appended | NotAppended)[]> {
    const makers = appends.filter(({ epoch }) => epoch === undefined);
    if (makers.length > 0) {
      await runner.query(MAKE_ROWS, [makers.map(({ documentId }) => documentId)]);
    }
    return toAnswers(appends, (await runner.query<AppendedRow>(statement, parameters)).rows);
  }

  async #appendWaiting(
    answerMs: number,
    appends: readonly Append[],
    parameters: unknown[],
  ): Promise<(Appended | NotAppended)[]> {
    try {
      // PostgreSQL waits for the row, too.
      const runner = this.#database.waits.within(answerMs + this.#database.lockMs);
      return await this.#append(runner, APPEND_WAITING, appends, parameters);
    } catch (cause) {
      if (isLockTimeout(cause)) return appends.map(() => 'held');
      throw cause;
    }
  }

  #mustBeOpen(): void {
    if (this.#closing !== undefined) throw storeClosed();
  }

  async *#names(statement: Statement): AsyncIterable<DocumentId> {
    let page: DocumentId[] = [];
    do {
      const after = page.at(-1) ?? '';
      const result = await this.#read((runner) =>
        runner.query<{ id: DocumentId }>(statement, [after]),
      );
      page = result.rows.map(({ id }) => id);
      yield* page;
    } while (page.length === PAGE_ROWS);
  }

  async #read<T>(work: (runner: Runner) => Promise<T>): Promise<T> {
    this.#mustBeOpen();
    return this.#track(() => this.#database.read(work));
  }

  async #write<T>(work: (answerMs: number) => Promise<T>, isTick = false): Promise<T> {
    return this.#track(() => this.#database.write(work, isTick));
  }

  /** Does work that was asked for before the store was closed, and that ends before it is. */

  async #track<T>(work: () => Promise<T>): Promise<T> {
    const running = work();
    this.#underWay.add(running);
    try {
      return await running;
    } finally {
      this.#underWay.delete(running);
    }
  }
}
