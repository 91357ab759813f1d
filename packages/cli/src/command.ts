import { describeOptions, type Given, type Options, readArguments } from './options.ts';

/** What one of `syncline`'s commands does. Its name stands in `commands.ts`. */
export interface Command {
  /**
   * Does it, or shows its help when that is asked for.
   * @param name what it is called in its help.
   * @throws UsageError for arguments that are not as the help says.
   */
  run(name: string, args: readonly string[]): Promise<void>;
}

interface Definition<O extends Options> {
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
  const { words = [], options } = definition;
  const least = words.filter((word) => !/^\[|\]$/.test(word)).length;
  return {
    run: async (name, args) => {
      const given = readArguments(options, [least, words.length], args, process.env);
      if (given === undefined) process.stdout.write(helpOf(name, definition));
      else await definition.run(given);
    },
  };
}

function helpOf<O extends Options>(name: string, definition: Definition<O>): string {
  const { words = [], about, options, examples = [] } = definition;
  const usage = ['syncline', name, ...words, '[options]'].join(' ');
  const lines = examples.map((example) => `  syncline ${example}\n`).join('');
  return [
    `Usage: ${usage}\n\n${about}\n`,
    `Options, or environment variables:\n${describeOptions(options)}\n`,
    ...(lines === '' ? [] : [`${examples.length === 1 ? 'Example' : 'Examples'}:\n${lines}`]),
  ].join('\n');
}
