import type { ClassicLevel } from 'classic-level';
import type { Backend, KeyRange, Mode, Transaction } from './backend.ts';

type Database = ClassicLevel<string, Uint8Array>;
type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

/**
 * Records in a LevelDB folder, which one process can use at a time. A write that was reported survives the
 * end of the process; a power cut may take the last ones, in order, and never a part of one.
 */
export class LevelBackend implements Backend {
  readonly #folder: string;
  #opening: Promise<Database> | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  /** @param folder is made when it is not there */
  constructor(folder: string) {
    this.#folder = folder;
  }

  transact<T>(_mode: Mode, body: (transaction: Transaction) => Promise<T>): Promise<T> {
    // One after the other: this is what makes them atomic towards each other.
    const result = this.#last.then(() => this.#transact(body));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** There are no other tabs: another process cannot have the folder open. */
  tell(): void {}

  listen(): void {}

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#last;
    const db = await this.#opening?.catch(() => undefined);
    await db?.close();
  }

  /** Native code is loaded with the first document: who only imports this module may not have it. */
  async #open(): Promise<Database> {
    const { ClassicLevel } = await import('classic-level');
    return new ClassicLevel(this.#folder, { keyEncoding: 'utf8', valueEncoding: 'view' });
  }

  async #transact<T>(body: (transaction: Transaction) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw new Error('the offline store is closed');
    const db = await (this.#opening ??= this.#open());
    await db.open(); // Tries again when it failed before.
    const changes: (Operation | KeyRange)[] = [];
    const result = await body({
      get: async (key) => {
        const value = await db.get(key);
        return value === undefined ? undefined : asView(value);
      },
      range: async ([gte, lt]) => {
        const records = await db.iterator({ gte, lt }).all();
        return records.map(([key, value]) => [key, asView(value)] as const);
      },
      put: (key, value) => changes.push({ type: 'put', key, value }),
      delete: (key) => changes.push({ type: 'del', key }),
      deleteRange: (range) => changes.push(range),
    });
    if (changes.length > 0) await write(db, changes);
    return result;
  }
}

async function write(db: Database, changes: readonly (Operation | KeyRange)[]): Promise<void> {
  const batch = db.batch();
  for (const change of changes) {
    if (!('type' in change)) {
      const [gte, lt] = change;
      for (const key of await db.keys({ gte, lt }).all()) batch.del(key);
    } else if (change.type === 'put') batch.put(change.key, change.value);
    else batch.del(change.key);
  }
  await batch.write();
}

/** What comes is a Buffer, whose methods are not all those of an Uint8Array: `slice` copies nothing. */
function asView({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
