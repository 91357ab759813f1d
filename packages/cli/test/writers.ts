import {
  HocuspocusClient,
  StockClient,
  SynclineClient,
  type SynclineSession,
  sleep,
  type TransportName,
  until,
} from '@syncline/testing';
import { expect } from 'vitest';
import * as Y from 'yjs';

/** How often a writer types a word, in milliseconds. */
const TYPE_MS = 300;
const LOOK_MS = 50;
/** Until a client of `syncline.v1` tries again that lost its connection. */
const RETRY_MS = 200;

/** A client that comes back by itself. */
interface Client {
  readonly doc: Y.Doc;
  /** Whether the server said that all that was typed is durable; undefined for those that are not told. */
  readonly isSaved?: boolean;
  destroy(): void;
}

/** A client of `syncline.v1` that connects anew when it lost its connection or its session. */
export class ReturningClient implements Client {
  readonly doc = new Y.Doc();
  /** Why the server ended its sessions, in order. */
  readonly ends: string[] = [];
  readonly #url: string;
  readonly #documentId: string;
  readonly #transport: TransportName;
  #client: SynclineClient | undefined;
  #session: SynclineSession | undefined;
  #isClosed = false;

  constructor(url: string, documentId: string, transport: TransportName = 'websocket') {
    this.#url = url;
    this.#documentId = documentId;
    this.#transport = transport;
    void this.#run();
  }

  get session(): SynclineSession | undefined {
    return this.#session;
  }

  get isSaved(): boolean {
    const session = this.#session;
    return session?.state === 'attached' && session.unsaved === 0;
  }

  destroy(): void {
    this.#isClosed = true;
    this.#client?.cut();
    this.doc.destroy();
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      try {
        await this.#follow();
      } catch {
        // Nobody was there, or said nothing.
      }
      await sleep(RETRY_MS);
    }
  }

  /** Is there until the session ends. */
  async #follow(): Promise<void> {
    const client = await SynclineClient.connect(this.#url, { transport: this.#transport });
    this.#client = client;
    try {
      const { epoch = '', cursor: since = 0 } = this.#session ?? {};
      if (this.#isClosed) return;
      const session = await client.attach(this.#documentId, { doc: this.doc, epoch, since });
      this.#session = session;
      while (!this.#isClosed && client.ended === undefined && session.state === 'attached') {
        await sleep(20);
      }
      if (session.detached !== undefined) this.ends.push(session.detached.code);
      if (session.state === 'reset') this.ends.push('reset');
    } finally {
      client.cut();
    }
  }
}

const KINDS = {
  syncline: (url, id) => new ReturningClient(url, id),
  'y-websocket 3': (url, id) => new StockClient(url, id),
  'hocuspocus 4': (url, id) => new HocuspocusClient(url, id),
  'syncline by http': (url, id) => new ReturningClient(url, id, 'http-stream'),
  'y-websocket 2': (url, id) => new StockClient(url, id, { version: 2 }),
  'hocuspocus 3': (url, id) => new HocuspocusClient(url, id, { version: 3 }),
  'syncline by polls': (url, id) => new ReturningClient(url, id, 'http-poll'),
} satisfies Record<string, (url: string, documentId: string) => Client>;

export type Kind = keyof typeof KINDS;
export const ALL_KINDS = Object.keys(KINDS) as Kind[];

interface Writer {
  readonly name: string;
  readonly client: Client;
  readonly text: Y.Text;
  /** How many words it has typed, … */
  typed: number;
  /** …and how many of them the server has acknowledged. */
  saved: number;
}

/** Clients that type words into one document, all different, and what they were promised of them. */
export class Writers {
  readonly documentId: string;
  /** The words that the server acknowledged to their writer, or showed to somebody else. */
  readonly promised = new Set<string>();
  readonly #writers: Writer[] = [];
  readonly #looking: NodeJS.Timeout;
  #typing: NodeJS.Timeout | undefined;
  /** Of all words together. */
  #length = 0;

  constructor(documentId: string) {
    this.documentId = documentId;
    this.#looking = setInterval(() => this.look(), LOOK_MS);
  }

  /** A writer of each kind on each of the addresses in turn. */
  static at(
    documentId: string,
    urls: readonly string[],
    kinds: readonly Kind[] = ALL_KINDS,
  ): Writers {
    const writers = new Writers(documentId);
    for (const [index, kind] of kinds.entries()) {
      writers.add(kind, urls[index % urls.length] as string);
    }
    return writers;
  }

  add(kind: Kind, url: string): Client {
    const client = KINDS[kind](url, this.documentId);
    const name = String.fromCharCode(97 + this.#writers.length);
    const text = client.doc.getText('text');
    text.observe(({ delta }, { local }) => {
      if (local) return;
      for (const { insert } of delta) {
        if (typeof insert === 'string') for (const word of wordsOf(insert)) this.promised.add(word);
      }
    });
    this.#writers.push({ name, client, text, typed: 0, saved: 0 });
    return client;
  }

  /** How many words were acknowledged to those who typed them. */
  get acks(): number {
    return this.#writers.reduce((sum, { saved }) => sum + saved, 0);
  }

  get typed(): number {
    return this.#writers.reduce((sum, { typed }) => sum + typed, 0);
  }

  /** Whether every client has all that was typed. */
  get haveConverged(): boolean {
    return this.#writers.every(({ text }) => text.length === this.#length);
  }

  start(): this {
    let turn = 0;
    this.#typing = setInterval(() => {
      const writer = this.#writers[turn++ % this.#writers.length];
      if (writer === undefined) return;
      const word = `${writer.name}${writer.typed++} `;
      this.#length += word.length;
      writer.text.insert(writer.text.length, word);
    }, TYPE_MS / this.#writers.length);
    return this;
  }

  stop(): void {
    clearInterval(this.#typing);
  }

  /** Takes note of what was acknowledged until now. */
  look(): void {
    for (const writer of this.#writers) {
      if (!writer.client.isSaved) continue;
      while (writer.saved < writer.typed) this.promised.add(`${writer.name}${writer.saved++}`);
    }
  }

  /** Waits until all clients have all that was typed, and gives it. */
  async converge(timeoutMs = 10_000): Promise<string> {
    this.stop();
    try {
      await until('all have all', () => this.haveConverged, timeoutMs);
    } catch (cause) {
      const lengths = this.#writers.map(({ name, text }) => `${name} has ${text.length}`);
      const all = `of ${this.#length} characters in ${this.documentId} ${lengths.join(', ')}`;
      throw new Error(all, { cause });
    }
    this.look();
    const [content = '', ...others] = this.#writers.map(({ text }) => text.toString());
    for (const other of others) expect(other).toBe(content);
    this.mustBeIn(content);
    expect(wordsOf(content)).toHaveLength(this.typed);
    return content;
  }

  /** All of them break off, without a chance to send anything again. */
  leave(): void {
    this.look();
    this.stop();
    clearInterval(this.#looking);
    for (const { client } of this.#writers.splice(0)) client.destroy();
  }

  /** What was promised is in a text that somebody else has, once. */
  mustBeIn(content: string): void {
    const words = wordsOf(content);
    const present = new Set(words);
    expect(present.size).toBe(words.length);
    expect([...this.promised].filter((word) => !present.has(word))).toEqual([]);
  }
}

function wordsOf(content: string): string[] {
  return content.split(' ').filter((word) => word !== '');
}
