import { readFileSync } from 'node:fs';
import { SyncError } from '@syncline/protocol';
import type { Command } from './command.ts';
import { compact } from './commands/compact.ts';
import { deleteCommand } from './commands/delete.ts';
import { exportCommand } from './commands/export.ts';
import { importCommand } from './commands/import.ts';
import { inspect } from './commands/inspect.ts';
import { list } from './commands/list.ts';
import { reset } from './commands/reset.ts';
import { serve } from './commands/serve.ts';
import { verify } from './commands/verify.ts';
import { endWithReader } from './output.ts';
import { UsageError } from './usage-error.ts';

const COMMANDS: readonly Command[] = [
  serve,
  list,
  inspect,
  verify,
  compact,
  exportCommand,
  importCommand,
  deleteCommand,
  reset,
];

const HELP = `Usage: syncline <command> [options]

A self-hosted sync service for Yjs documents.

Commands:
${COMMANDS.map(({ name, summary }) => `  ${name.padEnd(9)}  ${summary}`).join('\n')}

Options:
  -h, --help     shows this help; "syncline <command> --help" shows that of a command
  -v, --version  shows the version
`;

/** What can be done about an error, where the message alone does not say it. */
function adviceOn({ code }: SyncError, command: string | undefined): string {
  if (code === 'address-in-use') return 'Stop that program, or choose another port with --port.';
  if (code === 'store-locked' && command === 'serve') {
    return 'Stop that process, or choose another folder with --data.';
  }
  if (code === 'store-locked' && command === 'verify') return 'Stop that process first.';
  if (code === 'document-exists') return 'Put the file in its place with --replace.';
  return '';
}

async function main([name, ...args]: readonly string[]): Promise<void> {
  switch (name) {
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
      break;
  }
  const command = findCommand(name);
  if (command === undefined) throw new UsageError(`there is no command "${name}"`);
  await command.run(args);
}

function findCommand(name: string | undefined): Command | undefined {
  return COMMANDS.find((command) => command.name === name);
}

function version(): string {
  const file = new URL('../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** One line for the person at the terminal, and the exit code. */
function report(error: unknown): number {
  if (error instanceof UsageError) {
    const command = findCommand(process.argv[2])?.name;
    const help = ['syncline', command, '--help'].filter(Boolean).join(' ');
    process.stderr.write(`syncline: ${error.message}. See ${help}.\n`);
    return 2;
  }
  const message = error instanceof Error ? error.message : String(error);
  const advice = error instanceof SyncError ? adviceOn(error, process.argv[2]) : '';
  process.stderr.write(`syncline: ${message}${advice && `. ${advice}`}\n`);
  return 1;
}

endWithReader();
try {
  await main(process.argv.slice(2));
} catch (error) {
  process.exitCode = report(error);
}
