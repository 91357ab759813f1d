// @vitest-environment happy-dom
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as source from '../src/index.ts';

const ROOT = new URL('../', `file://${fileURLToPath(import.meta.url)}`);
const DOCS = new URL('../../docs/', ROOT);
const PAGE = readFileSync(fileURLToPath(new URL('bindings.md', DOCS)), 'utf8');
const EXAMPLES = Array.from(PAGE.matchAll(/```js\n(.*?)```/gs), ([, code]) => code as string);

let folder: string;

beforeAll(async () => {
  // Here, so that the package finds itself by its name.
  folder = await mkdtemp(fileURLToPath(new URL('test/example-', ROOT)));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('docs/bindings.md', () => {
  it.each(EXAMPLES.map((code, i) => ({ code, number: i + 1 })))(
    'has an example that says what it says it does: $number',
    async ({ code, number }) => {
      const file = `${folder}/example-${number}.js`;
      await writeFile(file, code);
      const log = vi.spyOn(console, 'log').mockImplementation(() => {});
      const error = vi.spyOn(console, 'error').mockImplementation(() => {});
      await import(/* @vite-ignore */ pathToFileURL(file).href);
      const lines = log.mock.calls.map((parts) => parts.join(' '));
      expect(error).not.toHaveBeenCalled();
      vi.restoreAllMocks();
      // What stands behind `//` at the end of a line that logs begins with what is logged.
      const said = Array.from(
        code.matchAll(/console\.log\(.*\); \/\/ (.+)/g),
        ([, s]) => s as string,
      );
      for (const words of said) {
        if (words.startsWith('one of them')) {
          expect(['red blue', 'blue red']).toContain(lines.at(-1));
        } else
          expect(
            lines.some((line) => words.startsWith(line)),
            `${words}: ${lines.join(' | ')}`,
          ).toBe(true);
      }
    },
  );

  it('has examples of all there is', () => {
    expect(EXAMPLES.length).toBeGreaterThanOrEqual(7);
    const imported = Array.from(
      PAGE.matchAll(/import \{ ([^}]+) \} from '@syncline\/bindings';/g),
      ([, names]) => (names as string).split(', '),
    ).flat();
    // Named in the text alone.
    expect(new Set([...imported, 'colorOf', 'writeText', 'Listeners'])).toEqual(
      new Set(Object.keys(source)),
    );
    for (const call of ['colorOf(', 'writeText(', 'Listeners']) expect(PAGE).toContain(`\`${call}`);
  });

  it('leads somewhere', () => {
    for (const [, link] of PAGE.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      expect(existsSync(fileURLToPath(new URL(link as string, DOCS))), link).toBe(true);
    }
  });
});
