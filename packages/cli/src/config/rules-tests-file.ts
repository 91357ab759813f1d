import {
  type DocumentId,
  parseDocumentId,
  RIGHT_NAMES,
  type RightName,
  type Rights,
  SyncError,
} from '@syncline/protocol';
import type { Identity, RequestFacts } from '@syncline/server/access';
import { z } from 'zod';
import { type FileContent, readYaml } from './yaml-file.ts';

/** Who asks for which document, and what rules should grant. */
export interface RulesTest {
  readonly identity: Identity;
  readonly documentId: DocumentId;
  readonly request: RequestFacts;
  /** Rights that are not named may be granted or not. */
  readonly expected: Partial<Rights>;
}

export interface RulesTests {
  /** The path of the rules, relative to the file. */
  readonly rules: string | undefined;
  readonly tests: readonly RulesTest[];
}

const USER = 'must be an id, claims with an id, or null';
const RIGHTS = `must be a list of rights (${RIGHT_NAMES.join(', ')}), or an object of them`;
const REQUEST = 'must be an object with address, origin, path, headers';

const text = z.string({ error: 'must be text' });

const right = z.enum(RIGHT_NAMES, { error: `must be one of ${RIGHT_NAMES.join(', ')}` });

const TestSchema = z.strictObject(
  {
    user: z.union([z.string(), z.null(), z.looseObject({ id: text })], { error: USER }),
    document: z.string({ error: 'must be the name of a document' }).refine(isDocumentId, {
      error: 'must be the name of a document',
    }),
    expect: z.union([z.array(right), z.partialRecord(right, z.boolean())], { error: RIGHTS }),
    request: z
      .strictObject(
        {
          address: text.optional(),
          origin: text.optional(),
          path: text.optional(),
          headers: z.record(z.string(), z.string(), { error: 'must be an object' }).optional(),
        },
        { error: ({ code }) => (code === 'invalid_type' ? REQUEST : undefined) },
      )
      .optional(),
  },
  { error: ({ code }) => (code === 'invalid_type' ? 'must be an object' : undefined) },
);

const tests = z.array(TestSchema, { error: 'must be a list of tests' });

const FileSchema = z.union([tests, z.strictObject({ rules: text.optional(), tests })], {
  error: 'must be a list of tests, or an object with the keys rules and tests',
});

/** Reads a table of tests from YAML or JSON. */
export function readRulesTests(content: string): FileContent<RulesTests> {
  const { value, problems } = readYaml(content, FileSchema);
  if (value === undefined) return { value, problems };
  const { rules, tests } = Array.isArray(value) ? { rules: undefined, tests: value } : value;
  return { value: { rules, tests: tests.map(toTest) }, problems };
}

function toTest({ user, document, expect, request = {} }: z.infer<typeof TestSchema>): RulesTest {
  const claims = typeof user === 'string' ? { id: user } : user;
  const { address = '127.0.0.1', origin, path = `/${encodeURI(document)}`, headers = {} } = request;
  return {
    identity: { user: claims },
    documentId: parseDocumentId(document),
    request: { address, origin, path, headers },
    expected: Array.isArray(expect) ? exactly(expect) : expect,
  };
}

function exactly(names: readonly RightName[]): Rights {
  const entries = RIGHT_NAMES.map((name) => [name, names.includes(name)]);
  return Object.fromEntries(entries) as Record<RightName, boolean>;
}

function isDocumentId(name: string): boolean {
  try {
    parseDocumentId(name);
    return true;
  } catch (error) {
    if (error instanceof SyncError) return false;
    throw error;
  }
}
