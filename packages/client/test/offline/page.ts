import { parseDocumentId } from '@syncline/protocol';
import { openOfflineStore } from '../../src/offline/browser.ts';
import { IndexedDbBackend } from '../../src/offline/indexed-db.ts';
import { CASES } from './store-contract.ts';
import { Tab } from './tab.ts';

/** The page that the tests drive: one tab with a store, and the contract's cases. */
const offline = {
  tab: undefined as Tab | undefined,

  async runCase(name: string): Promise<void> {
    const database = crypto.randomUUID();
    await CASES[name]?.({ connect: () => new IndexedDbBackend(database) });
  },

  async open(): Promise<void> {
    offline.tab = await Tab.open(openOfflineStore(), parseDocumentId('notes'));
  },

  /** Opens and closes a copy, as a page does that is loaded again and again. */
  async openAgain(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      const store = openOfflineStore();
      await Tab.open(store, parseDocumentId('notes'));
      await store.close();
    }
  },

  async type(text: string): Promise<void> {
    offline.tab?.type(text);
    await offline.tab?.copy.flush();
  },

  /** One character after the other, some to a transaction as they come. */
  async typeOneByOne(length: number): Promise<void> {
    for (let i = 0; i < length; i++) {
      offline.tab?.type(String.fromCharCode(97 + (i % 26)));
      if (i % 5 === 0) await offline.tab?.copy.flush();
    }
    await offline.tab?.copy.flush();
  },

  /** What is in the database, without any code of the store: keys in UTF-8, and values. */
  async storedBytes(name = 'syncline'): Promise<number> {
    const database = await request(indexedDB.open(name));
    let sum = 0;
    for (const storeName of database.objectStoreNames) {
      const store = database.transaction(storeName).objectStore(storeName);
      const [keys, values] = await Promise.all([
        request(store.getAllKeys()),
        request(store.getAll()),
      ]);
      for (const key of keys) sum += new TextEncoder().encode(String(key)).length;
      for (const value of values as Uint8Array[]) sum += value.buffer.byteLength;
    }
    database.close();
    return sum;
  },

  /** As a newer version of the library would, in another tab. */
  async upgrade(): Promise<void> {
    const database = await request(indexedDB.open('syncline', 99));
    database.close();
  },
};

function request<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result));
    request.addEventListener('error', () => reject(request.error ?? new Error('it failed')));
  });
}

declare global {
  interface Window {
    offline: typeof offline;
  }
}

window.offline = offline;
