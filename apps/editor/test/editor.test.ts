import {
  readFresh,
  ServerProcess,
  StockClient,
  TemporaryDirectory,
  until,
} from '@syncline/testing';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import * as Y from 'yjs';
import { launchBrowser, ready, rename, textOf, visit } from './browser.ts';

const NAME = 'Minutes / Mai ☕';

let browser: Browser;
let data: TemporaryDirectory;
let server: ServerProcess;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  data = await TemporaryDirectory.make();
  server = new ServerProcess(data);
  await server.start();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await server.kill('SIGKILL');
  await data.remove();
});

const pageUrl = () => `${server.httpUrl}/editor/${encodeURIComponent(NAME)}`;

it('two people type at the same time, through a reload and a restart of the server', async () => {
  const ada = await visit(browser, pageUrl(), 'Ada');
  const bob = await visit(browser, pageUrl(), 'Bob');
  const agree = (what: string) =>
    until(what, async () => {
      const [left, right] = [await textOf(ada.page), await textOf(bob.page)];
      return left === right && left.includes('Ada was here') && left.includes('Bob was here');
    });

  await Promise.all([
    ada.page.keyboard.type('Ada was here. ', { delay: 5 }),
    bob.page.keyboard.type('Bob was here. ', { delay: 5 }),
  ]);
  // Their letters may be interleaved; each now writes a line of their own.
  for (const { page, name } of [ada, bob]) {
    await page.keyboard.press('Control+End');
    await page.keyboard.press('Enter');
    await page.keyboard.type(`${name} was here`);
  }
  await agree('both show the same text');
  const before = await textOf(ada.page);

  await ada.page.reload();
  await ready(ada.page);
  await until('a reload shows it again', async () => (await textOf(ada.page)) === before);

  await server.kill('SIGKILL');
  await bob.page.waitForSelector('#state[data-state=offline]');
  await bob.page.keyboard.press('Control+End');
  await bob.page.keyboard.type(' typed while the server was down');
  await server.start();
  await ready(bob.page);
  await ready(ada.page);
  await agree('both show the same text after the restart');
  const after = await textOf(ada.page);
  expect(after).toContain('typed while the server was down');
  expect(after.length).toBe(before.length + ' typed while the server was down'.length);

  for (const context of browser.contexts()) await context.close();
  await server.kill('SIGTERM');
  await server.start();
  expect(await readFresh(server.url, NAME)).toBe(after);
  expect(ada.errors).toEqual([]);
  expect(bob.errors).toEqual([]);
});

it('shows who is here, their carets, and that they leave', async () => {
  const ada = await visit(browser, pageUrl(), 'Ada');
  const bob = await visit(browser, pageUrl(), 'Bob');
  await bob.page.keyboard.type('hello');
  await ada.page.waitForSelector('#people li[title=Bob]');
  await bob.page.waitForSelector('#people li[title=Ada]');
  await ada.page.waitForSelector('.cm-ySelectionCaret');
  expect(await ada.page.textContent('.cm-ySelectionInfo')).toContain('Bob');
  await rename(bob.page, 'Robert');
  await ada.page.waitForSelector('#people li[title=Robert]');
  await ada.page.waitForSelector('.cm-ySelectionInfo:has-text("Robert")');
  await bob.page.close();
  await until('Bob is gone', async () => (await ada.page.$$('#people li')).length === 0);
  expect([...ada.errors, ...bob.errors]).toEqual([]);
});

it('shows carets whatever others send as theirs', async () => {
  const ada = await visit(browser, pageUrl(), 'Ada');
  const mallory = await new StockClient(server.url, NAME).synced();
  const user = { name: 'Mallory', color: 'red;background:url(/x)', colorLight: 'red;inset:0' };
  for (const cursor of ['nowhere', {}, { anchor: {}, head: {} }, { anchor: null, head: 1 }]) {
    mallory.provider.awareness.setLocalState({ user, cursor });
    await ada.page.waitForSelector('#people li[title=Mallory]');
    await ada.page.waitForTimeout(50);
  }
  const bob = await visit(browser, pageUrl(), 'Bob');
  await bob.page.keyboard.type('hello');
  await ada.page.waitForSelector('.cm-ySelectionInfo:has-text("Bob")');
  // Now one that is somewhere.
  const place = Y.createRelativePositionFromTypeIndex(mallory.text, 2);
  mallory.provider.awareness.setLocalState({ user, cursor: { anchor: place, head: place } });
  await ada.page.waitForSelector('.cm-ySelectionInfo:has-text("Mallory")');
  expect(await ada.page.$$('[style*=url], [style*=inset]')).toEqual([]);
  mallory.destroy();
  expect([...ada.errors, ...bob.errors]).toEqual([]);
});

it('undoes only what was typed here', async () => {
  const ada = await visit(browser, pageUrl(), 'Ada');
  await ada.page.keyboard.type('mine ');
  const bob = await visit(browser, pageUrl(), 'Bob');
  await bob.page.keyboard.press('Control+End');
  await bob.page.keyboard.type('theirs');
  await until('Ada sees it', async () => (await textOf(ada.page)) === 'mine theirs');
  await ada.page.keyboard.press('Control+z');
  await until('it is undone', async () => (await textOf(bob.page)) === 'theirs');
});
