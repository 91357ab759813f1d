import { isIP } from 'node:net';
import { SyncError } from '@syncline/protocol';
import { DEFAULT_LIMITS, type Limits } from '@syncline/server/access';
import type { Given, Options } from '../options.ts';
import { readConfigFile } from './config-file.ts';
import { DEFAULTS } from './defaults.ts';
import { configOf, mergeLayers, type Setting, waysIn } from './layer.ts';
import { layerOfOptions } from './option-layer.ts';
import type { Config } from './schema.ts';

type Resolved = Config & {
  readonly [K in keyof typeof DEFAULTS]-?: NonNullable<Config[K]>;
} & { readonly limits: Limits };

/** The configuration in force. */
export interface Settings {
  readonly values: Resolved;
  /** Each setting with who says it, as it is shown to people. */
  readonly list: readonly Setting[];
  /** How users are known; undefined when they are not. */
  readonly way: string | undefined;
  /** Who says a setting, by its dotted name. */
  readonly sourceOf: (path: string) => string;
}

/**
 * Puts together what flags, variables and the configuration file say, in this order of strength.
 * @throws UsageError, and SyncError `config-invalid`
 */
export async function loadSettings(given: Given<Options>): Promise<Settings> {
  const { config } = given.options;
  const file = await readConfigFile(typeof config === 'string' ? config : undefined);
  const settings = mergeLayers([
    { config: { ...DEFAULTS, limits: DEFAULT_LIMITS }, nameOf: () => 'default' } as const,
    ...(file === undefined ? [] : [file]),
    layerOfOptions(given.variables),
    layerOfOptions(given.flags),
  ]);
  const sourceOf = (path: string) => settings.get(path)?.source ?? 'default';
  const values = configOf(settings) as Resolved;
  const [way, other] = waysIn(settings);
  const named = (path: string) => `${path} (${sourceOf(path)})`;
  if (way !== undefined && other !== undefined) {
    refuse(`users are known in one way: remove ${named(way)} or ${named(other)}`);
  }
  const { auth = {}, schema } = values;
  const [loose] = Object.keys(auth).map((key) => `auth.${key}`);
  if (way === undefined && loose !== undefined) {
    refuse(`${named(loose)} needs one of auth.secret, auth.publicKey and auth.jwksUrl beside it`);
  }
  if (way === 'authenticate' && loose !== undefined) {
    refuse(`${named(loose)} does nothing beside ${named(way)}: remove it`);
  }
  if ((schema?.min ?? 0) > (schema?.max ?? Number.POSITIVE_INFINITY)) {
    refuse(`${named('schema.min')} is larger than ${named('schema.max')}`);
  }
  return { values, list: [...settings.values()], way, sourceOf };
}

/**
 * Without authentication only programs on the same machine may come, unless that is asked for.
 * @throws SyncError `config-invalid`
 */
export function checkExposure({ values, way, sourceOf }: Settings): void {
  const { host, trustProxy, allowAnonymous } = values;
  if (way !== undefined || allowAnonymous) return;
  const exposure = isLoopback(host)
    ? trustProxy > 0 && `trustProxy (${sourceOf('trustProxy')}) says that a proxy lets others in`
    : `host (${sourceOf('host')}) is ${host}, where others can reach it`;
  if (exposure === false) return;
  refuse(
    `${exposure}, and nothing says who they are: set SYNCLINE_AUTH_SECRET or another key (see docs/configuration.md), or let everybody change every document with --allow-anonymous`,
  );
}

/**
 * Documents are in one place, and what connects nodes needs one that they can share.
 * @throws SyncError `config-invalid`
 */
export function checkPlace({ values, sourceOf }: Settings): void {
  const named = (path: string) => `${path} (${sourceOf(path)})`;
  const { store, bus, compaction } = values;
  if (store !== undefined) {
    if (sourceOf('data') === 'default') return;
    refuse(`documents are in one place: remove ${named('store')} or ${named('data')}`);
  }
  if (bus !== undefined) {
    refuse(
      `${named('bus')} connects nodes that share a database, and a folder belongs to one: set SYNCLINE_STORE as well, or remove it`,
    );
  }
  if (!compaction) {
    refuse(
      `${named('compaction')} leaves it to workers, and they cannot open a folder that a server has: set SYNCLINE_STORE as well, or remove it`,
    );
  }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function refuse(message: string): never {
  throw new SyncError('config-invalid', message);
}
