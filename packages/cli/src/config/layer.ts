import { type Config, GROUPS } from './schema.ts';

/** What one source says: flags, variables, a file, or the defaults. */
export interface Layer {
  readonly config: Config;
  /** Who says it, for people: `--port`, `SYNCLINE_PORT`, the name of the file. */
  readonly nameOf: (path: string) => string;
}

/** A setting by its dotted name, as `auth.issuer`. */
export interface Setting {
  readonly path: string;
  readonly value: unknown;
  readonly source: string;
}

/** Of these only one is in force: they say how users are known. */
const WAYS = ['auth.secret', 'auth.publicKey', 'auth.jwksUrl', 'authenticate'];

/** The settings in force: later layers are stronger. */
export function mergeLayers(layers: readonly Layer[]): ReadonlyMap<string, Setting> {
  const settings = new Map<string, Setting>();
  for (const layer of layers) {
    const own = settingsOf(layer);
    if (own.some(({ path }) => WAYS.includes(path))) {
      for (const path of [...WAYS, 'auth.algorithm']) settings.delete(path);
    }
    for (const setting of own) settings.set(setting.path, setting);
  }
  return settings;
}

/** The ways in which users are known, of which there must not be two. */
export function waysIn(settings: ReadonlyMap<string, Setting>): readonly string[] {
  return WAYS.filter((path) => settings.has(path));
}

/** The configuration that settings make up. */
export function configOf(settings: ReadonlyMap<string, Setting>): Config {
  const config: Record<string, unknown> = {};
  for (const { path, value } of settings.values()) {
    const [group, key] = path.split('.') as [string, string?];
    if (key === undefined) config[group] = value;
    else config[group] = { ...(config[group] as object | undefined), [key]: value };
  }
  return config;
}

function settingsOf({ config, nameOf }: Layer): readonly Setting[] {
  return Object.entries(config).flatMap(([name, value]) => {
    const isGroup = (GROUPS as readonly string[]).includes(name);
    const inside = isGroup ? Object.entries(value as object) : [];
    const settings = isGroup
      ? inside.map(([key, one]) => ({ path: `${name}.${key}`, value: one as unknown }))
      : [{ path: name, value: value as unknown }];
    return settings
      .filter((setting) => setting.value !== undefined)
      .map((setting) => Object.assign(setting, { source: nameOf(setting.path) }));
  });
}
