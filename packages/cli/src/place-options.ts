import type { BusPlace } from './bus.ts';
import { STORE_OPTION } from './config/config-options.ts';
import type { Given, GivenOption, Options } from './options.ts';
import { BUS_EXAMPLE, isBusUrl, isStoreUrl, STORE_EXAMPLE } from './service-url.ts';
import { placeOf, type StorePlace } from './store.ts';
import { UsageError } from './usage-error.ts';

export const DATA_OPTION = {
  value: 'DIR',
  default: './data',
  help: 'the folder with the documents',
} as const;

/** Where the documents are, for who opens them. */
export const PLACE_OPTIONS = { data: DATA_OPTION, store: STORE_OPTION } as const;

/**
 * Where documents are that a command opens itself.
 * @throws UsageError for two places, and for what is no address of a database.
 */
export function readPlace(given: Given<typeof PLACE_OPTIONS>): StorePlace {
  const { data } = given.options;
  const store = chosenOf(given, ['store', 'data']) === 'store' ? readDatabase(given) : undefined;
  return placeOf({ data, store });
}

/**
 * The database that a command needs.
 * @throws UsageError when there is none, or what is given is no address of one.
 */
export function readDatabase({
  flags,
  variables,
}: Given<{ readonly store: typeof STORE_OPTION }>): string {
  const given = flags.store ?? variables.store;
  if (given !== undefined) return mustBeUrl(given, isStoreUrl, STORE_EXAMPLE);
  throw new UsageError('--store is missing: it says which database, as SYNCLINE_STORE does');
}

/** The bus that a command is given, if it takes one. @throws UsageError for what is no address of one. */
export function readBus({ options, flags, variables }: Given<Options>): BusPlace | undefined {
  const given = flags['bus'] ?? variables['bus'];
  if (given === undefined) return undefined;
  const url = mustBeUrl(given, isBusUrl, BUS_EXAMPLE);
  return { url, prefix: String(options['bus-prefix']) };
}

/**
 * The option that counts of those that exclude each other: a flag before a variable.
 * @throws UsageError for two flags, or two variables.
 */
export function chosenOf<Name extends string>(
  { flags, variables }: Pick<Given<Options>, 'flags' | 'variables'>,
  names: readonly Name[],
): Name | undefined {
  for (const from of [flags, variables]) {
    const [chosen, other] = names.filter((name) => from[name] !== undefined);
    if (chosen !== undefined && other !== undefined) {
      const both = `${from[chosen]?.name} and ${from[other]?.name}`;
      throw new UsageError(`${both} say two places for the documents: give one`);
    }
    if (chosen !== undefined) return chosen;
  }
  return undefined;
}

/** What is wrong is not shown: there may be a password in it. */
function mustBeUrl(
  { name, value }: GivenOption,
  isRight: (text: string) => boolean,
  example: string,
): string {
  if (typeof value === 'string' && isRight(value)) return value;
  throw new UsageError(`${name} must be an address like ${example}`);
}
