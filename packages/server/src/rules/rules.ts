import {
  type DocumentId,
  NO_RIGHTS,
  RIGHT_NAMES,
  type RightName,
  type Rights,
  SyncError,
} from '@syncline/protocol';
import type { Identity, RequestFacts } from '../identity/identity.ts';
import { Expression } from './expression.ts';
import { DocumentPattern } from './pattern.ts';

/** A rule as it is written: a pattern of names, and for each right the condition in CEL. */
export interface RuleSource extends Readonly<Partial<Record<RightName, string>>> {
  readonly document: string;
}

/** What is wrong with a rule, and where in the text of the key. */
export interface RuleProblem {
  /** Which rule, counted from 0. */
  readonly rule: number;
  readonly key: 'document' | RightName;
  /** In UTF-16 code units, from 0. */
  readonly offset: number;
  readonly message: string;
}

interface Rule {
  readonly pattern: DocumentPattern;
  readonly conditions: readonly (readonly [RightName, Expression])[];
}

/**
 * Who may do what with which document. Rules only grant: a right is there when any rule whose
 * pattern matches grants it, and whatever no rule grants is denied. Without `read` there is nothing.
 */
export class Rules {
  readonly #rules: readonly Rule[];

  private constructor(rules: readonly Rule[]) {
    this.#rules = rules;
  }

  /** @throws SyncError `rules-invalid` that names each rule, key, line and column that is wrong. */
  static from(sources: readonly RuleSource[]): Rules {
    const { rules, problems } = compile(sources);
    if (problems.length === 0) return new Rules(rules);
    const lines = problems.map((problem) => describeProblem(problem, sources));
    throw new SyncError('rules-invalid', lines.join('; '));
  }

  rightsOf({ user }: Identity, documentId: DocumentId, request: RequestFacts): Rights {
    const rights = { ...NO_RIGHTS };
    for (const { pattern, conditions } of this.#rules) {
      const wanted = conditions.filter(([name]) => !rights[name]);
      const params = wanted.length === 0 ? undefined : pattern.match(documentId);
      if (params === undefined) continue;
      const facts = { user, params, document: documentId, request };
      for (const [name, condition] of wanted) rights[name] = condition.holds(facts);
    }
    return rights.read ? rights : NO_RIGHTS;
  }

  /** Whether somebody administers the server as a whole: by a rule for `**`, which is all documents. */
  isAdmin({ user }: Identity, request: RequestFacts): boolean {
    const facts = { user, params: {}, document: '', request };
    const conditions = this.#rules
      .filter(({ pattern }) => pattern.text === '**')
      .flatMap((rule) => rule.conditions);
    const isGranted = (right: RightName) =>
      conditions.some(([name, condition]) => name === right && condition.holds(facts));
    return isGranted('read') && isGranted('admin');
  }
}

/** All that is wrong with rules, in their order. */
export function checkRules(sources: readonly RuleSource[]): readonly RuleProblem[] {
  return compile(sources).problems;
}

/** What holds where no rules are written: users, or without authentication everybody, may do all. */
export function defaultRules(isAuthenticated: boolean): readonly RuleSource[] {
  const all = isAuthenticated ? 'user != null' : 'true';
  return [
    {
      document: '**',
      read: all,
      write: all,
      awareness: all,
      broadcast: all,
      admin: 'has(user.admin) && user.admin == true',
    },
  ];
}

/** Where an offset is in a text, counted from 1. */
export function positionIn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

function compile(sources: readonly RuleSource[]) {
  const rules: Rule[] = [];
  const problems: RuleProblem[] = [];
  for (const [rule, source] of sources.entries()) {
    const pattern = readPattern(source.document);
    if (typeof pattern === 'string') {
      problems.push({ rule, key: 'document', offset: 0, message: pattern });
      continue;
    }
    const conditions: (readonly [RightName, Expression])[] = [];
    for (const key of RIGHT_NAMES) {
      const text = source[key];
      if (text === undefined) continue;
      const parsed = Expression.parse(text, pattern.names);
      if (parsed instanceof Expression) conditions.push([key, parsed]);
      else problems.push({ rule, key, ...parsed });
    }
    rules.push({ pattern, conditions });
  }
  return { rules, problems };
}

function readPattern(text: string): DocumentPattern | string {
  try {
    return new DocumentPattern(text);
  } catch (error) {
    if (error instanceof SyncError) return error.message;
    throw error;
  }
}

function describeProblem(problem: RuleProblem, sources: readonly RuleSource[]): string {
  const { rule, key, offset, message } = problem;
  const { line, column } = positionIn(sources[rule]?.[key] ?? '', offset);
  return `rule ${rule + 1}, ${key} ${line}:${column}: ${message}`;
}
