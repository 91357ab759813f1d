import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocumentId, RIGHT_NAMES } from '@syncline/protocol';
import { type Claims, DEFAULT_LIMITS, Rules } from '@syncline/server/access';
import { TemporaryDirectory } from '@syncline/testing';
import { describe, expect, it } from 'vitest';
import { SERVE_OPTIONS } from '../src/config/config-options.ts';
import { readRules } from '../src/config/rules-file.ts';
import { ConfigSchema } from '../src/config/schema.ts';
import { syncline } from './command.ts';

const read = (name: string) => readFile(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

function blocks(text: string, language: string): string[] {
  const fences = text.matchAll(/^```(\w*)\n(.*?)^```$/gms);
  return [...fences].filter(([, name]) => name === language).map(([, , body = '']) => body);
}

describe('docs/rules.md', () => {
  it('has rules that grant what it says of them', async () => {
    const [source = ''] = blocks(await read('rules.md'), 'yaml');
    const { value, problems } = readRules(source);
    expect(problems).toEqual([]);
    const rules = Rules.from(value ?? []);
    const granted = (user: Claims | null, document: string) => {
      const request = { address: '', origin: undefined, path: '', headers: {} };
      const rights = rules.rightsOf({ user }, parseDocumentId(document), request);
      return RIGHT_NAMES.filter((name) => rights[name]).join(' ');
    };
    const ada = { id: 'ada', teams: ['red'] };
    expect(granted(null, 'boards/red/1')).toBe('read');
    expect(granted(ada, 'boards/red/1')).toBe('read write awareness');
    expect(granted(ada, 'boards/blue/1')).toBe('read awareness');
    expect(granted({ id: 'bob' }, 'boards/red/1')).toBe('read awareness');
    expect(granted(ada, 'private/ada/a/b')).toBe('read write');
    expect(granted({ id: 'bob' }, 'private/ada/a')).toBe('');
    expect(granted(ada, 'other')).toBe('');
  });

  it('has tests that pass, with the table that it shows', async () => {
    const text = await read('rules.md');
    const [rules = '', tests = ''] = blocks(text, 'yaml');
    const folder = await TemporaryDirectory.make();
    await writeFile(join(folder.path, 'rules.yaml'), rules);
    await writeFile(join(folder.path, 'rules.test.yaml'), tests);
    const { code, stdout } = await syncline(['rules', 'test', 'rules.test.yaml'], {}, folder.path);
    expect(code).toBe(0);
    expect(text).toContain(`$ syncline rules test rules.test.yaml\n${stdout}`);
    await writeFile(join(folder.path, 'rules.yaml'), rules.replace('params.team', 'parms.team'));
    const check = await syncline(['rules', 'check', 'rules.yaml'], {}, folder.path);
    expect(text).toContain(`$ syncline rules check rules.yaml\n${check.stdout}${check.stderr}`);
    await folder.remove();
  });

  it('has expressions that are right, and hold for somebody', async () => {
    const [lines = ''] = blocks(await read('rules.md'), '');
    const expressions = lines
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/)[0] ?? '');
    expect(expressions).toHaveLength(9);
    const user = {
      id: 'ada',
      teams: ['ada'],
      role: 'editor',
      roles: { ada: 'editor' },
      email: 'ada@example.com',
      level: 3,
    };
    for (const expression of expressions) {
      const document = '{owner}/{team}';
      const rules = Rules.from([{ document, read: expression.replace('"public/"', '"ada/"') }]);
      const request = { address: '', origin: undefined, path: '', headers: {} };
      const rights = rules.rightsOf({ user }, parseDocumentId('ada/ada'), request);
      expect([expression, rights.read]).toEqual([expression, true]);
    }
  });
});

describe('docs/configuration.md', () => {
  /** The cells of its tables, by their first cell. */
  async function rows(): Promise<Map<string, string[]>> {
    const lines = (await read('configuration.md')).split('\n');
    const cells = lines
      .filter((line) => line.startsWith('| `'))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim().replaceAll('`', '')),
      );
    return new Map(cells.map(([name = '', ...rest]) => [name, rest]));
  }

  it('has every setting, with its flag, its variable and its default', async () => {
    const table = await rows();
    const { auth, schema, ...others } = ConfigSchema.shape;
    const keys = [
      ...Object.keys(others),
      ...Object.keys(auth.unwrap().shape).map((key) => `auth.${key}`),
      ...Object.keys(schema.unwrap().shape).map((key) => `schema.${key}`),
    ];
    for (const key of keys) expect([key, table.has(key)]).toEqual([key, true]);
    const help = (await syncline(['serve', '--help'])).stdout;
    const flags = keys.flatMap((key) => table.get(key)?.[0] || []);
    for (const [name, option] of Object.entries(SERVE_OPTIONS)) {
      if (name === 'config') continue;
      if (!('flag' in option)) expect(flags).toContain(`--${name}`);
      const row = [...table.values()].find(([flag]) => flag === `--${name}`);
      if ('default' in option) expect(row?.[2]).toBe(option.default);
    }
    const variables = keys.flatMap((key) => table.get(key)?.[1] || []);
    expect(new Set(variables)).toEqual(
      new Set((help.match(/SYNCLINE_[A-Z_]+/g) ?? []).filter((name) => name !== 'SYNCLINE_CONFIG')),
    );
  });

  it('has every limit with its default', async () => {
    const table = await rows();
    const sizes = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
    const units: Record<string, number> = { ...sizes, s: 1_000, min: 60_000 };
    for (const [name, value] of Object.entries(DEFAULT_LIMITS)) {
      const [amount = '', unit] = table.get(name)?.[0]?.split(' ') ?? [];
      const written =
        Number(amount.replaceAll(',', '')) * (unit === undefined ? 1 : (units[unit] ?? 0));
      expect([name, written]).toEqual([name, value]);
    }
  });

  it('has examples in JSON that may stand in a configuration', async () => {
    const examples = blocks(await read('configuration.md'), 'json');
    expect(examples).toHaveLength(2);
    for (const example of examples) {
      expect(ConfigSchema.safeParse(JSON.parse(example)).error).toBeUndefined();
    }
  });
});
