import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as source from '../src/index.ts';
import { atEnd, serve } from './harness.ts';

const DOCS = new URL('../../../docs/', import.meta.url);
const PAGE = readFileSync(new URL('client.md', DOCS), 'utf8');
/** Where the examples say that the server is. */
const ADDRESS = '127.0.0.1:1234';

/** The examples that need no browser. */
const EXAMPLES = [...PAGE.matchAll(/(<!-- browser -->\n\n)?```js\n(.*?)```/gs)].flatMap(
  ([, browser, code]) => (browser === undefined ? [code as string] : []),
);

describe('docs/client.md', () => {
  it.each(EXAMPLES.map((code, i) => ({ code, number: i + 1 })))(
    'has an example that runs and ends: $number',
    async ({ code }) => {
      const { url } = await serve();
      // Here, so that Node finds the package by its name.
      const folder = await mkdtemp(fileURLToPath(new URL('example-', import.meta.url)));
      atEnd(() => rm(folder, { recursive: true }));
      await writeFile(`${folder}/example.mjs`, code.replaceAll(ADDRESS, new URL(url).host));
      const run = promisify(execFile)(process.execPath, ['example.mjs'], {
        cwd: folder,
        timeout: 15_000,
      });
      await expect(run).resolves.toMatchObject({ stderr: '' });
    },
  );

  it('has examples', () => {
    expect(EXAMPLES.length).toBeGreaterThanOrEqual(7);
    for (const code of EXAMPLES) expect(code).toContain(ADDRESS);
  });

  it('names what there is', () => {
    const imported = [...PAGE.matchAll(/import \{ ([^}]+) \} from '@syncline\/client';/g)].flatMap(
      ([, names]) => (names as string).split(', '),
    );
    expect(new Set(imported)).toEqual(new Set(Object.keys(source)));
  });

  it('leads somewhere', () => {
    for (const [, link] of PAGE.matchAll(/\]\(([^)#]+)[^)]*\)/g)) {
      expect(existsSync(new URL(link as string, DOCS)), link).toBe(true);
    }
    const anchors = [...PAGE.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
      (title as string).toLowerCase().replaceAll(' ', '-'),
    );
    for (const [, anchor] of PAGE.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(anchor);
  });
});
