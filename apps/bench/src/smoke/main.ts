import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatNumber } from '../report/numbers.ts';
import { Server } from '../servers/server.ts';
import { syncline } from '../servers/syncline.ts';
import { type Bounds, boundsFor, type Excess, excesses } from './bounds.ts';
import { SMOKE_CASES, type SmokeCase } from './cases.ts';
import { type Counts, HEAP_FLAGS } from './counters.ts';

const BOUNDS = new URL('../../smoke.json', import.meta.url);

/** One case on a server of its own, so that none depends on what came before. */
async function count(smokeCase: SmokeCase): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'syncline-smoke-'));
  const server = new Server(syncline, folder);
  try {
    await server.start(HEAP_FLAGS);
    return await smokeCase.run(server);
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Counts what each case takes, and ends with 1 when that is beyond the bounds in `smoke.json`. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      /** Other bounds than those of the repository. */
      bounds: { type: 'string' },
      /** Makes the bounds of what is counted now. */
      update: { type: 'boolean', default: false },
    },
  });
  const file = values.bounds ?? BOUNDS;
  const bounds = values.update ? {} : (JSON.parse(readFileSync(file, 'utf8')) as Bounds);
  const updated: Record<string, Counts> = {};
  const beyond: Excess[] = [];
  for (const smokeCase of SMOKE_CASES) {
    const counts = await count(smokeCase);
    updated[smokeCase.name] = boundsFor(counts);
    beyond.push(...excesses(smokeCase.name, counts, bounds));
    const parts = Object.entries(counts).map(([key, value]) => `${key} ${formatNumber(value)}`);
    process.stdout.write(`${smokeCase.name}, a ${smokeCase.per}: ${parts.join(', ')}\n`);
  }
  if (values.update) {
    writeFileSync(file, `${JSON.stringify(updated, undefined, 2)}\n`);
    return;
  }
  for (const { case: name, count, value, bound } of beyond) {
    process.stderr.write(
      `${name}: ${count} is ${formatNumber(value)}, and may be ${formatNumber(bound)} at most\n`,
    );
  }
  if (beyond.length > 0) process.exitCode = 1;
}

await main();
