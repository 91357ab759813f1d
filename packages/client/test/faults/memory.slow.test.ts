import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { TemporaryDirectory } from '@syncline/testing';
import { expect, it } from 'vitest';
import { atEnd, serve } from '../harness.ts';

const PROGRAM = fileURLToPath(new URL('open-close.js', import.meta.url));
const CYCLES = 1_000;
/** What the compiler and the like may take between the 200th and the 1,000th cycle, in bytes. */
const MAX_GROWTH = 2 * 1024 * 1024;
/** The process ends by itself so soon after the last provider, in milliseconds. */
const MAX_EXIT_MS = 2_000;

it.each([
  ['own', 'no'],
  ['shared', 'no'],
  ['own', 'a'],
  ['shared', 'a'],
])('a thousand providers leave nothing behind: connection %s, %s store', async (kind, store) => {
  const { url } = await serve();
  const folders: string[] = [];
  if (store === 'a') {
    const folder = await TemporaryDirectory.make();
    atEnd(() => folder.remove());
    folders.push(folder.path);
  }
  const flags = ['--expose-gc', '--max-old-space-size=64'];
  const args = [...flags, PROGRAM, url, kind, `${CYCLES}`, ...folders];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  atEnd(() => child.kill('SIGKILL'));
  let output = '';
  let closedAt = Number.POSITIVE_INFINITY;
  child.stdout.on('data', (text: Buffer) => {
    output += text.toString();
    if (output.includes('closed')) closedAt = performance.now();
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  const heaps = [...output.matchAll(/heap (\d+)/g)].map(([, bytes]) => Number(bytes));
  console.info(`${kind}, ${store} store: ${heaps.join(' to ')} bytes`);
  expect([code, heaps.length]).toEqual([0, 2]);
  const [before = 0, after = 0] = heaps;
  expect(after - before).toBeLessThan(MAX_GROWTH);
  expect(performance.now() - closedAt).toBeLessThan(MAX_EXIT_MS);
});
