import { SyncError } from '@syncline/protocol';
import { COMMANDS, describeCommands, findCommand } from './commands.ts';
import { endWithReader } from './output.ts';
import { maskPasswords } from './service-url.ts';
import { UsageError } from './usage-error.ts';
import { version } from './version.ts';

const HELP = `Usage: syncline <command> [options]

A self-hosted sync service for Yjs documents.

Commands:
${describeCommands(COMMANDS)}
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
  if (code === 'store-locked' && (command === 'verify' || command === 'copy')) {
    return 'Stop that process first.';
  }
  if (code === 'document-exists') return 'Put the file in its place with --replace.';
  return '';
}

async function main(args: readonly string[]): Promise<void> {
  const [name] = args;
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
  const asked = findCommand(args);
  if (asked.command !== undefined) {
    const { command } = await asked.command.load();
    await command.run(asked.command.name, asked.args);
    return;
  }
  const [, word] = args;
  if (asked.group.length === 0) throw new UsageError(`there is no command "${name}"`);
  if (word !== undefined && !['-h', '--help', 'help'].includes(word)) {
    throw new UsageError(`there is no command "${name} ${word}"`);
  }
  process.stdout.write(
    `Usage: syncline ${name} <command> [options]\n\nCommands:\n${describeCommands(asked.group)}`,
  );
}

/** A line for each thing that is wrong, for the person at the terminal, and the exit code. */
function report(error: unknown, args: readonly string[]): number {
  const { command } = findCommand(args);
  if (error instanceof UsageError) {
    const help = ['syncline', command?.name, '--help'].filter(Boolean).join(' ');
    process.stderr.write(`syncline: ${maskPasswords(error.message)}. See ${help}.\n`);
    return 2;
  }
  const message = maskPasswords(error instanceof Error ? error.message : String(error));
  const advice = error instanceof SyncError ? adviceOn(error, command?.name) : '';
  for (const line of `${message}${advice && `. ${advice}`}`.split('\n')) {
    process.stderr.write(`syncline: ${line}\n`);
  }
  return 1;
}

endWithReader();
const args = process.argv.slice(2);
try {
  await main(args);
} catch (error) {
  process.exitCode = report(error, args);
}
