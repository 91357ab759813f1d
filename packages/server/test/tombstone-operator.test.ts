import { type ErrorCode, parseDocumentId, SyncError } from '@syncline/protocol';
import { type DocumentStore, MemoryStore } from '@syncline/storage';
import { until } from '@syncline/testing';
import { decodeStateVectors } from '@syncline/update';
import { describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { StoreOperator } from '../src/admin/store-operator.ts';
import { startHarness } from './harness.ts';

const id = parseDocumentId('notes');

/** A client's edits, each as one update. */
class Author {
  readonly doc = new Y.Doc();
  readonly updates: Uint8Array[] = [];

  constructor(clientId: number) {
    this.doc.clientID = clientId;
    this.doc.on('update', (update) => this.updates.push(update));
  }

  type(text: string): this {
    this.doc.getText('text').insert(0, text);
    return this;
  }
}

/** A store whose appends can be held. */
class SlowStore extends MemoryStore {
  waiting = false;
  #held: Promise<void> = Promise.resolve();

  /** Holds what is appended from now on, until the result is called. */
  hold(): () => void {
    let release = () => {};
    this.#held = new Promise((resolve) => {
      release = resolve;
    });
    return release;
  }

  override async append(...args: Parameters<MemoryStore['append']>) {
    this.waiting = true;
    await this.#held;
    this.waiting = false;
    return await super.append(...args);
  }
}

/** A store that does not read documents. */
class DamagedStore extends MemoryStore {
  failure: ErrorCode | undefined;

  override async load(...args: Parameters<MemoryStore['load']>) {
    if (this.failure !== undefined) throw new SyncError(this.failure, 'it cannot be read');
    return await super.load(...args);
  }
}

const append = (store: DocumentStore, ...updates: Uint8Array[]) =>
  store.append([
    { documentId: id, entries: updates.map((update) => ({ update, author: '', time: 0 })) },
  ]);
const operatorOf = (store: DocumentStore) =>
  new StoreOperator({ store, compact: async () => undefined });
async function dead(store: DocumentStore) {
  const tombstone = await store.tombstone(id);
  const [deleted, replaced = new Map()] = tombstone ? decodeStateVectors(tombstone) : [];
  expect(replaced.size).toBe(0);
  return deleted && Object.fromEntries(deleted);
}

/** The same for what was replaced. */
async function replaced(store: DocumentStore) {
  const tombstone = await store.tombstone(id);
  const [deleted = new Map(), vector] = tombstone ? decodeStateVectors(tombstone) : [];
  expect(deleted.size).toBe(0);
  return vector && Object.fromEntries(vector);
}

describe('deleting a document', () => {
  it('leaves the state vector of checkpoint and tail', async () => {
    const store = new MemoryStore();
    const [ada, bob] = [new Author(1).type('hello'), new Author(2).type('you')];
    await store.replace(id, Y.encodeStateAsUpdate(ada.doc));
    ada.type('again');
    await append(store, ...bob.updates, ...ada.updates.slice(1));
    await operatorOf(store).delete(id);
    expect(await dead(store)).toEqual({ 1: 10, 2: 3 });
    Y.applyUpdate(ada.doc, Y.encodeStateAsUpdate(bob.doc));
    expect(await store.tombstone(id)).toEqual(Y.encodeStateVector(ada.doc));
  });

  it('keeps what an earlier deletion left, with the higher clock of each client', async () => {
    const store = new MemoryStore();
    const [ada, bob] = [new Author(1).type('hello'), new Author(2).type('you')];
    await append(store, ...ada.updates, ...bob.updates);
    await operatorOf(store).delete(id);
    await append(store, ...new Author(1).type('hi').updates, ...new Author(2).type('long').updates);
    await append(store, ...new Author(3).type('x').updates);
    await operatorOf(store).delete(id);
    expect(await dead(store)).toEqual({ 1: 5, 2: 4, 3: 1 });
  });

  it('leaves out entries that cannot be read', async () => {
    const store = new MemoryStore();
    await append(store, ...new Author(1).type('hello').updates, Uint8Array.of(9, 9, 9));
    await operatorOf(store).delete(id);
    expect(await dead(store)).toEqual({ 1: 5 });
  });

  it('and making it again by an import takes the tombstone away', async () => {
    const store = new MemoryStore();
    const operator = operatorOf(store);
    const ada = new Author(1).type('hello');
    await append(store, ...ada.updates);
    await operator.delete(id);
    await operator.import(id, Y.encodeStateAsUpdate(ada.doc));
    expect(await dead(store)).toBeUndefined();
  });

  it('and making it again by another import leaves what that does not have', async () => {
    const store = new MemoryStore();
    const operator = operatorOf(store);
    const [ada, bob] = [new Author(1).type('hello'), new Author(2).type('you')];
    await append(store, ...ada.updates, ...bob.updates);
    await operator.delete(id);
    await operator.import(id, Y.encodeStateAsUpdate(bob.doc));
    expect(await dead(store)).toEqual({ 1: 5 });
  });

  it('covers what its sessions sent before they were ended', async () => {
    const store = new SlowStore();
    const harness = await startHarness({ store });
    const ada = await harness.stock(id);
    ada.text.insert(0, 'hello');
    await until('it is stored', async () => (await store.load(id)) !== undefined);
    const commit = store.hold();
    ada.text.insert(5, ' world');
    await until('it is about to be stored', () => store.waiting);
    const deleting = fetch(`${harness.server.url}/v1/documents/${id}`, { method: 'DELETE' });
    await until('the session is ended', () => ada.closeCodes.length > 0);
    commit();
    expect((await deleting).status).toBe(204);
    expect(await store.load(id)).toBeUndefined();
    expect(await dead(store)).toEqual({ [ada.doc.clientID]: 11 });
  });

  it('works when it is damaged, and leaves what an earlier deletion left', async () => {
    const store = new DamagedStore();
    await append(store, ...new Author(1).type('hello').updates);
    await operatorOf(store).delete(id);
    await append(store, ...new Author(2).type('hi').updates);
    store.failure = 'store-damaged';
    await operatorOf(store).delete(id);
    expect(await dead(store)).toEqual({ 1: 5 });
  });

  it('does not happen when the medium fails, and what is there cannot be told', async () => {
    const store = new DamagedStore();
    await append(store, ...new Author(1).type('hello').updates);
    store.failure = 'load-failed';
    const failed = expect.objectContaining({ code: 'load-failed' });
    await expect(operatorOf(store).delete(id)).rejects.toEqual(failed);
    expect(await dead(store)).toBeUndefined();
    expect(await store.inspect(id)).toBeDefined();
  });
});

describe('replacing a document', () => {
  it('leaves the clocks of what the new content does not have, and adds to those of before', async () => {
    const store = new MemoryStore();
    const operator = operatorOf(store);
    const [ada, bob] = [new Author(1).type('hello'), new Author(2).type('you')];
    const backup = Y.encodeStateAsUpdate(ada.doc);
    ada.type('again');
    await append(store, ...bob.updates, ...ada.updates);
    await operator.import(id, backup, { replace: true });
    expect(await replaced(store)).toEqual({ 1: 10, 2: 3 });
    await append(store, ...new Author(3).type('x').updates);
    await operator.reset(id);
    expect(await replaced(store)).toEqual({ 1: 10, 2: 3 });
    await operator.import(id, Y.encodeStateAsUpdate(bob.doc), { replace: true });
    expect(await replaced(store)).toEqual({ 1: 10, 3: 1 });
    await operator.delete(id);
    expect(await dead(store)).toEqual({ 1: 10, 2: 3, 3: 1 });
  });

  it('by all that is there leaves nothing', async () => {
    const store = new MemoryStore();
    const operator = operatorOf(store);
    await append(store, ...new Author(1).type('hello').updates);
    const { update } = await operator.export(id);
    await operator.import(id, update, { replace: true });
    expect(await store.tombstone(id)).toBeUndefined();
  });

  it('works when it is damaged, and leaves what was left before', async () => {
    const store = new DamagedStore();
    await append(store, ...new Author(1).type('hello').updates);
    await operatorOf(store).delete(id);
    await append(store, ...new Author(2).type('hi').updates);
    store.failure = 'store-damaged';
    const update = Y.encodeStateAsUpdate(new Author(3).type('x').doc);
    await operatorOf(store).import(id, update, { replace: true });
    expect(await dead(store)).toEqual({ 1: 5 });
  });
});
