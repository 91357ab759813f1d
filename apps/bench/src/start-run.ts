import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunAnswer, RunRequest } from './run.ts';

const RUN = fileURLToPath(new URL('run.js', import.meta.url));
const LIMIT_MS = 10 * 60_000;

/**
 * Runs one scenario on one server in a process of its own, and ends that and its server whatever
 * happens. A run that breaks is a failure of the server that it measured, and of nothing else.
 */
export async function startRun(request: Omit<RunRequest, 'folder'>): Promise<RunAnswer> {
  const folder = mkdtempSync(join(tmpdir(), 'syncline-bench-'));
  // A group of its own, so that all of it can be ended.
  const child = fork(RUN, [JSON.stringify({ ...request, folder })], { detached: true });
  const endAll = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // All of them have ended.
    }
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const interrupt = () => {
    endAll();
    process.exit(130);
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    return await new Promise<RunAnswer>((resolve) => {
      const limit = setTimeout(() => {
        resolve({ failure: `it was not through after ${LIMIT_MS / 60_000} minutes` });
      }, LIMIT_MS);
      child.once('message', (answer) => {
        clearTimeout(limit);
        resolve(answer as RunAnswer);
      });
      child.once('exit', (code, signal) => {
        clearTimeout(limit);
        resolve({ failure: `the driver ended with ${code ?? signal}: see above` });
      });
    });
  } finally {
    process.removeListener('SIGINT', interrupt).removeListener('SIGTERM', interrupt);
    endAll();
  }
}
