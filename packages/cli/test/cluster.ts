import { parseDocumentId } from '@syncline/protocol';
import { PostgresStore } from '@syncline/storage-postgres';
import { anonymousMemory, readFresh, ServerProcess } from '@syncline/testing';
import { expect } from 'vitest';
import * as Y from 'yjs';
import { LoadBalancer } from './load-balancer.ts';

export interface ClusterPlace {
  /** `postgres://…` */
  readonly store: string;
  /** `redis://…` */
  readonly bus: string;
  readonly prefix: string;
}

/** What a node may have grown by under any fault, in bytes: 57 MB were seen, mostly garbage. */
const MAX_GROWTH_BYTES = 100 * 1024 * 1024;

/** Some `syncline serve` on one database and one Redis. */
export class Cluster {
  readonly nodes: readonly ServerProcess[];
  readonly #place: ClusterPlace;
  readonly #balancers: LoadBalancer[] = [];
  #memory: readonly number[] = [];
  #pids: readonly (number | undefined)[] = [];

  private constructor(place: ClusterPlace, count: number, flags: readonly string[]) {
    const { store, bus, prefix } = place;
    this.#place = place;
    const all = ['--store', store, '--bus', bus, '--bus-prefix', prefix, ...flags];
    this.nodes = Array.from({ length: count }, () => new ServerProcess({ args: all }));
  }

  static async start(
    place: ClusterPlace,
    count: number,
    ...flags: readonly string[]
  ): Promise<Cluster> {
    const cluster = new Cluster(place, count, flags);
    try {
      await Promise.all(cluster.nodes.map((node) => node.start()));
    } catch (cause) {
      await cluster.stop();
      throw cause;
    }
    cluster.#memory = await cluster.memory();
    cluster.#pids = cluster.nodes.map(({ pid }) => pid);
    return cluster;
  }

  node(index: number): ServerProcess {
    const node = this.nodes[index];
    if (node === undefined) throw new Error(`there is no node ${index}`);
    return node;
  }

  /**
   * An address of the cluster for clients that move when their node is gone.
   * @param choose which of so many nodes a connection is to be tried with first
   */
  async balanced(choose: (count: number) => number): Promise<string> {
    const balancer = await LoadBalancer.start(this.nodes, choose);
    this.#balancers.push(balancer);
    return balancer.url;
  }

  /** Starts a node that was killed. */
  async restart(index: number): Promise<void> {
    await this.node(index).start();
    this.#pids = this.nodes.map(({ pid }) => pid);
  }

  /** The text of a document as the database has it, past all nodes. */
  async stored(documentId: string): Promise<string> {
    const store = await PostgresStore.open(this.#place.store);
    try {
      const stored = await store.load(parseDocumentId(documentId));
      const doc = new Y.Doc();
      if (stored?.checkpoint !== undefined) Y.applyUpdate(doc, stored.checkpoint.update);
      for (const { update } of stored?.tail ?? []) Y.applyUpdate(doc, update);
      return doc.getText('text').toString();
    } finally {
      await store.close();
    }
  }

  /** Every node shows the content to a new reader, and it is in the database. Once all clients are gone. */
  async mustHave(documentId: string, content: string): Promise<void> {
    for (const { url } of this.nodes) expect(await readFresh(url, documentId)).toBe(content);
    expect(await this.stored(documentId)).toBe(content);
  }

  /** No process ended since the start, none met an error that it does not know, and none grew without bound. */
  async mustBeWell(): Promise<void> {
    expect(this.nodes.map(({ pid }) => pid)).toEqual(this.#pids);
    for (const { isRunning, output } of this.nodes) {
      expect(isRunning).toBe(true);
      expect(output.stderr).not.toMatch(/"level":60|uncaught|unhandled/i);
    }
    const growth = (await this.memory()).map((bytes, index) => bytes - (this.#memory[index] ?? 0));
    for (const bytes of growth) expect(bytes).toBeLessThan(MAX_GROWTH_BYTES);
  }

  async memory(): Promise<number[]> {
    return await Promise.all(this.nodes.map(({ pid }) => anonymousMemory(pid as number)));
  }

  /** A metric without labels, of each node. */
  async metric(name: string): Promise<number[]> {
    return await Promise.all(
      this.nodes.map(async ({ httpUrl }) => {
        const text = await (await fetch(`${httpUrl}/metrics`)).text();
        const value = new RegExp(`^syncline_${name} (\\S+)$`, 'm').exec(text)?.[1];
        if (value === undefined) throw new Error(`there is no metric ${name}`);
        return Number(value);
      }),
    );
  }

  async stop(): Promise<void> {
    for (const balancer of this.#balancers) balancer.close();
    await Promise.all(this.nodes.map((node) => node.kill('SIGKILL')));
  }
}
