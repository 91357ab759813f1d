import { parseArgs } from 'node:util';
import { maskPasswords } from './service-url.ts';
import { UsageError } from './usage-error.ts';

/** One option of a command: `--name VALUE`, or the environment variable `SYNCLINE_NAME`. */
export interface Option {
  /** What stands for the value in the help. */
  readonly value: string;
  readonly default?: string;
  /** False for what makes no sense for more than one call; a text for a variable of another name. */
  readonly env?: false | string;
  /** False for what may only come from the environment: who lists processes sees command lines. */
  readonly flag?: false;
  /** May be given several times; what is given is joined by commas, as it is in the variable. */
  readonly many?: true;
  /** One line of help. */
  readonly help: string;
}

/** `--name`, without a value. */
export interface Flag {
  readonly value?: undefined;
  /** True when the environment variable `SYNCLINE_NAME` may be `true` or `false` instead. */
  readonly env?: true;
  readonly help: string;
}

export type Options = Readonly<Record<string, Option | Flag>>;

type Value<O extends Option | Flag> = O extends { readonly value: string }
  ? O extends { readonly default: string }
    ? string
    : string | undefined
  : boolean;

export type Values<O extends Options> = { readonly [K in keyof O]: Value<O[K]> };

/** What somebody gave for an option. */
export interface GivenOption {
  /** Where, as people know it: `--port` or `SYNCLINE_PORT`. */
  readonly name: string;
  readonly value: string | boolean;
}

type GivenOptions<O extends Options> = Readonly<Partial<Record<keyof O, GivenOption>>>;

/** What stands on a command line. */
export interface Given<O extends Options> {
  readonly options: Values<O>;
  /** What flags say, for those who must know where an option comes from. */
  readonly flags: GivenOptions<O>;
  /** What the environment says, also where a flag is stronger. */
  readonly variables: GivenOptions<O>;
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
  if (tooMuch !== undefined)
    throw new UsageError(`"${maskPasswords(tooMuch)}" is one argument too many`);
  if (positionals.length < least) throw new UsageError('an argument is missing');
  const values: Record<string, string | boolean | undefined> = {};
  const flags: Record<string, GivenOption> = {};
  const variables: Record<string, GivenOption> = {};
  for (const [name, option] of Object.entries(options)) {
    const flag = given[name];
    if (flag !== undefined) {
      flags[name] = { name: `--${name}`, value: Array.isArray(flag) ? flag.join(',') : flag };
    }
    const variable = variableOf(name, option);
    const text = variable === undefined ? undefined : env[variable];
    if (variable !== undefined && text !== undefined) {
      const value = option.value === undefined ? readSwitch(variable, text) : text;
      variables[name] = { name: variable, value };
    }
    const byDefault = option.value === undefined ? false : option.default;
    values[name] = (flags[name] ?? variables[name])?.value ?? byDefault;
  }
  return {
    options: values as Values<O>,
    flags: flags as GivenOptions<O>,
    variables: variables as GivenOptions<O>,
    words: positionals,
  };
}

function readSwitch(variable: string, text: string): boolean {
  if (text === 'true' || text === '1') return true;
  if (text === 'false' || text === '0') return false;
  throw new UsageError(`${variable} must be true or false, not "${text}"`);
}

interface Parsed {
  readonly values: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;
  readonly positionals: readonly string[];
}

function parse(options: Options, args: readonly string[]): Parsed {
  const types = Object.entries(options)
    .filter(([, option]) => option.value === undefined || option.flag !== false)
    .map(([name, option]) => [
      name,
      option.value === undefined
        ? { type: 'boolean' }
        : { type: 'string', multiple: option.many === true },
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
    const variable = variableOf(name, option) ?? '';
    if (option.value === undefined) return [`--${name}`, variable, option.help];
    const flag = option.flag === false ? '' : `--${name} ${option.value}`;
    const byDefault = option.default === undefined ? '' : ` (${option.default})`;
    return [flag, variable, `${option.help}${byDefault}`];
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

function variableOf(name: string, option: Option | Flag): string | undefined {
  if (typeof option.env === 'string') return option.env;
  const hasVariable = option.value === undefined ? option.env === true : option.env !== false;
  return hasVariable ? `SYNCLINE_${name.toUpperCase().replaceAll('-', '_')}` : undefined;
}
