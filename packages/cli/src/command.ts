import { describeOptions, type Given, type Options, readArguments } from './options.ts';

/** One of `syncline`'s commands. */
export interface Command {
  /** One word or several, as `rules check`. */
  readonly name: string;
  /** What it does, in a few words. */
  readonly summary: string;
  readonly help: string;
  /** @throws UsageError for arguments that are not as the help says. */
  run(args: readonly string[]): Promise<void>;
}

interface Definition<O extends Options> {
  readonly name: string;
  readonly summary: string;
  /** The words after the name, as the help shows them: `<documentId>`, or `[<documentId>]` when it may be left out. */
  readonly words?: readonly string[];
  /** What it does, in whole sentences. */
  readonly about: string;
  readonly options: O;
  /** Command lines, without `syncline`. */
  readonly examples?: readonly string[];
  run(given: Given<O>): Promise<void>;
}

export function defineCommand<O extends Options>(definition: Definition<O>): Command {
  const { name, summary, words = [], about, options, examples = [] } = definition;
  const usage = ['syncline', name, ...words, '[options]'].join(' ');
  const lines = examples.map((example) => `  syncline ${example}\n`).join('');
  const help = [
    `Usage: ${usage}\n\n${about}\n`,
    `Options, or environment variables:\n${describeOptions(options)}\n`,
    ...(lines === '' ? [] : [`${examples.length === 1 ? 'Example' : 'Examples'}:\n${lines}`]),
  ].join('\n');
  const least = words.filter((word) => !/^\[|\]$/.test(word)).length;
  return {
    name,
    summary,
    help,
    run: async (args) => {
      const given = readArguments(options, [least, words.length], args, process.env);
      if (given === undefined) process.stdout.write(help);
      else await definition.run(given);
    },
  };
}

/** What a command line asks for: a command and its arguments, or the commands that begin so. */
export type Asked =
  | { readonly command: Command; readonly args: readonly string[] }
  | { readonly command: undefined; readonly group: readonly Command[] };

export function findCommand(commands: readonly Command[], args: readonly string[]): Asked {
  for (const command of commands) {
    const words = command.name.split(' ');
    if (words.every((word, index) => args[index] === word)) {
      return { command, args: args.slice(words.length) };
    }
  }
  const group = commands.filter(({ name }) => name.startsWith(`${args[0]} `));
  return { command: undefined, group };
}

/** The lines of a help that list commands. */
export function describeCommands(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}\n`).join('');
}
