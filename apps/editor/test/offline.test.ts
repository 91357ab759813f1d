import { readFresh, ServerProcess, StockClient, TemporaryDirectory } from '@syncline/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HeldStore } from '../../../packages/client/test/harness.ts';
import { crash, launchBrowser, openPage, pagesKept, ready, textOf, visit } from './browser.ts';
import { servePages } from './page-server.ts';

/** Browsers write what is kept a moment later, and a loaded machine takes its time. */
const KEPT_MS = 1_000;

let browser: Browser;
let data: TemporaryDirectory;
let server: ServerProcess;

beforeAll(async () => {
  browser = await launchBrowser();
  data = await TemporaryDirectory.make();
  server = new ServerProcess(data);
  await server.start();
});
afterAll(async () => {
  await browser.close();
  await server.kill('SIGKILL');
  await data.remove();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  if (!server.isRunning) await server.start();
});

/** What a client that never had a copy gets of the document's rich text. */
async function readFreshRich(name: string): Promise<string> {
  const client = await new StockClient(server.url, name).synced();
  const xml = client.doc.getXmlFragment('default').toString();
  client.destroy();
  return xml.replaceAll(/<[^>]*>/g, '');
}

describe.each([
  { kind: 'editor', surface: '.cm-content', read: (name: string) => readFresh(server.url, name) },
  { kind: 'text', surface: '.tiptap', read: readFreshRich },
])('/$kind', ({ kind, surface, read }) => {
  const shows = (page: Page, text: string) =>
    page.waitForSelector(`${surface}:has-text("${text}")`);

  it('what was written offline survives that the page is killed, and arrives when there is a network', async () => {
    const name = `${kind} without a network`;
    const url = `${server.httpUrl}/${kind}/${encodeURIComponent(name)}`;
    const ada = await visit(browser, url, 'Ada');
    await pagesKept(ada.page);
    await ada.page.keyboard.type('before. ');
    await ready(ada.page);
    const context = ada.page.context();
    await context.setOffline(true);
    await ada.page.keyboard.press('Control+End');
    await ada.page.keyboard.type('written offline');
    await ada.page.waitForSelector('#state[data-state=offline]');
    await ada.page.waitForSelector(
      '#notice:has-text("Less than 1 kB of changes is not saved yet")',
    );
    await shows(ada.page, 'before. written offline');
    await ada.page.waitForTimeout(KEPT_MS);
    await crash(ada.page);

    const { page, errors } = await openPage(context);
    await page.goto(url);
    await shows(page, 'before. written offline');
    await page.waitForSelector('#notice:has-text("kept in this browser")');
    expect(await read(name)).not.toContain('offline');
    await context.setOffline(false);
    await ready(page);
    await page.waitForSelector('#notice', { state: 'hidden' });
    expect(await read(name)).toContain('before. written offline');
    expect([...ada.errors, ...errors]).toEqual([]);
  });

  it('a reload with the server down shows the document, and takes edits', async () => {
    const name = `${kind} without a server`;
    const url = `${server.httpUrl}/${kind}/${encodeURIComponent(name)}`;
    const { page, errors } = await visit(browser, url, 'Ada');
    await pagesKept(page);
    await page.keyboard.type('kept. ');
    await ready(page);
    await server.kill('SIGKILL');
    await page.reload();
    await shows(page, 'kept. ');
    await ready(page, 'offline');
    await page.click(surface);
    await page.keyboard.press('Control+End');
    await page.keyboard.type('and more');
    await shows(page, 'kept. and more');
    await page.waitForTimeout(KEPT_MS);
    await page.reload();
    await shows(page, 'kept. and more');
    await server.start();
    await ready(page);
    expect(await read(name)).toContain('kept. and more');
    expect(errors).toEqual([]);
  });
});

it('says saved only after the commit', async () => {
  const store = new HeldStore();
  const { url } = await servePages({ store });
  const { page } = await visit(browser, `${url}/editor/held`, 'Ada');
  store.hold();
  await page.keyboard.type('x');
  expect(await textOf(page)).toBe('x');
  await page.waitForSelector('#state[data-state=saving]');
  // It is not a matter of time.
  await page.waitForTimeout(500);
  expect(await page.textContent('#state')).toBe('Saving…');
  const fresh = () => readFresh(url.replace('http', 'ws'), 'held');
  expect(await fresh()).toBe('');
  store.release();
  await page.waitForSelector('#state[data-state=saved]');
  expect(await fresh()).toBe('x');
});
