import { type DocumentId, parseDocumentId } from '@syncline/protocol';
import type {
  Append,
  DocumentStore,
  Epoch,
  NewEntry,
  Seq,
  StoredDocument,
} from '../document-store.ts';

/** How the suite gets a store to test, and what is special about it. */
export interface StoreUnderTest {
  /** Opens an empty store. Called before each test. */
  open(): Promise<DocumentStore>;
  /** Closes the store, if it is open, and opens what it has stored; left out when nothing lasts. */
  reopen?(store: DocumentStore): Promise<DocumentStore>;
  /** Takes away what {@link open} made. */
  cleanUp?(): Promise<void>;
}

export const id = parseDocumentId('document');
export const other = parseDocumentId('other');

export const bytes = (...values: number[]) => new Uint8Array(values);
export const seq = (value: number) => value as Seq;

export const entry = (value: number): NewEntry => ({
  update: bytes(value, value),
  author: 'ada',
  time: 1_700_000_000_000 + value,
});
export const append = (documentId: DocumentId, ...values: number[]): Append => ({
  documentId,
  entries: values.map(entry),
});

/** The store of the test that runs, and what tests do with it again and again. */
export class Fixture {
  readonly #underTest: StoreUnderTest;
  #store: DocumentStore | undefined;

  constructor(underTest: StoreUnderTest) {
    this.#underTest = underTest;
  }

  get store(): DocumentStore {
    if (this.#store === undefined) throw new Error('no test runs');
    return this.#store;
  }

  async open(): Promise<void> {
    this.#store = await this.#underTest.open();
  }

  get lasts(): boolean {
    return this.#underTest.reopen !== undefined;
  }

  /** For stores that last: what is stored, in another store object. */
  async reopen(): Promise<DocumentStore> {
    this.#store = await this.#underTest.reopen?.(this.store);
    return this.store;
  }

  async cleanUp(): Promise<void> {
    await this.store.close();
    await this.#underTest.cleanUp?.();
  }

  /** What is listed, in order. */
  async listed(): Promise<string[]> {
    return await sorted(this.store.list());
  }

  async listedAsChanged(): Promise<string[]> {
    return await sorted(this.store.changed());
  }

  async loaded(documentId = id): Promise<StoredDocument> {
    const document = await this.store.load(documentId);
    if (document === undefined) throw new Error(`${documentId} is missing`);
    return document;
  }

  /** Appends also while another write of the same store holds the document. */
  async appendInTheEnd(value: number): Promise<void> {
    while ((await this.store.append([append(id, value)]))[0] === 'held');
  }

  /** Appends, and gives the epoch. */
  async appendedEpoch(...values: number[]): Promise<Epoch> {
    const [appended] = await this.store.append([append(id, ...values)]);
    if (typeof appended !== 'object') throw new Error(`nothing was appended: ${appended}`);
    return appended.epoch;
  }
}

async function sorted(documents: AsyncIterable<DocumentId>): Promise<string[]> {
  const names: string[] = [];
  for await (const documentId of documents) names.push(documentId);
  return names.sort();
}
