import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** The folder that has the Dockerfile, compose.yaml and deploy. */
export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));

export const readText = (path: string) => readFile(`${REPOSITORY}${path}`, 'utf8');

/** An instruction of a Dockerfile, as `['EXPOSE', '1234']`. */
export type Instruction = readonly [name: string, rest: string];

/** The instructions of each stage, without comments, in order. */
export async function readDockerfile(): Promise<readonly (readonly Instruction[])[]> {
  const text = await readText('Dockerfile');
  const lines = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
  const stages: Instruction[][] = [[]];
  for (const line of lines) {
    const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    if (name === '') throw new Error(`the Dockerfile has a line that is none: ${line}`);
    if (name === 'FROM') stages.push([]);
    stages.at(-1)?.push([name, rest]);
  }
  return stages.slice(1);
}

/** What the instructions of one name say, in order. */
export function all(stage: readonly Instruction[], name: string): string[] {
  return stage.filter(([each]) => each === name).map(([, rest]) => rest);
}

/** What the only instruction of a name says. */
export function one(stage: readonly Instruction[], name: string): string {
  const found = all(stage, name);
  if (found.length !== 1) throw new Error(`${name} stands ${found.length} times`);
  return found[0] ?? '';
}

/** The parts of a service that are looked at. */
export interface Service {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly networks: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>> | string[];
  readonly stop_grace_period?: string;
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/**
 * Reads compose.yaml as Docker does, with variables in the place of `${NAME}`, `${NAME:-default}` and
 * `${NAME:?message}`, and for those that have no value.
 * @throws Error with the message when a variable is missing that must be there.
 */
export async function readCompose(variables: Readonly<Record<string, string>>): Promise<Compose> {
  const interpolate = (text: string) =>
    text.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, mark, other: string) => {
      const value = variables[name] ?? '';
      if (value !== '' || mark === undefined) return value;
      if (mark === '?') throw new Error(`${name}: ${other}`);
      return other;
    });
  const file: unknown = parse(await readText('compose.yaml'), { merge: true });
  const inserted = JSON.stringify(file, (key, value: unknown) => {
    if (key === 'environment')
      return { ...(value as object), ...passedOn(value as object, variables) };
    return typeof value === 'string' ? interpolate(value) : value;
  });
  return JSON.parse(inserted) as Compose;
}

/** Variables without a value come from outside, or are not set. */
function passedOn(environment: object, variables: Readonly<Record<string, string>>) {
  const names = Object.entries(environment).filter(([, value]) => value === null);
  return Object.fromEntries(names.map(([name]) => [name, variables[name]]));
}

/** A service that must be there. */
export function serviceOf({ services }: Compose, name: string): Service {
  const service = services[name];
  if (service === undefined) throw new Error(`compose.yaml has no service ${name}`);
  return service;
}

/** Seconds in a duration like `30s`. */
export function secondsOf(duration: string | undefined): number {
  const [, amount, unit] = /^(\d+)(ms|s|m)$/.exec(duration ?? '') ?? [];
  const factor = { ms: 0.001, s: 1, m: 60 }[unit ?? ''];
  if (factor === undefined) throw new Error(`this is no duration: ${duration}`);
  return Number(amount) * factor;
}
