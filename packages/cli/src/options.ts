import { parseArgs } from 'node:util';
import { UsageError } from './usage-error.ts';

/** One option of a command: `--name VALUE`, or the environment variable `SYNCLINE_NAME`. */
export interface Option {
  /** What stands for the value in the help. */
  readonly value: string;
  readonly default: string;
  /** One line of help. */
  readonly help: string;
}

export type Options = Readonly<Record<string, Option>>;
export type Values<O extends Options> = { readonly [K in keyof O]: string };

/**
 * Reads a command's options from its arguments, else from the environment, else takes the defaults.
 * `undefined` when the help was asked for.
 * @throws UsageError for what is no option.
 */
export function readOptions<O extends Options>(
  options: O,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Values<O> | undefined {
  let given: Record<string, string | boolean | undefined>;
  try {
    given = parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', short: 'h' },
        ...Object.fromEntries(Object.keys(options).map((name) => [name, { type: 'string' }])),
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  if (given['help'] === true) return undefined;
  const values = Object.entries(options).map(([name, option]) => [
    name,
    given[name] ?? env[variableOf(name)] ?? option.default,
  ]);
  return Object.fromEntries(values) as Values<O>;
}

/** The lines of the help that list the options. */
export function describeOptions(options: Options): string {
  const rows = Object.entries(options).map(([name, option]) => [
    `--${name} ${option.value}`,
    variableOf(name),
    `${option.help} (${option.default})`,
  ]);
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
