import {
  type ASTNode,
  TypeError as CelTypeError,
  Environment,
  ParseError,
} from '@marcbachmann/cel-js';
import type { Claims, RequestFacts } from '../identity/identity.ts';
import type { Params } from './pattern.ts';

/** What expressions see. */
export interface Facts {
  readonly user: Claims | null;
  readonly params: Params;
  readonly document: string;
  readonly request: RequestFacts;
}

/** What is wrong with an expression, and where in it, counted from 0. */
export interface ExpressionProblem {
  readonly offset: number;
  readonly message: string;
}

const LIMITS = { maxAstNodes: 1_000, maxDepth: 50 };

const environment = new Environment({ homogeneousAggregateLiterals: false, limits: LIMITS })
  .registerVariable('user', 'dyn')
  .registerVariable('document', 'string')
  .registerVariable({
    name: 'request',
    schema: { address: 'string', origin: 'dyn', path: 'string', headers: 'map<string, string>' },
  });

/** A condition in CEL, the Common Expression Language. It is parsed and checked once. */
export class Expression {
  readonly #run: (facts: Record<string, unknown>) => unknown;

  private constructor(run: (facts: Record<string, unknown>) => unknown) {
    this.#run = run;
  }

  /** @param names those that the pattern has in braces. */
  static parse(text: string, names: readonly string[]): Expression | ExpressionProblem {
    const params = Object.fromEntries(names.map((name) => [name, 'string']));
    const scope = environment.clone().registerVariable({ name: 'params', schema: params });
    try {
      const run = scope.parse(text);
      const { valid, type = '', error } = run.check();
      if (!valid) throw error;
      if (type !== 'bool' && type !== 'dyn') {
        return { offset: 0, message: `gives a ${type}; it must give true or false` };
      }
      return problemWith(run.ast) ?? new Expression(run);
    } catch (error) {
      if (!isCelError(error)) throw error;
      return { offset: error.range?.start ?? 0, message: describe(error, text, names) };
    }
  }

  /** Whether it gives `true`. Anything else is a no: a claim that is missing, another type. */
  holds({ user, params, document, request }: Facts): boolean {
    const { address, origin = null, path, headers } = request;
    try {
      const facts = { user, params, document, request: { address, origin, path, headers } };
      return this.#run(facts) === true;
    } catch {
      return false;
    }
  }
}

/** A regular expression in JavaScript may take for ever on a name that somebody made up for that. */
function problemWith(root: ASTNode): ExpressionProblem | undefined {
  const seen = new Set<unknown>();
  const visit = (value: unknown): ExpressionProblem | undefined => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return undefined;
    seen.add(value);
    const node = value as Partial<ASTNode>;
    if (node.op === 'rcall' && node.args?.[0] === 'matches') {
      const message =
        'matches() is not available (use the pattern, startsWith, endsWith, contains)';
      return { offset: node.range?.start ?? 0, message };
    }
    for (const child of Array.isArray(value) ? value : [node.args]) {
      const problem = visit(child);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
  return visit(root);
}

function describe(
  error: ParseError | CelTypeError,
  text: string,
  names: readonly string[],
): string {
  const { code, summary, range } = error;
  if (code === 'unknown_variable') {
    return `${summary} (there are user, params, document and request)`;
  }
  if (code === 'no_such_key' && /params\s*\.\s*$/.test(text.slice(0, range?.start))) {
    const known = names.length === 0 ? 'no names' : names.join(', ');
    return `${summary} (the pattern has ${known})`;
  }
  return summary;
}

function isCelError(error: unknown): error is ParseError | CelTypeError {
  return error instanceof ParseError || error instanceof CelTypeError;
}
