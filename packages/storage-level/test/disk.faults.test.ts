import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { verifyStore } from '@syncline/storage-level';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Appending, expectDeleted, expectKept } from './appending.ts';

const run = promisify(execFile);
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syncline-disk-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

interface Fault {
  readonly script?: 'deleter.js';
  readonly call: string;
  readonly fault: string;
  readonly when: string;
  /** Only calls on this file of the data folder fail, if it is given. */
  readonly file?: string;
}

/** Runs a process whose Nth system call of a kind fails or kills it. */
async function appendUnder({ call, fault, when, file, script }: Fault) {
  const folder = join(directory, `${call}-${when}`);
  const only = file === undefined ? [] : ['-P', join(folder, file)];
  const rules = ['-e', `trace=${call}`, '-e', `inject=${call}:${fault}:when=${when}`];
  const strace = ['strace', '-f', '-qq', '-o', '/dev/null', ...only, ...rules];
  const appending = new Appending(folder, 60, 400, strace, script);
  await appending.end();
  return { folder, appending };
}

describe('a store in a process that is killed', () => {
  const sweep = [1, 2, 3, 4, 5, 6, 9, 14, 25, 31, 32, 33, 34, 47];

  it.each(['fdatasync', 'write'])(
    'at its Nth %s has every acknowledged entry once',
    async (call) => {
      let killed = 0;
      for (const when of sweep.map(String)) {
        const { appending, folder } = await appendUnder({ call, fault: 'signal=SIGKILL', when });
        killed += appending.output.includes('closed') ? 0 : 1;
        await expectKept(folder, appending.acknowledged);
        expect((await verifyStore(folder)).findings).toEqual([]);
      }
      expect(killed).toBe(sweep.length);
    },
  );

  it('at its Nth fdatasync has the tombstone of a document, or else its log', async () => {
    const fault = { call: 'fdatasync', fault: 'signal=SIGKILL', script: 'deleter.js' } as const;
    let killed = 0;
    for (const when of sweep.map(String)) {
      const { appending, folder } = await appendUnder({ ...fault, when });
      killed += appending.output.includes('closed') ? 0 : 1;
      await expectDeleted(folder, appending.acknowledged);
      expect((await verifyStore(folder)).findings).toEqual([]);
    }
    expect(killed).toBe(sweep.length);
  });

  it('at any moment has every acknowledged entry once', async () => {
    for (let round = 0; round < 8; round++) {
      const folder = join(directory, `round-${round}`);
      const appending = new Appending(folder, 100_000, 900);
      await expect.poll(() => appending.acknowledged, { timeout: 20_000 }).toBeGreaterThan(20);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 150));
      appending.stop('SIGKILL');
      await appending.end();
      await expectKept(folder, appending.acknowledged);
      expect((await verifyStore(folder)).findings).toEqual([]);
    }
  });
});

describe('a store on a disk that fails', () => {
  it.each([
    { call: 'fdatasync', fault: 'error=EIO' },
    { call: 'fdatasync', fault: 'error=ENOSPC' },
    { call: 'write', fault: 'error=EIO', file: '000003.log' },
    { call: 'write', fault: 'error=ENOSPC', file: '000003.log' },
  ])('recovers from its Nth $call with $fault, and goes on', async (fault) => {
    for (const when of ['5', '6', '9', '17', '28', '29', '30', '31', '40']) {
      const { appending, folder } = await appendUnder({ ...fault, when });
      expect(appending.output).toContain('closed');
      expect(appending.states).toEqual(['recovering', 'ready']);
      expect(appending.acknowledged).toBe(60);
      expect(await expectKept(folder, 60)).toBe(60);
      expect((await verifyStore(folder)).findings).toEqual([]);
    }
  });

  it('recovers when the probes and the opening fail as well', async () => {
    const fault = { call: 'fdatasync', fault: 'error=EIO', when: '12..16' };
    const { appending, folder } = await appendUnder(fault);
    expect(appending.states).toEqual(['recovering', 'ready']);
    expect(await expectKept(folder, 60)).toBe(60);
  });

  it('does not open while it fails, and says why', async () => {
    const fault = { call: 'fdatasync', fault: 'error=EIO', when: '1+' };
    const { appending, folder } = await appendUnder(fault);
    expect(appending.acknowledged).toBe(0);
    expect(appending.output).toContain("code: 'load-failed'");
    expect(await expectKept(folder, 0)).toBe(0);
  });
});

describe('a store on a disk that gets full', () => {
  let mounted: string;

  beforeEach(async () => {
    mounted = join(directory, 'small');
    await run('mkdir', [mounted]);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', mounted]);
  });
  afterEach(async () => {
    await run('umount', ['-l', mounted]);
  });

  it('loses nothing, and goes on when there is room again', async () => {
    const data = join(mounted, 'data');
    const filler = join(mounted, 'filler');
    const appending = new Appending(data, 1_000_000, 2_000);
    await expect.poll(() => appending.acknowledged, { timeout: 20_000 }).toBeGreaterThan(100);
    for (let round = 1; round <= 3; round++) {
      await writeFile(filler, Buffer.alloc(40_000_000)).catch(() => {});
      const full = { timeout: 30_000 };
      await expect.poll(() => appending.states.length, full).toBe(2 * round - 1);
      const acknowledged = appending.acknowledged;
      await new Promise((resolve) => setTimeout(resolve, 500));
      expect(appending.acknowledged).toBe(acknowledged);
      await rm(filler);
      await expect.poll(() => appending.states.length, full).toBe(2 * round);
      await expect.poll(() => appending.acknowledged, full).toBeGreaterThan(acknowledged + 100);
    }
    appending.stop();
    await appending.end();
    expect(appending.output).toContain('closed');
    expect(appending.states.join()).toBe('recovering,ready,recovering,ready,recovering,ready');
    await expectKept(data, appending.acknowledged);
    expect((await verifyStore(data)).findings).toEqual([]);
  });

  it('has everything after it was killed while the disk was full', async () => {
    const data = join(mounted, 'data');
    const filler = join(mounted, 'filler');
    const appending = new Appending(data, 1_000_000, 2_000);
    await expect.poll(() => appending.acknowledged, { timeout: 20_000 }).toBeGreaterThan(100);
    await writeFile(filler, Buffer.alloc(40_000_000)).catch(() => {});
    await expect.poll(() => appending.states.length, { timeout: 30_000 }).toBe(1);
    appending.stop('SIGKILL');
    await appending.end();
    await rm(filler);
    await expectKept(data, appending.acknowledged);
  });
});
