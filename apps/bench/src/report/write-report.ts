import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GROWTHS } from '../growth/index.ts';
import { plotTargets } from './bar-plot.ts';
import { plotGrowth } from './line-plot.ts';
import { writeMarkdown } from './markdown.ts';
import type { RunResults } from './results.ts';

/** What people found out about where the time goes. */
const FINDINGS = fileURLToPath(new URL('../../findings.md', import.meta.url));

/** Writes `RESULTS.md` and its plots into a folder, in the place of those that were there. */
export async function writeReport(run: RunResults, folder: string): Promise<void> {
  const plots = join(folder, 'plots');
  await rm(plots, { recursive: true, force: true });
  await mkdir(plots, { recursive: true });
  if (run.scenarios.length > 0) await writeFile(join(plots, 'targets.svg'), plotTargets(run));
  for (const { name, points } of run.growth) {
    const growth = GROWTHS.find((growth) => growth.name === name);
    if (growth === undefined || points === undefined) continue;
    await writeFile(join(plots, `${name}.svg`), plotGrowth(growth, points));
  }
  const findings = await readFile(FINDINGS, 'utf8');
  await writeFile(join(folder, 'RESULTS.md'), writeMarkdown(run, findings.trim()));
}
