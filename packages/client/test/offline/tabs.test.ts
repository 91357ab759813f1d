import { parseDocumentId } from '@syncline/protocol';
import { sleep, TemporaryDirectory } from '@syncline/testing';
import { coverageOf, scan } from '@syncline/update';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import type { Backend } from '../../src/offline/backend.ts';
import { LevelBackend } from '../../src/offline/level.ts';
import type { Meta } from '../../src/offline/meta.ts';
import { OfflineCopies } from '../../src/offline/offline-copies.ts';
import { deleteCopy, readContent, readMeta } from '../../src/offline/stored-copy.ts';
import { SharedRecords, type SharedTab } from './shared-records.ts';
import { Tab } from './tab.ts';

const ID = parseDocumentId('notes');
const SEEDS = Number(process.env['SEEDS'] ?? 40);
const FIRST_SEED = Number(process.env['SEED'] ?? 1);
const STEPS = 80;

let folder: TemporaryDirectory;
let backend: Backend;

beforeEach(async () => {
  folder = await TemporaryDirectory.make();
  backend = new LevelBackend(folder.path);
});

afterEach(async () => {
  await backend.close();
  await folder.remove();
});

interface Open {
  readonly tab: Tab;
  readonly records: SharedTab;
}

/** Tabs on one document, a server, and all that can go wrong between them. */
class World {
  server = new Y.Doc();
  /** What the server sent out under each seq. */
  log: Uint8Array[] = [];
  epoch = 'e1';
  /** Who wrote before the server's last reset: nothing of them may come into a copy of the new epoch. */
  readonly dead = new Set<number>();
  readonly open: Open[] = [];
  /** What a write that was resolved, and not failed, has put into the store. */
  stored: Uint8Array[] = [];
  /** They have not written since the copy was evicted. */
  readonly #stale = new Set<Tab>();
  readonly #shared: SharedRecords;
  readonly #random: (below: number) => number;
  readonly #errors = { rate: 0 };

  constructor(random: (below: number) => number) {
    this.#random = random;
    this.#shared = new SharedRecords(backend, {
      loses: () => random(10) < 3,
      fails: () => random(100) < this.#errors.rate,
    });
  }

  async openTab(): Promise<void> {
    const records = this.#shared.tab();
    const rate = this.#errors.rate;
    this.#errors.rate = 0;
    this.open.push({ tab: await Tab.open(new OfflineCopies(records), ID), records });
    this.#errors.rate = rate;
  }

  async step(): Promise<void> {
    if (this.open.length === 0) return await this.openTab();
    const index = this.#random(this.open.length);
    const { tab, records } = this.open[index] as Open;
    const choice = this.#random(100);
    if (choice < 40) this.#edit(tab);
    else if (choice < 55) await this.#flush(tab);
    else if (choice < 65) {
      if (!(await this.#meetReset(index))) this.#receive(tab);
    } else if (choice < 75) {
      if (!(await this.#meetReset(index))) this.#send(tab);
    } else if (choice < 82) await sleep(0);
    else if (choice < 88 && this.open.length < 4) await this.openTab();
    else if (choice < 92) {
      records.kill();
      this.open.splice(index, 1);
    } else if (choice < 95) {
      await this.#flush(tab);
      this.open.splice(index, 1);
      await tab.copy.close();
    } else if (choice < 97) this.#errors.rate = this.#random(2) * 30;
    else if (choice < 99) await this.#evict();
    else this.#reset();
  }

  /** Everybody is asked what was not stored for once, and the disk works. */
  async settle(): Promise<void> {
    this.#errors.rate = 0;
    for (const { tab } of this.open) await this.#flush(tab);
  }

  #edit(tab: Tab): void {
    const { text } = tab;
    this.#stale.delete(tab);
    if (text.length > 5 && this.#random(3) === 0) text.delete(this.#random(text.length - 2), 2);
    else text.insert(this.#random(text.length + 1), 'xy'.repeat(1 + this.#random(3)));
  }

  async #flush(tab: Tab): Promise<void> {
    const before = Y.encodeStateAsUpdate(tab.doc);
    const { length } = tab.errors;
    const { rate } = this.#errors;
    this.#errors.rate = 0;
    await tab.copy.flush();
    await tab.copy.flush(); // What was under way may have failed.
    this.#errors.rate = rate;
    expect(tab.errors.length - length).toBeLessThanOrEqual(1);
    if (!this.#stale.has(tab) && before.length > 2 && !this.#isOfDead(tab))
      this.stored = [Y.mergeUpdates([...this.stored, before])];
  }

  #receive(tab: Tab): void {
    const since = tab.position.epoch === '' ? 0 : tab.position.cursor;
    if (since >= this.log.length) return;
    this.#stale.delete(tab);
    tab.receive(Y.mergeUpdates(this.log.slice(since)), this.epoch, this.log.length);
  }

  /** It gets what it lacks, sends what it has, and has that acknowledged. */
  #send(tab: Tab): void {
    this.#receive(tab);
    const update = Y.encodeStateAsUpdate(tab.doc, Y.encodeStateVector(this.server));
    Y.applyUpdate(this.server, update);
    this.log.push(update);
    tab.position = { ...tab.position, epoch: this.epoch, cursor: this.log.length };
    this.#stale.delete(tab);
    tab.claim();
  }

  #reset(): void {
    for (const { tab } of this.open) {
      for (const client of Y.decodeStateVector(Y.encodeStateVector(tab.doc)).keys()) {
        this.dead.add(client);
      }
    }
    for (const client of Y.decodeStateVector(Y.encodeStateVector(this.server)).keys()) {
      this.dead.add(client);
    }
    this.server = new Y.Doc();
    this.log = [];
    this.epoch = `e${Number(this.epoch.slice(1)) + 1}`;
  }

  /** A provider that attaches with an epoch that is no more puts its copy away, and opens another one. */
  async #meetReset(index: number): Promise<boolean> {
    const { tab, records } = this.open[index] as Open;
    if (!this.#isOfDead(tab)) return false;
    const { rate } = this.#errors;
    this.#errors.rate = 0;
    const whole = Y.encodeStateAsUpdate(tab.doc);
    await tab.copy.putAway('document-reset', tab.position.unsavedBytes > 0 ? whole : undefined);
    this.#errors.rate = rate;
    await tab.copy.close();
    records.kill();
    this.open.splice(index, 1);
    this.stored = [];
    await this.openTab();
    return true;
  }

  #isOfDead({ doc, position }: Tab): boolean {
    if (position.epoch !== '' && position.epoch !== this.epoch) return true;
    const clients = Y.decodeStateVector(Y.encodeStateVector(doc)).keys();
    return [...clients].some((client) => this.dead.has(client));
  }

  /** As another tab's eviction would, which does not know that somebody has it open. */
  async #evict(): Promise<void> {
    await backend.transact('write', async (transaction) => {
      const meta = await readMeta(transaction, ID);
      if (meta === undefined || meta.unsavedBytes > 0) return;
      deleteCopy(transaction, ID);
      // The server has it; the tabs write it again with what they write next.
      this.stored = [];
      for (const { tab } of this.open) this.#stale.add(tab);
    });
  }
}

async function readCopy(): Promise<{ meta: Meta; update: Uint8Array } | undefined> {
  return await backend.transact('read', async (transaction) => {
    const meta = await readMeta(transaction, ID);
    if (meta === undefined) return undefined;
    const { checkpoint, entries } = await readContent(transaction, ID, meta, 0);
    const doc = new Y.Doc();
    doc.transact(() => {
      if (checkpoint !== undefined) Y.applyUpdate(doc, checkpoint.bytes);
      for (const { update } of entries) Y.applyUpdate(doc, update);
    });
    expect(doc.store.pendingStructs).toBeNull();
    return { meta, update: Y.encodeStateAsUpdate(doc) };
  });
}

function contains(whole: Uint8Array, part: Uint8Array): boolean {
  return coverageOf([scan(whole)]).covers(scan(part));
}

async function check(world: World): Promise<void> {
  const copy = await readCopy();
  if (copy === undefined) {
    expect(world.stored).toEqual([]);
    return;
  }
  const { meta, update } = copy;
  const clients = [...Y.decodeStateVector(Y.encodeStateVectorFromUpdate(update)).keys()];
  if (meta.epoch !== world.epoch && world.epoch !== 'e1') {
    expect(Number(meta.epoch.slice(1))).toBeLessThanOrEqual(Number(world.epoch.slice(1)));
    return; // It is of a document that is no more, or of none yet.
  }
  const dead = clients.filter((client) => world.dead.has(client));
  expect(dead, 'nothing of a document that is no more').toEqual([]);
  // Who typed before a reset, and was not told of it, is not stored any more.
  for (const part of world.epoch === 'e1' ? world.stored : [])
    expect(contains(update, part), 'all that was written').toBe(true);
  const entries = world.log.slice(0, meta.cursor);
  expect(meta.cursor).toBeLessThanOrEqual(world.log.length);
  for (const entry of entries) expect(contains(update, entry), 'up to the cursor').toBe(true);
  if (meta.unsavedBytes === 0) {
    const server = Y.encodeStateAsUpdate(world.server);
    expect(contains(server, update), 'nothing is unsaved').toBe(true);
  }
}

describe('tabs that come, go and crash', () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    it(`never lose what was written, nor say more than is true (seed ${seed})`, async () => {
      const world = new World(xorshift(seed));
      for (let i = 0; i < STEPS; i++) {
        await world.step();
        if (i % 4 === 0) await check(world);
      }
      await world.settle();
      await check(world);
      for (const { records } of world.open) records.kill();
    });
  }
});

function xorshift(seed: number): (below: number) => number {
  let state = (seed * 2_654_435_761) | 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  for (let i = 0; i < 8; i++) next();
  return (below) => next() % below;
}
