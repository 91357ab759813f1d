import { execFile } from 'node:child_process';
import { cp, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TemporaryDirectory, until } from '@syncline/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { launchBrowser, openPage, pagesKept, ready, visit } from '../../editor/test/browser.ts';
import { servePages } from '../../editor/test/page-server.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);

let browser: Browser;
let folder: TemporaryDirectory;
let pages: string;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await folder.remove();
});
beforeEach(async () => {
  await folder?.remove();
  folder = await TemporaryDirectory.make();
  pages = join(folder.path, 'public');
  await cp(join(ROOT, 'packages/cli/public'), pages, { recursive: true });
});

/** As a build after a change in the editor does: its script has another name. Returns the old one's path. */
async function buildAnew(): Promise<string> {
  const files = await readdir(join(pages, 'assets'));
  const script = files.find((file) => /^editor-.*\.js$/.test(file)) ?? '';
  const next = 'editor-anew.js';
  await rename(join(pages, 'assets', script), join(pages, 'assets', next));
  const page = join(pages, 'editor.html');
  await writeFile(page, (await readFile(page, 'utf8')).replaceAll(script, next));
  await run(process.execPath, [join(ROOT, 'scripts/service-worker.mjs'), pages]);
  return `/assets/${script}`;
}

const cacheNames = (page: Page) => page.evaluate(() => caches.keys());
const statusOf = (page: Page, path: string) =>
  page.evaluate(async (path) => (await fetch(path)).status, path);
/** The script of the page that is shown. */
const scriptOf = (page: Page) =>
  page.evaluate(() =>
    [...document.scripts].map(({ src }) => new URL(src).pathname).find((src) => /editor/.test(src)),
  );
const hasWaiting = (page: Page) =>
  page.evaluate(async () => (await navigator.serviceWorker.ready).waiting !== null);

// Playwright attaches a debugger to workers, and then Chromium on a loaded machine lets one in six hang: the reload at the
// moment when it changes workers ends in neither of them (10 of 56). Without that debugger none of 28 did.
it('a new build is taken over without mixing versions', { retry: 2 }, async () => {
  const { url } = await servePages({ pages });
  const ada = await visit(browser, `${url}/editor/notes`, 'Ada');
  await pagesKept(ada.page);
  const context = ada.page.context();
  const other = await openPage(context);
  await other.page.goto(`${url}/editor/notes`);
  await ready(other.page);
  const [first] = await cacheNames(ada.page);

  const old = await buildAnew();
  expect((await fetch(url + old)).status).toBe(404);
  await ada.page.evaluate(async () => await (await navigator.serviceWorker.ready).update());
  await until('the new worker waits', () => hasWaiting(ada.page));
  // The pages that are open go on, with the files that they came with.
  expect(await cacheNames(ada.page)).toHaveLength(2);
  expect(await statusOf(ada.page, old)).toBe(200);
  await ada.page.keyboard.type('still here');
  await ready(ada.page);

  await ada.page.reload();
  await ready(ada.page);
  expect(await scriptOf(ada.page)).toBe('/assets/editor-anew.js');
  // The other one is of the old version: the new worker goes on waiting.
  await ada.page.waitForTimeout(300);
  expect(await hasWaiting(ada.page)).toBe(true);
  expect(await statusOf(other.page, old)).toBe(200);
  // Without a server all of the old version is there, and nothing of the new one.
  await context.setOffline(true);
  await ada.page.reload();
  await ada.page.waitForSelector('.cm-line:has-text("still here")');
  expect(await scriptOf(ada.page)).toBe(old);
  await context.setOffline(false);

  await other.page.close();
  // With the next page that is loaded once the browser has let go of the old one.
  await until('the new one took over', async () => {
    await ada.page.reload();
    await ready(ada.page);
    return (await cacheNames(ada.page)).length === 1;
  });
  expect(await cacheNames(ada.page)).not.toEqual([first]);
  await context.setOffline(true);
  await ada.page.reload();
  await ada.page.waitForSelector('.cm-line:has-text("still here")');
  expect(await scriptOf(ada.page)).toBe('/assets/editor-anew.js');
  expect(other.errors).toEqual([]);
});

it('keeps what was built, and nothing else', async () => {
  const { url } = await servePages({ pages });
  const { page } = await visit(browser, `${url}/text/notes`, 'Ada');
  await pagesKept(page);
  await page.reload();
  await ready(page);
  await page.goto(`${url}/board/another`);
  await page.goto(url);
  const isFromWorker = async (path: string) => {
    const answer = page.waitForResponse((response) => response.url() === url + path);
    await statusOf(page, path);
    return (await answer).fromServiceWorker();
  };
  expect(await isFromWorker('/v1/documents')).toBe(false);
  expect(await isFromWorker('/v1/sync/nowhere')).toBe(false);
  expect(await isFromWorker('/healthz')).toBe(false);
  expect(await isFromWorker('/favicon.svg')).toBe(true);
  const kept = await page.evaluate(async () => {
    const [name] = await caches.keys();
    const cache = await caches.open(name ?? '');
    return (await cache.keys()).map((request) => new URL(request.url).pathname);
  });
  const built = await readdir(pages, { recursive: true, withFileTypes: true });
  const paths = built
    .filter((entry) => entry.isFile() && entry.name !== 'sw.js')
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(pages.length));
  expect(kept.toSorted()).toEqual(paths.toSorted());
});

it('refuses to keep pages of two versions at once', async () => {
  // The server was upgraded between the worker and the pages that it asked for.
  const worker = await readFile(join(pages, 'sw.js'));
  await buildAnew();
  await writeFile(join(pages, 'sw.js'), worker);
  const { url } = await servePages({ pages });
  const { page } = await visit(browser, `${url}/editor/notes`, 'Ada');
  await page.waitForTimeout(500);
  const registration = () =>
    page.evaluate(async () => {
      const found = await navigator.serviceWorker.getRegistration();
      return found?.active ?? found?.waiting ?? null;
    });
  expect(await registration()).toBe(null);
});
