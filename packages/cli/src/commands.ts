import type { Command } from './command.ts';

/** A command's name and what the help lists; the rest is loaded when it is called. */
export interface CommandEntry {
  /** One word or several, as `rules check`. */
  readonly name: string;
  /** What it does, in a few words. */
  readonly summary: string;
  load(): Promise<{ readonly command: Command }>;
}

/** `syncline`'s commands. Most need little of what a server does, and start in half of its time. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'serve',
    summary: 'serves documents',
    load: () => import('./commands/serve.ts'),
  },
  {
    name: 'worker',
    summary: 'compacts the documents of a database, and serves none',
    load: () => import('./commands/worker.ts'),
  },
  {
    name: 'migrate',
    summary: 'makes the tables of a database, or brings them to the newest version',
    load: () => import('./commands/migrate.ts'),
  },
  {
    name: 'list',
    summary: 'lists documents, with their sizes',
    load: () => import('./commands/list.ts'),
  },
  {
    name: 'inspect',
    summary: "shows a document's numbers",
    load: () => import('./commands/inspect.ts'),
  },
  {
    name: 'verify',
    summary: 'checks every record, and repairs a data folder',
    load: () => import('./commands/verify.ts'),
  },
  {
    name: 'compact',
    summary: 'merges the logs of documents',
    load: () => import('./commands/compact.ts'),
  },
  {
    name: 'export',
    summary: 'writes a document into a file',
    load: () => import('./commands/export.ts'),
  },
  {
    name: 'import',
    summary: 'makes a document of a file, or many of a folder of y-leveldb',
    load: () => import('./commands/import.ts'),
  },
  {
    name: 'copy',
    summary: 'copies the documents of a folder into a database',
    load: () => import('./commands/copy.ts'),
  },
  {
    name: 'delete',
    summary: 'deletes a document',
    load: () => import('./commands/delete.ts'),
  },
  {
    name: 'reset',
    summary: 'gives a document a new epoch',
    load: () => import('./commands/reset.ts'),
  },
  {
    name: 'token',
    summary: 'makes a token for a user',
    load: () => import('./commands/token.ts'),
  },
  {
    name: 'rules check',
    summary: 'finds what is wrong with rules',
    load: () => import('./commands/rules-check.ts'),
  },
  {
    name: 'rules test',
    summary: 'tries rules on a table of users and documents',
    load: () => import('./commands/rules-test.ts'),
  },
  {
    name: 'reload',
    summary: 'makes a server read its rules and keys anew',
    load: () => import('./commands/reload.ts'),
  },
  {
    name: 'revoke',
    summary: 'ends the sessions of a user or a document',
    load: () => import('./commands/revoke.ts'),
  },
];

/** What a command line asks for: a command and its arguments, or the commands that begin so. */
export type Asked =
  | { readonly command: CommandEntry; readonly args: readonly string[] }
  | { readonly command: undefined; readonly group: readonly CommandEntry[] };

export function findCommand(args: readonly string[]): Asked {
  for (const command of COMMANDS) {
    const words = command.name.split(' ');
    if (words.every((word, index) => args[index] === word)) {
      return { command, args: args.slice(words.length) };
    }
  }
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${args[0]} `));
  return { command: undefined, group };
}

/** The lines of a help that list commands. */
export function describeCommands(commands: readonly CommandEntry[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`).join('');
}
