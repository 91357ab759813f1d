import { readFileSync } from 'node:fs';
import { SyncError } from '@syncline/protocol';
import { serve } from './commands/serve.ts';
import { UsageError } from './usage-error.ts';

const HELP = `Usage: syncline <command> [options]

A self-hosted sync service for Yjs documents.

Commands:
  serve       serves documents

Options:
  -h, --help     shows this help; "syncline <command> --help" shows that of a command
  -v, --version  shows the version
`;

/** What can be done about an error, where the message alone does not say it. */
const ADVICE: Partial<Record<SyncError['code'], string>> = {
  'address-in-use': 'Stop that program, or choose another port with --port.',
  'store-locked': 'Stop that process, or choose another folder with --data.',
};

async function main([command, ...args]: readonly string[]): Promise<void> {
  switch (command) {
    case 'serve':
      return await serve(args);
    case undefined:
    case '-h':
    case '--help':
    case 'help':
      process.stdout.write(HELP);
      return;
    case '-v':
    case '--version':
      process.stdout.write(`${version()}\n`);
      return;
    default:
      throw new UsageError(`there is no command "${command}"`);
  }
}

function version(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** One line for the person at the terminal, and the exit code. */
function report(error: unknown): number {
  if (error instanceof UsageError) {
    process.stderr.write(`syncline: ${error.message}. See syncline --help.\n`);
    return 2;
  }
  const message = error instanceof Error ? error.message : String(error);
  const advice = (error instanceof SyncError && ADVICE[error.code]) || '';
  process.stderr.write(`syncline: ${message}${advice && `. ${advice}`}\n`);
  return 1;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = report(error);
}
