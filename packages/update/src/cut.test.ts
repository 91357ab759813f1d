import { createEncoder, toUint8Array, writeUint8Array, writeVarUint } from 'lib0/encoding';
import { describe, expect, it, vi } from 'vitest';
import { concatenate } from './concatenate.ts';
import { cutRun } from './cut.ts';
import { type Run, type ScannedUpdate, scan } from './scan.ts';
import { Struct } from './struct.ts';

/** An update of one client with so many GCs of two clocks each. */
function longUpdate(structs: number): ScannedUpdate {
  const encoder = createEncoder();
  writeVarUint(encoder, 1);
  writeVarUint(encoder, structs);
  writeVarUint(encoder, 5);
  writeVarUint(encoder, 0);
  const gcs = new Uint8Array(2 * structs);
  for (let i = 1; i < gcs.length; i += 2) gcs[i] = 2;
  writeUint8Array(encoder, gcs);
  writeVarUint(encoder, 0);
  return scan(toUint8Array(encoder));
}

/** How many structs are read while this runs. */
function structsRead(run: () => void): number {
  const read = vi.spyOn(Struct.prototype, 'read');
  run();
  const { length } = read.mock.calls;
  read.mockRestore();
  return length;
}

describe('a long run', () => {
  it('is walked to a clock once, and then in at most 256 structs', () => {
    const update = longUpdate(100_000);
    const last = 2 * 100_000 - 2;
    expect(structsRead(() => concatenate([update], new Map([[5, last]])))).toBeGreaterThan(90_000);
    // Two more are read to see whether the sliced one and the rest can be one struct.
    for (const since of [last, last - 1, 100_000, 99_999, 1, 2, 511, 512, 513, 514]) {
      const read = structsRead(() => concatenate([update], new Map([[5, since]])));
      expect(read).toBeLessThanOrEqual(256 + 2);
    }
  });

  it('is not walked past the clock', () => {
    const update = longUpdate(100_000);
    expect(structsRead(() => concatenate([update], new Map([[5, 100]])))).toBe(50);
    expect(structsRead(() => concatenate([update], new Map([[5, 2_000]])))).toBe(1_000);
  });

  it('is cut at every clock as a short one is, in whatever order', () => {
    const structs = 2_500;
    const { runs } = longUpdate(structs);
    const run = runs[0] as Run;
    for (let i = 0; i < 2 * structs; i++) {
      const since = (i * 1_237) % (2 * structs);
      expect(cutRun(run, since).map(brief)).toEqual(cutAlone(run, since).map(brief));
    }
  });

  it('is cut inside of structs at both ends', () => {
    const run = longUpdate(5_000).runs[0] as Run;
    const parts = cutRun(run, 4_001, 6_001);
    expect(parts.map(({ clock, end, count }) => [clock, end, count])).toEqual([
      [4_001, 4_002, 1],
      [4_002, 6_000, 999],
      [6_000, 6_001, 1],
    ]);
    expect(parts[1]).toMatchObject({ lastClock: 5_998, lastFrom: (parts[1] as Run).to - 2 });
    expect(cutRun(run, 4_001, 4_002)).toMatchObject([{ clock: 4_001, end: 4_002, count: 1 }]);
  });

  it('is cut at both ends', () => {
    const run = longUpdate(5_000).runs[0] as Run;
    const [middle, ...rest] = cutRun(run, 4_000, 6_000);
    expect(rest).toEqual([]);
    expect(middle).toMatchObject({ clock: 4_000, end: 6_000, count: 1_000 });
    expect((middle as Run).to - (middle as Run).from).toBe(2_000);
  });
});

describe('a short run', () => {
  it('is walked from its start', () => {
    const update = longUpdate(1_000);
    for (let times = 0; times < 2; times++) {
      expect(structsRead(() => concatenate([update], new Map([[5, 1_998]])))).toBe(999);
    }
  });
});

/** A run without its bytes, which take long to compare; of those of a sliced struct the struct. */
function brief({ bytes, ...run }: Run) {
  return run.count === 1 ? { ...run, struct: [...bytes.subarray(run.from, run.to)] } : run;
}

/** What a cut of the GCs is, worked out by hand. */
function cutAlone(run: Run, since: number): Run[] {
  if (since === 0) return [run];
  const skipped = Math.ceil(since / 2);
  const { client, end, bytes, to } = run;
  const cut: Run[] = [];
  if (since % 2 === 1) {
    const tail = new Uint8Array([0, 1]);
    const part = { client, clock: since, end: since + 1, count: 1, bytes: tail, from: 0, to: 2 };
    cut.push({ ...part, lastClock: since, lastFrom: 0 });
  }
  const count = run.count - skipped;
  const from = run.from + 2 * skipped;
  if (count > 0) {
    const rest = { client, clock: 2 * skipped, end, count, bytes, from, to };
    cut.push({ ...rest, lastClock: end - 2, lastFrom: to - 2 });
  }
  return cut;
}
