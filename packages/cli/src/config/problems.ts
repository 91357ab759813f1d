import { z } from 'zod';

/** One thing that is wrong with a value: where, as `auth.issuer` or `rules[1].read`, and what. */
export interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Settings that may have secrets in them. */
const SECRET = new Set<PropertyKey | undefined>(['auth', 'store', 'bus']);
/** What may be shown of a value that is wrong. */
const MAX_SHOWN = 60;
/** How many letters may be wrong for a name to be taken for another. */
const MAX_DISTANCE = 3;

/** All that is wrong with a value, for people. */
export function problemsOf(schema: z.ZodType, value: unknown, { issues }: z.ZodError): Problem[] {
  return issues.flatMap((issue) => problemsOfIssue(schema, value, issue, []));
}

/** A path for people: `auth.issuer`, `rules[1].read`. */
export function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

function problemsOfIssue(
  schema: z.ZodType,
  root: unknown,
  issue: z.core.$ZodIssue,
  above: readonly PropertyKey[],
): Problem[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, path);
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `there is no such key${suggestion(key, known)}`,
    }));
  }
  if (issue.code === 'invalid_union') {
    // The branch that the value was meant for is the one that found its faults further inside.
    const meant = issue.errors.find((branch) => branch.every((one) => one.path.length > 0));
    if (meant !== undefined)
      return meant.flatMap((one) => problemsOfIssue(schema, root, one, path));
  }
  return [{ path, message: `${issue.message}${notThis(root, path)}` }];
}

function notThis(root: unknown, path: readonly PropertyKey[]): string {
  // Nothing of a key, a secret or a password goes into a message.
  if (SECRET.has(path[0])) return '';
  let value = root;
  for (const part of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[part];
  if (typeof value === 'function' || value === undefined) return '';
  const text = JSON.stringify(value);
  return text.length <= MAX_SHOWN ? `, not ${text}` : '';
}

/** The keys that an object may have at a path. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let at: unknown = schema;
  for (const part of [...path, undefined]) {
    while (at instanceof z.ZodOptional) at = at.unwrap();
    if (at instanceof z.ZodUnion) at = at.options.find((one) => !(one instanceof z.ZodString));
    if (part === undefined) break;
    if (at instanceof z.ZodObject) at = at.shape[String(part)];
    else if (at instanceof z.ZodArray) at = at.element;
  }
  return at instanceof z.ZodObject ? Object.keys(at.shape) : [];
}

/** ` (did you mean "port"?)` for what is close to a name that there is. */
function suggestion(name: string, known: readonly string[]): string {
  const [best] = known
    .map((other) => ({ other, distance: distanceOf(name.toLowerCase(), other.toLowerCase()) }))
    .filter(({ other, distance }) => distance <= Math.min(MAX_DISTANCE, other.length / 2))
    .toSorted((a, b) => a.distance - b.distance);
  return best === undefined ? '' : ` (did you mean "${best.other}"?)`;
}

/** How many letters must be put in, taken out or changed (Levenshtein). */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, letter] of a.split('').entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const change = (row[j] as number) + (letter === b[j] ? 0 : 1);
      next.push(Math.min(change, (row[j + 1] as number) + 1, (next[j] as number) + 1));
    }
    row = next;
  }
  return row.at(-1) as number;
}
