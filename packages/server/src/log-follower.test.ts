import { parseDocumentId, SyncError } from '@syncline/protocol';
import { type Appended, type Entry, type Epoch, MemoryStore, type Seq } from '@syncline/storage';
import { sleep, until } from '@syncline/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LogFollower } from './log-follower.ts';

const id = parseDocumentId('document');
const seq = (value: number) => value as Seq;

describe('a follower of a log', () => {
  let store: MemoryStore;
  let log: { epoch: Epoch | undefined; head: Seq };
  let follower: LogFollower<string[]>;
  /** What became part of the room, in order. */
  let taken: string[];
  let reads: number;
  let takes: number;
  let replaced: number;

  const append = async (...values: number[]): Promise<Appended> => {
    const entries = values.map((value) => ({
      update: new Uint8Array([value]),
      author: '',
      time: 0,
    }));
    const [appended] = await store.append([{ documentId: id, entries }]);
    if (typeof appended !== 'object') throw new Error('nothing was appended');
    return appended;
  };
  const arrival = (from: number, to: number, name: string) => ({
    epoch: log.epoch as Epoch,
    from: seq(from),
    to: seq(to),
    part: [name],
  });

  beforeEach(async () => {
    store = new MemoryStore();
    taken = [];
    reads = replaced = takes = 0;
    const { epoch } = await append(1);
    log = { epoch, head: seq(1) };
    follower = new LogFollower({
      documentId: id,
      store,
      log,
      isHearing: () => true,
      readEntries: (entries: readonly Entry[]) => {
        reads++;
        return entries.map((entry) => `read ${entry.seq}`);
      },
      readStored: (stored) => {
        reads++;
        return [`stored ${stored.head}`];
      },
      take: (arrivals) => {
        takes++;
        for (const { epoch, to, part } of arrivals) {
          if (to > log.head) taken.push(...part);
          log = Object.assign(log, { epoch, head: seq(Math.max(to, log.head)) });
        }
      },
      onReplaced: () => replaced++,
      onFailure: (cause) => {
        throw cause;
      },
    });
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  it('takes what comes in any order in the order of the log, without reading', async () => {
    await append(2, 3, 4);
    follower.committed(arrival(3, 4, 'own 4'));
    follower.heard(arrival(2, 3, 'other 3'));
    expect(follower.isInStep).toBe(false);
    follower.heard(arrival(1, 2, 'other 2'));
    expect(taken).toEqual(['other 2', 'other 3', 'own 4']);
    follower.heard(arrival(1, 2, 'again'));
    await sleep(80);
    expect([taken.length, reads, follower.isInStep]).toEqual([3, 0, true]);
  });

  it('takes others at once when it is quiet, and else a few together or with its own', async () => {
    await append(2, 3, 4, 5, 6);
    vi.useFakeTimers();
    follower.heard(arrival(1, 2, 'other 2'));
    expect(taken).toEqual(['other 2']);
    follower.heard(arrival(2, 3, 'other 3'));
    follower.heard(arrival(3, 4, 'other 4'));
    vi.advanceTimersByTime(15);
    expect([takes, follower.isInStep]).toEqual([1, false]);
    vi.advanceTimersByTime(1);
    expect([takes, taken.length, follower.isInStep]).toEqual([2, 3, true]);
    follower.heard(arrival(4, 5, 'other 5'));
    follower.committed(arrival(5, 6, 'own 6'));
    expect([takes, taken.at(-1), reads]).toEqual([3, 'own 6', 0]);
  });

  it('reads what does not come, and what was committed meanwhile counts once', async () => {
    await append(2, 3);
    follower.committed(arrival(2, 3, 'own 3'));
    await until('it was read', () => follower.isInStep);
    expect(taken).toEqual(['read 2', 'read 3']);
  });

  it('reads the whole document when the entries are not there any more', async () => {
    const { epoch } = await append(2, 3);
    await store.compact(id, epoch, { seq: seq(3), update: new Uint8Array([9]) });
    await follower.refresh();
    expect(taken).toEqual(['stored 3']);
  });

  it('reads once more when something is told while it reads', async () => {
    await append(2);
    const held = store.read.bind(store);
    let release = () => {};
    store.read = async (...args) => {
      const entries = await held(...args);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return entries;
    };
    const first = follower.read();
    await append(3);
    const second = follower.read();
    await sleep(10);
    release();
    await sleep(10);
    release();
    await Promise.all([first, second]);
    expect(taken).toEqual(['read 2', 'read 3']);
  });

  it('finds another log though the store does not answer at first', async () => {
    await store.delete(id, new Uint8Array());
    const { epoch } = await append(5);
    let isAway = true;
    for (const name of ['heads', 'read', 'load'] as const) {
      const ask = store[name].bind(store) as (...args: unknown[]) => Promise<unknown>;
      const asked = async (...args: unknown[]) => {
        if (isAway) throw new SyncError('load-failed', 'the store is away');
        return await ask(...args);
      };
      Object.assign(store, { [name]: asked });
    }
    follower.heard({ epoch, from: seq(0), to: seq(1), part: undefined });
    await sleep(50);
    expect(replaced).toBe(0);
    isAway = false;
    await until('it is found', () => replaced === 1);
  });

  it('says so when the store has another log, or none', async () => {
    await store.replace(id, new Uint8Array([1]));
    await follower.refresh();
    expect(replaced).toBe(1);
    await store.delete(id, new Uint8Array([0]));
    await follower.refresh();
    expect(replaced).toBe(2);
    // A late word of the epoch before is no reason to take anything.
    follower.heard({ ...arrival(1, 2, 'late'), epoch: 'another' as Epoch });
    await until('the store was asked', () => replaced === 3);
    expect(taken).toEqual([]);
  });
});
