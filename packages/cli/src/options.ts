import { parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';

/** One option of a command: `--name VALUE`, or the environment variable `SYNCLINE_NAME`. */
export interface Option {
  /** What stands for the value in the help. */
  readonly value: string;
  readonly default?: string;
  /** False for what makes no sense for more than one call. */
  readonly env?: false;
  /** One line of help. */
  readonly help: string;
}

/** `--name`, without a value. */
export interface Flag {
  readonly value?: undefined;
  readonly help: string;
}

export type Options = Readonly<Record<string, Option | Flag>>;

type Value<O extends Option | Flag> = O extends { readonly value: string }
  ? O extends { readonly default: string }
    ? string
    : string | undefined
  : boolean;

export type Values<O extends Options> = { readonly [K in keyof O]: Value<O[K]> };

/** What stands on a command line. */
export interface Given<O extends Options> {
  readonly options: Values<O>;
  /** What is no option, in order. */
  readonly words: readonly string[];
}

/**
 * Reads a command's options from its arguments, else from the environment, else takes the defaults.
 * `undefined` when the help was asked for.
 * @param words how many words that are no options there may be: at least, and at most.
 * @throws UsageError for what is no option, and for too few or too many words.
 */
export function readArguments<O extends Options>(
  options: O,
  words: readonly [number, number],
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Given<O> | undefined {
  const { values: given, positionals } = parse(options, args);
  if (given['help'] === true) return undefined;
  const [least, most] = words;
  const tooMuch = positionals[most];
  if (tooMuch !== undefined) throw new UsageError(`"${tooMuch}" is one argument too many`);
  if (positionals.length < least) throw new UsageError('an argument is missing');
  const values = Object.entries(options).map(([name, option]) => [
    name,
    option.value === undefined
      ? given[name] === true
      : (given[name] ??
        (option.env === false ? undefined : env[variableOf(name)]) ??
        option.default),
  ]);
  return { options: Object.fromEntries(values) as Values<O>, words: positionals };
}

interface Parsed {
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
  readonly positionals: readonly string[];
}

function parse(options: Options, args: readonly string[]): Parsed {
  const types = Object.entries(options).map(([name, { value }]) => [
    name,
    { type: value === undefined ? 'boolean' : 'string' },
  ]);
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        ...(Object.fromEntries(types) as Record<string, { type: 'boolean' | 'string' }>),
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** The lines of the help that list the options. */
export function describeOptions(options: Options): string {
  const rows = Object.entries(options).map(([name, option]) => {
    if (option.value === undefined) return [`--${name}`, '', option.help];
    const variable = option.env === false ? '' : variableOf(name);
    const byDefault = option.default === undefined ? '' : ` (${option.default})`;
    return [`--${name} ${option.value}`, variable, `${option.help}${byDefault}`];
  });
  rows.push(['-h, --help', '', 'shows this help']);
  const width = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const [first, second] = [width(0), width(1)];
  return rows
    .map(([flag = '', variable = '', help = '']) =>
      `  ${flag.padEnd(first)}  ${variable.padEnd(second)}  ${help}`.trimEnd(),
    )
    .join('\n');
}

function variableOf(name: string): string {
  return `SYNCLINE_${name.toUpperCase().replaceAll('-', '_')}`;
}
