import { StockClient, until } from '@syncline/testing';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { HeldStore } from '../../../packages/client/test/harness.ts';
import { serveGuardedPages, servePages, tokenOf } from '../../editor/test/page-server.ts';
import { drag, launchBrowser, pick, ready, visit } from './browser.ts';
import { Fixture } from './fixture.ts';

const READ = { document: '**', read: 'true', awareness: 'true' };
const WRITE = { ...READ, write: 'true' };

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

const fixture = Fixture.use();

/** How many shapes a document has that nobody has open. */
async function shapesOf(url: string, documentId: string): Promise<number> {
  const client = new StockClient(url.replace('http', 'ws'), documentId);
  try {
    await client.synced();
    return client.doc.getMap('shapes').size;
  } finally {
    client.destroy();
  }
}

it('says saved only after the commit', async () => {
  const store = new HeldStore();
  const { url } = await servePages({ store });
  const { page, errors } = await visit(browser, `${url}/board/held`, 'Ada');
  store.hold();
  await pick(page, 'rectangle');
  await drag(page, [200, 200], [300, 300]);
  await page.waitForSelector('#state[data-state=saving]');
  // It is not a matter of time.
  await page.waitForTimeout(500);
  expect(await page.textContent('#state')).toBe('Saving…');
  expect(await shapesOf(url, 'held')).toBe(0);
  store.release();
  await page.waitForSelector('#state[data-state=saved]');
  expect(await shapesOf(url, 'held')).toBe(1);
  expect(errors).toEqual([]);
});

it('a reload with the server down shows the board, and takes edits', async () => {
  const { page, errors } = await fixture.visit('Ada');
  await pick(page, 'rectangle');
  await drag(page, [200, 200], [300, 300]);
  await ready(page);
  // The pages have to be kept first.
  await page.evaluate(async () => void (await navigator.serviceWorker.ready));
  await page.reload();
  await ready(page);
  await fixture.server.kill('SIGKILL');
  await page.reload();
  await page.waitForSelector('#stage[data-shapes="1"]');
  await page.waitForSelector('#state[data-state=offline]');
  await pick(page, 'ellipse');
  await drag(page, [400, 200], [500, 300]);
  await page.waitForSelector('#stage[data-shapes="2"]');
  await fixture.server.start();
  await ready(page);
  const reader = await fixture.reader();
  await reader.has('both', () => reader.kinds === 'rectangle ellipse');
  expect(errors).toEqual([]);
});

it('cannot be drawn on when it is read-only', async () => {
  const { url, setRules } = await serveGuardedPages(WRITE);
  const address = `${url}/board/plan#token=${await tokenOf('ada')}`;
  const { page, errors } = await visit(browser, address, 'Ada');
  await pick(page, 'rectangle');
  await drag(page, [200, 200], [300, 300]);
  await ready(page);
  await setRules(READ);
  await page.waitForSelector('[data-command=rectangle][disabled]');
  await page.keyboard.press('r');
  await drag(page, [400, 200], [500, 300]);
  await page.mouse.click(250, 250);
  await page.keyboard.press('Delete');
  await page.waitForTimeout(300);
  expect(await page.getAttribute('#stage', 'data-shapes')).toBe('1');
  await setRules(WRITE);
  await page.waitForSelector('[data-command=rectangle]:not([disabled])');
  await pick(page, 'rectangle');
  await drag(page, [400, 200], [500, 300]);
  await until(
    'it is drawn',
    async () => (await page.getAttribute('#stage', 'data-shapes')) === '2',
  );
  expect(errors).toEqual([]);
});
