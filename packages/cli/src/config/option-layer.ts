import type { Given, Options } from '../options.ts';
import { UsageError } from '../usage-error.ts';
import type { Layer } from './layer.ts';
import { formatPath, problemsOf } from './problems.ts';
import { ConfigSchema } from './schema.ts';

/** Where an option stands in the configuration, and how its text becomes a value. */
const SETTINGS: Readonly<
  Record<string, readonly [path: string, read?: (text: string) => unknown]>
> = {
  host: ['host'],
  port: ['port', readNumber],
  'base-path': ['basePath'],
  data: ['data'],
  store: ['store'],
  bus: ['bus'],
  'bus-prefix': ['busPrefix'],
  compaction: ['compaction', readSwitch],
  memory: ['memory', readNumber],
  'log-level': ['logLevel'],
  drain: ['drain', readNumber],
  'auth-secret': ['auth.secret'],
  'auth-issuer': ['auth.issuer'],
  'auth-audience': ['auth.audience'],
  'auth-public-key': ['auth.publicKey'],
  'auth-jwks-url': ['auth.jwksUrl'],
  'auth-algorithm': ['auth.algorithm'],
  'allow-anonymous': ['allowAnonymous'],
  rules: ['rules'],
  origin: ['origins', readList],
  'trust-proxy': ['trustProxy', readNumber],
  limit: ['limits', readLimits],
  'schema-min': ['schema.min', readNumber],
  'schema-max': ['schema.max', readNumber],
};

/**
 * What flags say, or what variables do, in the shape of a configuration.
 * @throws UsageError for what no setting may be.
 */
export function layerOfOptions(given: Given<Options>['flags']): Layer {
  const raw: Record<string, unknown> = {};
  const names: Record<string, string> = {};
  for (const [name, [path, read]] of Object.entries(SETTINGS)) {
    const option = given[name];
    if (option === undefined) continue;
    const value = typeof option.value === 'string' && read ? read(option.value) : option.value;
    const [group, key] = path.split('.') as [string, string?];
    if (key === undefined) raw[group] = value;
    else raw[group] = { ...(raw[group] as object | undefined), [key]: value };
    names[path] = option.name;
  }
  const nameOf = (path: string) => {
    const [group = ''] = path.split('.');
    return names[path] ?? names[group] ?? path;
  };
  const parsed = ConfigSchema.safeParse(raw);
  if (parsed.success) return { config: parsed.data, nameOf };
  const [problem] = problemsOf(ConfigSchema, raw, parsed.error);
  const path = problem?.path ?? [];
  const of = path[0] === 'limits' ? ` ${path.slice(1).join('.')}` : '';
  const message = problem?.message ?? '';
  const name = `${nameOf(formatPath(path.filter((part) => typeof part === 'string')))}${of}`;
  throw new UsageError(message.startsWith('must') ? `${name} ${message}` : `${name}: ${message}`);
}

function readNumber(text: string): unknown {
  return /^\d+$/.test(text) ? Number(text) : text;
}

function readSwitch(text: string): unknown {
  if (text === 'on' || text === 'true') return true;
  return text === 'off' || text === 'false' ? false : text;
}

function readList(text: string): unknown {
  return text.split(',').map((part) => part.trim());
}

function readLimits(text: string): unknown {
  const pairs = text.split(',').map((part) => {
    const [name = '', value] = part.split('=', 2).map((side) => side.trim());
    if (value === undefined) throw new UsageError(`a limit is set as NAME=VALUE, not "${part}"`);
    return [name, readNumber(value)];
  });
  return Object.fromEntries(pairs);
}
