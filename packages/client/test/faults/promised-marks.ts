import { FaultyNetwork, Random, readFresh, ServerProcess, sleep } from '@syncline/testing';
import { makeBackend } from '@syncline/testing/services';
import { expect } from 'vitest';
import { SynclineProvider, type Transport } from '../../src/index.ts';

const DOCUMENT = 'promises';
const TRANSPORTS: readonly Transport[] = ['web-socket', 'http-stream', 'http-poll'];

export interface PromiseOptions {
  readonly seed: number;
  /** How often the server is killed. */
  readonly rounds: number;
}

/**
 * Writers note what `saved()` resolved for while lines are cut, until the server is killed. All of them are
 * gone before it starts again: they would bring what it lost. Returns how many marks were promised.
 */
export async function keepPromises({ seed, rounds }: PromiseOptions): Promise<number> {
  const random = new Random(seed);
  const backend = await makeBackend();
  const server = new ServerProcess(backend);
  const promised = new Set<string>();
  try {
    await server.start();
    for (let round = 0; round < rounds; round++) {
      const network = await FaultyNetwork.start(server.url, random.fork());
      network.latencyMs = 10;
      const writers = TRANSPORTS.map((transport) => new Writer(network.url, transport, promised));
      const typing = writers.map((writer) => writer.type(`${round}`));
      const end = performance.now() + random.between(300, 1_200);
      while (performance.now() < end) {
        await sleep(random.between(20, 200));
        if (random.fraction() < 0.3) network.cutOne();
      }
      await server.kill('SIGKILL');
      // What was on its way down says "saved" even now.
      await sleep(random.between(0, 30));
      await Promise.all(writers.map((writer) => writer.close()));
      await Promise.all(typing);
      network.close();
      await server.start();
      await expectAll(server.url, promised);
    }
    return promised.size;
  } catch (error) {
    throw new Error(`DURABILITY_SEED=${seed} failed`, { cause: error });
  } finally {
    await server.kill('SIGKILL');
    await backend.remove();
  }
}

/** A fresh reader has each mark once. */
async function expectAll(url: string, promised: ReadonlySet<string>): Promise<void> {
  const marks = (await readFresh(url, DOCUMENT)).match(/<[^>]*>/g) ?? [];
  const there = new Set(marks);
  expect([...promised].filter((mark) => !there.has(mark))).toEqual([]);
  expect(marks).toHaveLength(there.size);
}

/** Somebody who types numbered marks one after the other. */
class Writer {
  readonly #provider: SynclineProvider;
  readonly #transport: Transport;
  readonly #promised: Set<string>;
  #isClosed = false;

  constructor(url: string, transport: Transport, promised: Set<string>) {
    this.#provider = new SynclineProvider({ url, documentId: DOCUMENT, transports: [transport] });
    this.#transport = transport;
    this.#promised = promised;
  }

  async type(round: string): Promise<void> {
    const text = this.#provider.doc.getText('text');
    for (let i = 0; !this.#isClosed; i++) {
      const mark = `<${this.#transport} ${round}.${i}>`;
      text.insert(text.length, mark);
      await sleep(1); // a `saved()` that is too fast must not keep all others from their turn
      try {
        await this.#provider.saved();
      } catch {
        return; // It was closed.
      }
      this.#promised.add(mark);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#provider.close();
  }
}
