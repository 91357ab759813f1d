import { SyncError } from '@syncline/protocol';
import {
  type Authenticator,
  checkRules,
  createCustomAuthenticator,
  createJwtAuthenticator,
  defaultRules,
  openAuthenticator,
  positionIn,
  type RuleSource,
  Rules,
} from '@syncline/server/access';
import { isPem, readText } from './config-file.ts';
import type { Settings } from './settings.ts';

/** Who may come in, and what they may do. */
export interface Access {
  readonly authenticator: Authenticator;
  readonly rules: Rules;
}

/**
 * @param onFailure is told what the function `authenticate` threw, as text.
 * @throws SyncError `config-invalid`, `rules-invalid`
 */
export async function createAccess(
  settings: Settings,
  onFailure: (failure: string) => void,
): Promise<Access> {
  const { sources, problems } = await loadRules(settings);
  if (problems.length > 0) throw new SyncError('rules-invalid', problems.join('\n'));
  const authenticator = await createAuthenticator(settings, onFailure);
  return { authenticator, rules: Rules.from(sources) };
}

export interface LoadedRules {
  /** Where they are from, for people. */
  readonly from: string;
  readonly sources: readonly RuleSource[];
  /** A line for each thing that is wrong, with its place. */
  readonly problems: readonly string[];
}

/** The rules in force: those of a file, those of the configuration, or the ones by default. */
export async function loadRules({ values, way, sourceOf }: Settings): Promise<LoadedRules> {
  const { rules } = values;
  if (typeof rules === 'string') return await loadRulesFile(rules);
  if (rules === undefined) {
    return { from: 'the default', sources: defaultRules(way !== undefined), problems: [] };
  }
  const from = sourceOf('rules');
  const problems = checkRules(rules).map(({ rule, key, offset, message }) => {
    const { line, column } = positionIn(rules[rule]?.[key] ?? '', offset);
    return `${from}: rules[${rule}].${key}: ${line}:${column}: ${message}`;
  });
  return { from, sources: rules, problems };
}

export async function loadRulesFile(path: string): Promise<LoadedRules> {
  // The library that reads YAML is some 80 modules, and most servers have no such file.
  const { readRules } = await import('./rules-file.ts');
  const { value = [], problems } = readRules(await readText(path));
  const lines = problems.map(
    ({ line, column, message }) => `${path}:${line}:${column}: ${message}`,
  );
  return { from: path, sources: value, problems: lines };
}

async function createAuthenticator(
  { values, way, sourceOf }: Settings,
  onFailure: (failure: string) => void,
): Promise<Authenticator> {
  const { auth = {}, authenticate, allowAnonymous } = values;
  if (authenticate !== undefined)
    return createCustomAuthenticator(authenticate, { allowAnonymous, onFailure });
  if (way === undefined) return openAuthenticator;
  const { publicKey, algorithm, ...others } = auth;
  const isFile = publicKey !== undefined && !isPem(publicKey);
  try {
    return createJwtAuthenticator({
      ...others,
      allowAnonymous,
      ...(publicKey !== undefined && { publicKey: isFile ? await readText(publicKey) : publicKey }),
      ...(algorithm !== undefined && { algorithms: [algorithm] }),
    });
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    throw new SyncError('config-invalid', `${way} (${sourceOf(way)}): ${error.message}`, {
      cause: error.cause,
    });
  }
}
