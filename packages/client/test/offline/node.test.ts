import { loadTrace, TemporaryDirectory } from '@syncline/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LevelBackend } from '../../src/offline/level.ts';
import { openOfflineStore } from '../../src/offline/node.ts';
import { CASES, typeAll } from './store-contract.ts';
import { Tab } from './tab.ts';

let folder: TemporaryDirectory;

beforeEach(async () => {
  folder = await TemporaryDirectory.make();
});

afterEach(() => folder.remove());

describe('an offline store in a folder', () => {
  for (const [name, run] of Object.entries(CASES)) {
    it(name, async () => {
      const open: LevelBackend[] = [];
      await run({
        connect: () => {
          const backend = new LevelBackend(folder.path);
          open.push(backend);
          return backend;
        },
      });
      await Promise.all(open.map((backend) => backend.close()));
    });
  }

  it('keeps a recorded session below three times its encoding', async () => {
    const backend = new LevelBackend(folder.path);
    const { txns, startContent } = loadTrace('sveltecomponent');
    expect(startContent).toBe('');
    const { stored, encoded } = await typeAll(
      backend,
      txns.slice(0, 8_000).flatMap(({ patches }) => patches),
    );
    expect(stored).toBeLessThan(3 * encoded);
    await backend.close();
  });

  it('refuses a folder that another store has open, and takes it when that is closed', async () => {
    const first = openOfflineStore({ folder: folder.path });
    await Tab.open(first, 'a');
    const second = openOfflineStore({ folder: folder.path });
    await expect(Tab.open(second, 'a')).rejects.toThrow();
    await first.close();
    const tab = await Tab.open(second, 'a');
    tab.type('x');
    await second.close();
    expect(tab.errors).toEqual([]);
  });
});
