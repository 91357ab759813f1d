import { once } from 'node:events';

/** Writes to stdout, and waits while its reader is slow. */
export async function print(text: string | Uint8Array): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

export async function printJson(value: unknown): Promise<void> {
  await print(`${JSON.stringify(value)}\n`);
}

/** Says something beside the output, in one line. */
export function warn(message: string): void {
  process.stderr.write(`syncline: ${message}\n`);
}

/** A reader that has enough (`syncline list | head`) is no error. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}
