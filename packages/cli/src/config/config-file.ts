import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SyncError } from '@syncline/protocol';
import { positionIn } from '@syncline/server/access';
import type { Layer } from './layer.ts';
import { formatPath, problemsOf } from './problems.ts';
import { type Config, ConfigSchema } from './schema.ts';

const NAMES = ['syncline.config.mjs', 'syncline.config.json'];

/**
 * What the configuration file says: the one that is named, else the one in the current folder.
 * @throws SyncError `config-invalid` with one line for each thing that is wrong in it.
 */
export async function readConfigFile(named: string | undefined): Promise<Layer | undefined> {
  const path = named ?? findFile();
  if (path === undefined) return undefined;
  const value = path.endsWith('.json') ? await readJson(path) : await readModule(path);
  const parsed = ConfigSchema.safeParse(value);
  if (!parsed.success) {
    const lines = problemsOf(ConfigSchema, value, parsed.error).map(({ path: at, message }) =>
      [path, formatPath(at), message].filter((part) => part !== '').join(': '),
    );
    throw new SyncError('config-invalid', lines.join('\n'));
  }
  return { config: withPaths(parsed.data, dirname(path)), nameOf: () => path };
}

function findFile(): string | undefined {
  const there = NAMES.filter((name) => existsSync(name));
  if (there.length < 2) return there[0];
  const message = `there are ${there.join(' and ')}: remove one, or name one with --config`;
  throw new SyncError('config-invalid', message);
}

async function readJson(path: string): Promise<unknown> {
  const text = await readText(path);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // Node's message may quote the text, which may hold a secret.
    const offset = /position (\d+)/.exec(String(error))?.[1];
    const { line, column } = positionIn(text, Number(offset ?? 0));
    const place = offset === undefined ? path : `${path}:${line}:${column}`;
    throw new SyncError('config-invalid', `${place}: this is no JSON`);
  }
}

/** The default export of a module, or what the function returns that is it. */
async function readModule(path: string): Promise<unknown> {
  try {
    // With another query it is loaded anew after it was changed.
    const { mtimeMs } = await stat(path);
    const url = `${pathToFileURL(resolve(path)).href}?${mtimeMs}`;
    const { default: exported } = (await import(url)) as { readonly default?: unknown };
    if (exported === undefined) throw new Error('it has no default export');
    return typeof exported === 'function' ? await (exported as () => unknown)() : exported;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new SyncError('config-invalid', `${path} cannot be loaded: ${message}`, { cause });
  }
}

/** @throws SyncError `config-invalid` when a file that the configuration names cannot be read. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const reason = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new SyncError('config-invalid', `${path}: ${reason}`, { cause });
  }
}

/** Paths in a file are relative to it. */
function withPaths(config: Config, folder: string): Config {
  const { data, rules, auth } = config;
  const from = (path: string) =>
    resolve(folder) === process.cwd() ? path : relative('', resolve(folder, path)) || '.';
  return {
    ...config,
    ...(data !== undefined && { data: from(data) }),
    ...(typeof rules === 'string' && { rules: from(rules) }),
    ...(auth?.publicKey !== undefined &&
      !isPem(auth.publicKey) && { auth: { ...auth, publicKey: from(auth.publicKey) } }),
  };
}

/** A public key stands there itself, or is in a file. */
export function isPem(text: string): boolean {
  return text.trimStart().startsWith('-----BEGIN');
}
