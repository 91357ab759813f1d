import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const COMMAND = fileURLToPath(new URL('../bin/syncline.js', import.meta.url));
const LIMIT_MS = 15_000;

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command to its end, without a terminal. */
export function syncline(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  cwd?: string,
): Promise<Result> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, timeout: LIMIT_MS, cwd };
    const child = execFile(
      process.execPath,
      [COMMAND, ...args],
      options,
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr });
      },
    );
    child.stdin?.end();
  });
}
