import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ERROR_CODES } from './error-code.ts';

it('every code stands in docs/errors.md with its close code, and no other', () => {
  const page = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| `([a-z-]+)` +\| (\d+) +\| (\S+) +\|/gm)];
  const documented = rows.map(([, code, close, hocuspocus]) => [code, Number(close), hocuspocus]);
  const defined = Object.entries(ERROR_CODES).map(([code, { close, hocuspocus }]) => [
    code,
    close,
    String(hocuspocus ?? '–'),
  ]);
  expect(documented).toEqual(defined);
});
