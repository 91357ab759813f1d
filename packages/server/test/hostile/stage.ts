import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parseDocumentId } from '@syncline/protocol';
import { type DocumentStore, MemoryStore, type StoredDocument } from '@syncline/storage';
import { StockClient, type StockClientOptions } from '@syncline/testing';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type ServerOptions, type SyncServer, startServer } from '../../src/index.ts';
import { createCustomAuthenticator, type RuleSource, Rules } from '../../src/index-access.ts';
import {
  type AttackerOf,
  type AttackOptions,
  type DialectName,
  makeAttacker,
} from './attackers.ts';

export const TEXT = 'the text that must survive';

/** What an attack may leave in the heap: caches of sockets, counters, code that was compiled. */
const HEAP_SLACK_BYTES = 24 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** What is reachable, in bytes. */
export function heapBytes(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** The token is the user's id. */
export const nameAsToken = createCustomAuthenticator(({ token }) =>
  token === undefined ? null : { id: token },
);

/** Options of a server that knows its users by {@link nameAsToken}. */
export function withUsers(...rules: RuleSource[]): Partial<ServerOptions> {
  return { authenticator: nameAsToken, rules: Rules.from(rules) };
}

/** A rule that lets all users do all. */
export const ALL_MAY: RuleSource = {
  document: '**',
  read: 'user != null',
  write: 'user != null',
  awareness: 'user != null',
  broadcast: 'user != null',
};

const stages: Stage[] = [];

afterEach(async () => {
  for (const stage of stages.splice(0)) await stage.close();
});

/** One stage for all tests of a `describe`. */
export function shareStage(options: Partial<ServerOptions> = {}, token?: string): () => Stage {
  let stage: Stage;
  beforeAll(async () => {
    stage = await Stage.open(options, token);
  });
  afterAll(() => stage.close());
  return () => stage;
}

/** A server with a document that is attacked and one that is not, and people on both. */
export class Stage {
  readonly server: SyncServer;
  readonly store: DocumentStore;
  readonly bystander: StockClient;
  readonly neighbour: StockClient;
  readonly #reader: StockClient;
  readonly #token: string;
  readonly #leavers: { destroy(): void }[] = [];
  #before: object | undefined;
  #heapBefore = 0;
  #edits = 0;

  private constructor(server: SyncServer, store: DocumentStore, token: string) {
    this.server = server;
    this.store = store;
    this.#token = token;
    [this.bystander, this.neighbour, this.#reader] = ['attacked', 'other', 'other'].map((name) =>
      this.#client(name),
    ) as [StockClient, StockClient, StockClient];
  }

  /** For one test: it closes itself. @param token of the people, when the server wants one. */
  static async set(options: Partial<ServerOptions> = {}, token?: string): Promise<Stage> {
    const stage = await Stage.open(options, token);
    stages.push(stage);
    return stage;
  }

  static async open(options: Partial<ServerOptions>, token = ''): Promise<Stage> {
    const store = options.store ?? new MemoryStore();
    // Nothing is compacted meanwhile, so that what is stored can be compared entry by entry.
    const more = { quietMs: 600_000, ...options, store };
    const server = await startServer({ host: '127.0.0.1', port: 0, ...more });
    const stage = new Stage(server, store, token);
    const { bystander, neighbour } = stage;
    await Promise.all([bystander.synced(), neighbour.synced(), stage.#reader.synced()]);
    bystander.text.insert(0, TEXT);
    const witness = await stage.fresh();
    await witness.hasContent(TEXT);
    witness.destroy();
    await stage.accept();
    return stage;
  }

  /** `ws://HOST:PORT` */
  get url(): string {
    return this.server.url.replace('http', 'ws');
  }

  async close(): Promise<void> {
    this.dismiss();
    for (const client of [this.bystander, this.neighbour, this.#reader]) client.destroy();
    await this.server.close();
    await this.store.close();
  }

  /** An attacker that is on the document, unless it was refused. */
  async attacker<D extends DialectName>(
    dialect: D,
    options: AttackOptions = {},
  ): Promise<AttackerOf<D>> {
    const attacker = this.knock(dialect, options);
    await attacker.attach();
    return attacker;
  }

  /** An attacker that has said nothing so far. */
  knock<D extends DialectName>(dialect: D, options: AttackOptions = {}): AttackerOf<D> {
    const attacker = makeAttacker(dialect, this.url, options);
    this.#leavers.push(attacker);
    return attacker;
  }

  stored(documentId = 'attacked'): Promise<StoredDocument | undefined> {
    return this.store.load(parseDocumentId(documentId));
  }

  /** What is stored and in memory now is what was meant to be. */
  async accept(): Promise<void> {
    this.#before = digest(await this.stored());
    this.#heapBefore = heapBytes();
  }

  /**
   * Holds what must hold after every attack: the process lives, another document's edit arrives within
   * a second, what was refused is not stored, a fresh reader sees the text, those who were there are
   * still there, and the memory is back once the attackers are gone.
   * @param isStoreSame false where so much was stored that it is compacted meanwhile.
   */
  async survives({ isStoreSame = true, growth = HEAP_SLACK_BYTES } = {}): Promise<void> {
    const content = `edit ${++this.#edits}`;
    this.neighbour.text.delete(0, this.neighbour.text.length);
    this.neighbour.text.insert(0, content);
    await this.#reader.hasContent(content, 1_000);
    if (isStoreSame) expect(digest(await this.stored())).toEqual(this.#before);
    expect(await this.readFresh()).toBe(TEXT);
    for (const client of [this.bystander, this.neighbour, this.#reader]) {
      expect(client.closeCodes).toEqual([]);
      expect(client.provider.wsconnected).toBe(true);
    }
    expect((await fetch(`${this.server.url}/healthz`)).status).toBe(200);
    this.dismiss();
    await expect
      .poll(() => heapBytes() - this.#heapBefore, { timeout: 5_000, interval: 100 })
      .toBeLessThan(growth);
  }

  async readFresh(documentId = 'attacked'): Promise<string> {
    const reader = await this.fresh(documentId);
    const { content } = reader;
    reader.destroy();
    return content;
  }

  /** A client that was never there before. */
  async fresh(documentId = 'attacked'): Promise<StockClient> {
    return await this.#client(documentId).synced();
  }

  /** A client that goes with the attackers. */
  stock(documentId: string, options: StockClientOptions = {}): StockClient {
    const client = new StockClient(this.url, documentId, options);
    this.#leavers.push(client);
    return client;
  }

  dismiss(): void {
    for (const leaver of this.#leavers.splice(0)) leaver.destroy();
  }

  #client(documentId: string): StockClient {
    const params: Record<string, string> = this.#token === '' ? {} : { token: this.#token };
    return new StockClient(this.url, documentId, { params });
  }
}

/** What is stored, entry by entry, in few characters. */
function digest(stored: StoredDocument | undefined): object | undefined {
  if (stored === undefined) return undefined;
  const { epoch, head, checkpoint, tail } = stored;
  const hash = createHash('sha256').update(checkpoint?.update ?? new Uint8Array());
  for (const { seq, author, update } of tail) hash.update(`${seq} ${author} `).update(update);
  return { epoch, head, entries: tail.length, content: hash.digest('hex') };
}
