import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as source from '../src/index.ts';
import { atEnd } from './server.ts';

const DOCS = new URL('../../../docs/', import.meta.url);
const PAGE = readFileSync(new URL('react.md', DOCS), 'utf8');
const TSC = fileURLToPath(new URL('../../../node_modules/.bin/tsc', import.meta.url));

const EXAMPLES = [...PAGE.matchAll(/```tsx\n(.*?)```/gs)].map(([, code]) => code as string);

/** What the compiler says of them. They import the package as it is built, by its name. */
async function check(examples: readonly string[]): Promise<string> {
  const folder = await mkdtemp(fileURLToPath(new URL('example-', import.meta.url)));
  atEnd(() => rm(folder, { recursive: true }));
  // As applications are compiled: for browsers, by a bundler.
  const compilerOptions = { module: 'esnext', moduleResolution: 'bundler', rootDir: '../..' };
  const config = { extends: '../tsconfig.json', compilerOptions, include: ['.'] };
  await writeFile(`${folder}/tsconfig.json`, JSON.stringify(config));
  await Promise.all(examples.map((code, i) => writeFile(`${folder}/example-${i + 1}.tsx`, code)));
  return await promisify(execFile)(TSC, ['-p', folder]).then(
    ({ stdout }) => stdout,
    ({ stdout }: { stdout: string }) => stdout,
  );
}

describe('docs/react.md', () => {
  it('has examples that compile', async () => {
    expect(EXAMPLES.length).toBeGreaterThanOrEqual(6);
    expect(await check(EXAMPLES)).toBe('');
  });

  it('would be found out', async () => {
    const wrong = EXAMPLES.map((code) => code.replace("useMap('note', (note: Note) =>", 'useMap('));
    expect(await check(wrong)).toContain('example-1.tsx');
  });

  it('names what there is', () => {
    for (const name of Object.keys(source)) {
      expect(PAGE).toContain(name.startsWith('use') ? `\`${name}(` : `<${name}>`);
    }
  });

  it('leads somewhere', () => {
    for (const [, path, anchor] of PAGE.matchAll(/\]\(([^)#]+)(?:#([^)]+))?\)/g)) {
      expect(existsSync(new URL(path as string, DOCS)), path).toBe(true);
      if (anchor === undefined) continue;
      const titles = readFileSync(new URL(path as string, DOCS), 'utf8').matchAll(/^#+ (.+)$/gm);
      const anchors = [...titles].map(([, title]) =>
        (title as string).toLowerCase().replaceAll(' ', '-'),
      );
      expect(anchors).toContain(anchor);
    }
  });
});
