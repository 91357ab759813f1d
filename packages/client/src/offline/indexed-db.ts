import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Backend, KeyRange, Mode, Transaction } from './backend.ts';
import type { Notice } from './notice.ts';

interface Schema extends DBSchema {
  records: { key: string; value: Uint8Array };
}

/** Of the database's layout. A newer one is never opened by this version of the library. */
const VERSION = 1;

/** Records in an IndexedDB database, which all tabs of the origin share. */
export class IndexedDbBackend implements Backend {
  readonly #name: string;
  /**
   * Tabs with another version of the notices do not hear each other; they see what is missing. So do those without a
   * channel: old browsers.
   */
  readonly #channel: BroadcastChannel | undefined;
  #database: Promise<IDBPDatabase<Schema>> | undefined;
  #onLost: (error: unknown) => void = () => {};
  #isClosed = false;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(name: string) {
    this.#name = name;
    if (typeof BroadcastChannel === 'function') {
      this.#channel = new BroadcastChannel(`syncline-offline-1:${name}`);
    }
  }

  transact<T>(mode: Mode, body: (transaction: Transaction) => Promise<T>): Promise<T> {
    const result = this.#transact(mode, body);
    const settled = result
      .catch(() => undefined)
      .finally(() => {
        this.#underWay.delete(settled);
      });
    this.#underWay.add(settled);
    return result;
  }

  tell(notice: Notice): void {
    if (!this.#isClosed) this.#channel?.postMessage(notice);
  }

  listen(onNotice: (notice: Notice) => void, onLost: (error: unknown) => void): void {
    this.#onLost = onLost;
    this.#channel?.addEventListener('message', ({ data }: MessageEvent<Notice>) => onNotice(data));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#channel?.close();
    await Promise.all(this.#underWay);
    const database = await this.#database?.catch(() => undefined);
    database?.close();
  }

  async #transact<T>(mode: Mode, body: (transaction: Transaction) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw new Error('the offline store is closed');
    const transaction = await this.#begin(mode);
    const done = transaction.done;
    // It is awaited at the end; until then a failure is nobody's.
    done.catch(() => {});
    const { store } = transaction;
    const ignore = () => {}; // A change that fails lets `done` fail.
    let result: T;
    try {
      result = await body({
        get: async (key) => asBytes(await store.get(key)),
        range: async (range) => {
          const [keys, values] = await Promise.all([
            store.getAllKeys(asKeyRange(range)),
            store.getAll(asKeyRange(range)),
          ]);
          return keys.map((key, i) => [key, asBytes(values[i]) ?? NOTHING] as const);
        },
        put: (key, value) => void store.put?.(asOwnBuffer(value), key).catch(ignore),
        delete: (key) => void store.delete?.(key).catch(ignore),
        deleteRange: (range) => void store.delete?.(asKeyRange(range)).catch(ignore),
      });
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // It has ended already.
      }
      throw error;
    }
    await done;
    return result;
  }

  async #begin(mode: Mode) {
    const begin = (database: IDBPDatabase<Schema>) =>
      database.transaction('records', mode === 'read' ? 'readonly' : 'readwrite');
    const opened = (this.#database ??= this.#open());
    try {
      return begin(await opened);
    } catch {
      // The browser closed the database, or could not open it then.
      if (this.#database === opened) this.#database = undefined;
      return begin(await (this.#database ??= this.#open()));
    }
  }

  #open(): Promise<IDBPDatabase<Schema>> {
    const opening = openDB<Schema>(this.#name, VERSION, {
      upgrade: (database) => void database.createObjectStore('records'),
      blocked: () => this.#onLost(new Error('another tab keeps the offline store from opening')),
      blocking: (_current, _blocked, event) => {
        // A newer version of the app waits for this one, or somebody deletes the database.
        (event.target as IDBDatabase).close();
        this.#forget(opening, 'another tab changes the offline store; reload this page');
      },
      terminated: () => this.#forget(opening, 'the browser closed the offline store'),
    });
    return opening;
  }

  #forget(database: Promise<IDBPDatabase<Schema>>, why: string): void {
    if (this.#database === database) this.#database = undefined;
    this.#onLost(new Error(why));
  }
}

/** Cannot be decoded, as what nobody of this library wrote should be. */
const NOTHING = new Uint8Array();

function asBytes(value: unknown): Uint8Array | undefined {
  if (value === undefined || value instanceof Uint8Array) return value;
  return NOTHING;
}

/** A view would be stored with all of the buffer that it looks into. */
function asOwnBuffer(value: Uint8Array): Uint8Array {
  return value.byteLength === value.buffer.byteLength ? value : value.slice();
}

function asKeyRange([from, below]: KeyRange): IDBKeyRange {
  return IDBKeyRange.bound(from, below, false, true);
}
