import { RIGHT_NAMES } from '@syncline/protocol';
import { checkRules, type RuleSource } from '@syncline/server/access';
import { z } from 'zod';
import { RulesSchema } from './schema.ts';
import { type FileContent, type FileProblem, readYaml, type YamlFile } from './yaml-file.ts';

const RulesFileSchema = z.strictObject(
  { rules: RulesSchema },
  {
    error: ({ code }) =>
      code === 'invalid_type' ? 'must have the key rules, with a list of rules' : undefined,
  },
);

/** Reads rules from YAML or JSON, and checks them. */
export function readRules(text: string): FileContent<readonly RuleSource[]> {
  const { value, problems } = readYaml(text, RulesFileSchema, problemsInRules);
  return { value: value?.rules, problems };
}

/** Expressions are checked whatever else is wrong, so that all is said at once. */
function problemsInRules(content: unknown, file: YamlFile): FileProblem[] {
  const rules = (content as { readonly rules?: unknown } | null)?.rules;
  if (!Array.isArray(rules)) return [];
  return rules.flatMap((rule: unknown, index) =>
    checkRules([textsOf(rule)]).map(({ key, offset, message }) => ({
      ...file.positionOf(['rules', index, key], offset),
      message: `${key}: ${message}`,
    })),
  );
}

/** The parts of a rule that are text. Without a pattern there are no parameters to know. */
function textsOf(rule: unknown): RuleSource {
  const entries = typeof rule === 'object' && rule !== null ? Object.entries(rule) : [];
  const texts = entries.filter(
    ([key, value]) =>
      ['document', ...RIGHT_NAMES].includes(key) && typeof value === 'string' && value !== '',
  );
  return { document: '**', ...(Object.fromEntries(texts) as Partial<RuleSource>) };
}
