import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem, type } from 'node:os';
import { fileURLToPath } from 'node:url';
import { thisPace } from './machine-pace.ts';
import type { Machine } from './results.ts';

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));

export async function thisMachine(): Promise<Machine> {
  const cores = cpus();
  const load = loadavg()[0] ?? 0;
  return {
    cores: cores.length,
    model: cores[0]?.model.trim() ?? 'unknown',
    memoryBytes: totalmem(),
    system: `${type()} ${release()}`,
    node: process.version,
    load,
    pace: await thisPace(),
  };
}

/** The commit that is checked out; with `+` when files were changed since. */
export function thisCommit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: REPOSITORY, encoding: 'utf8', stdio: 'pipe' }).trim();
  try {
    const changes = git('status', '--porcelain');
    return `${git('rev-parse', '--short=12', 'HEAD')}${changes === '' ? '' : '+'}`;
  } catch {
    return 'unknown';
  }
}
