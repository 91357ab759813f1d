import { fdatasync, writeSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sleep } from '@syncline/testing';
import * as Y from 'yjs';

/** What of a machine decides much of all figures, and is in no data sheet. */
export interface Pace {
  /** How long the disk takes to sync a small write, in ms: Syncline waits for that before it tells anybody. */
  readonly syncMs: { readonly p50: number; readonly p99: number };
  /**
   * How much longer the same work takes after a rest, as a factor: processors that rest lose their caches and slow
   * down, and servers that are hardly busy rest all the time.
   */
  readonly rest: number;
}

const SYNCS = 400;
const SYNC_EVERY_MS = 10;
const SYNC_BYTES = 300;

const WORKS = 100;
/** As between two ticks of a server. */
const REST_MS = 20;

/** Measures for some seconds, while nothing else runs. */
export async function thisPace(): Promise<Pace> {
  return { syncMs: await syncTimes(), rest: await restFactor() };
}

/** Where servers keep their data, which is where temporary files are. */
async function syncTimes(): Promise<Pace['syncMs']> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-pace-'));
  const file = await open(join(folder, 'file'), 'a');
  const sync = promisify(fdatasync);
  const times: number[] = [];
  try {
    for (let count = 0; count < SYNCS; count++) {
      const start = performance.now();
      writeSync(file.fd, Buffer.alloc(SYNC_BYTES));
      await sync(file.fd);
      times.push(performance.now() - start);
      await sleep(SYNC_EVERY_MS);
    }
  } finally {
    await file.close();
    await rm(folder, { recursive: true });
  }
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

async function restFactor(): Promise<number> {
  const updates: Uint8Array[] = [];
  const source = new Y.Doc();
  source.on('update', (update: Uint8Array) => updates.push(update));
  for (let index = 0; index < 20; index++) source.getText('text').insert(index, 'x');
  const work = () => {
    const start = performance.now();
    const doc = new Y.Doc({ guid: 'pace' });
    for (const update of updates) Y.applyUpdate(doc, update);
    Y.encodeStateAsUpdate(doc);
    return performance.now() - start;
  };
  for (let index = 0; index < 5_000; index++) work(); // until it is compiled
  const busy = Array.from({ length: WORKS }, work);
  const rested: number[] = [];
  for (let index = 0; index < WORKS; index++) {
    await sleep(REST_MS);
    rested.push(work());
  }
  return quantile(rested, 0.5) / quantile(busy, 0.5);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.ceil(sorted.length * share) - 1] as number;
}
