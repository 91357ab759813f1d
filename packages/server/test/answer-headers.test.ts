import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TemporaryDirectory } from '@syncline/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startHarness } from './harness.ts';

const PAGES = ['/', '/editor/notes', '/text/notes', '/board/notes'];
const FILES = ['/assets/a.js', '/assets/a.css', '/sw.js', '/favicon.svg'];

let folder: TemporaryDirectory;
beforeAll(async () => {
  folder = await TemporaryDirectory.make();
  await mkdir(join(folder.path, 'assets'));
  const files = ['index.html', 'editor.html', 'text.html', 'board.html', 'sw.js', 'favicon.svg'];
  for (const file of [...files, 'assets/a.js', 'assets/a.css']) {
    await writeFile(join(folder.path, file), '');
  }
});
afterAll(() => folder.remove());

/** The headers of an answer, by the names that tell browsers what not to do. */
async function headersOf(path: string, init: RequestInit = {}, status = 200) {
  const { server } = await startHarness({ pages: folder.path });
  const answer = await fetch(server.url + path, init);
  expect(answer.status).toBe(status);
  return Object.fromEntries(answer.headers);
}

describe('the headers of', () => {
  it.each([...PAGES, ...FILES])('%s allow what the pages need, and no more', async (path) => {
    const headers = await headersOf(path);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    const policy = headers['content-security-policy']?.split('; ');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers['permissions-policy']).toContain('camera=()');
  });

  it.each([
    ['/healthz', {}, 200],
    ['/readyz', {}, 200],
    ['/metrics', {}, 200],
    ['/nothing', {}, 404],
    ['/assets/nothing.js', {}, 404],
    ['/editor', {}, 404],
    ['/v1/documents', {}, 200],
    ['/v1/documents/nothing', {}, 404],
    ['/v1/documents/nothing', { headers: { origin: 'https://evil.example' } }, 403],
    ['/v1/documents/x', { method: 'PUT', body: 'no file' }, 422],
    ['/v1/sync/nowhere', {}, 404],
    ['/v1/sync', { method: 'POST', body: 'no frame' }, 400],
    ['/v1/nothing', {}, 404],
  ])('%s (%o, %i) allow nothing', async (path, init, status) => {
    const headers = await headersOf(path, init as RequestInit, status);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
    });
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'.*frame-ancestors 'none'$/,
    );
  });

  it('answers below a base path, and beside it, are the same', async () => {
    const { server } = await startHarness({ pages: folder.path, basePath: '/sync' });
    for (const path of ['/healthz', '/nothing']) {
      const { headers } = await fetch(server.url + path);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
    const outside = await fetch(new URL('/elsewhere', server.url));
    expect(outside.headers.get('x-frame-options')).toBe('DENY');
  });
});
