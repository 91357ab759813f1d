import { ServerProcess, StockClient, TemporaryDirectory, until } from '@syncline/testing';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { ShapeFields } from '../src/shape.ts';
import { launchBrowser, type VisitOptions, type Visitor, visit } from './browser.ts';

export const NAME = 'Plan / Mai ☕';

/** A server and a browser for each test, and a stock client that sees what is in the document. */
export class Fixture {
  server!: ServerProcess;
  browser!: Browser;
  #data!: TemporaryDirectory;
  readonly #readers: StockClient[] = [];
  readonly #visitors: Visitor[] = [];

  static use(): Fixture {
    const fixture = new Fixture();
    beforeAll(async () => {
      fixture.browser = await launchBrowser();
    });
    afterAll(() => fixture.browser.close());
    beforeEach(async () => {
      fixture.#data = await TemporaryDirectory.make();
      fixture.server = new ServerProcess(fixture.#data);
      await fixture.server.start();
    });
    afterEach(async () => {
      for (const reader of fixture.#readers.splice(0)) reader.destroy();
      for (const context of fixture.browser.contexts()) await context.close();
      await fixture.server.kill('SIGKILL');
      await fixture.#data.remove();
    });
    return fixture;
  }

  get url(): string {
    return `${this.server.httpUrl}/board/${encodeURIComponent(NAME)}`;
  }

  async visit(name: string, options: VisitOptions = {}): Promise<Visitor> {
    const visitor = await visit(this.browser, this.url + (options.query ?? ''), name, options);
    this.#visitors.push(visitor);
    return visitor;
  }

  /** Another client on the document. */
  async reader(): Promise<Reader> {
    const client = new StockClient(this.server.url, NAME);
    this.#readers.push(client);
    await client.synced();
    return new Reader(client);
  }

  /** What pages logged as errors in this test. */
  get errors(): string[] {
    return this.#visitors.splice(0).flatMap(({ errors }) => errors);
  }
}

export type Record = ShapeFields & { readonly id: string };

/** What is in the document. */
export class Reader {
  readonly client: StockClient;

  constructor(client: StockClient) {
    this.client = client;
  }

  /** From the lowest to the topmost. */
  get shapes(): Record[] {
    const all = this.client.doc.getMap('shapes').toJSON() as { [id: string]: ShapeFields };
    return Object.entries(all)
      .map(([id, fields]) => ({ ...fields, id }))
      .sort((a, b) => (a.z < b.z ? -1 : 1));
  }

  get kinds(): string {
    return this.shapes.map(({ kind }) => kind).join(' ');
  }

  of(kind: string): Record {
    const found = this.shapes.find((shape) => shape.kind === kind);
    if (found === undefined)
      throw new Error(`there is no ${kind} in ${JSON.stringify(this.shapes)}`);
    return found;
  }

  async has(what: string, condition: (shapes: Record[]) => boolean): Promise<void> {
    const holds = () => {
      try {
        return condition(this.shapes);
      } catch {
        return false; // what it looks at is not there yet
      }
    };
    await until(what, holds).catch((error: unknown) => {
      throw new Error(`${String(error)}; there is ${JSON.stringify(this.shapes)}`);
    });
  }
}
