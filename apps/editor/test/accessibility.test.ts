import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { accessibilityFaults } from './accessibility.ts';
import { launchBrowser, visit } from './browser.ts';
import { servePages } from './page-server.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

it.each([
  ['editor', 'light'],
  ['editor', 'dark'],
  ['text', 'light'],
  ['text', 'dark'],
] as const)(
  '/%s, %s, keeps nobody out: written in, with others, and offline',
  async (kind, colorScheme) => {
    const { url, server } = await servePages();
    const page = `${url}/${kind}/notes`;
    const ada = await visit(browser, page, 'Ada', { colorScheme });
    expect(await accessibilityFaults(ada.page)).toEqual([]);
    await ada.page.keyboard.type('# Title\n> quote with `code` in it\n\n\n**bold**, and more\n');
    const bob = await visit(browser, page, 'Bob', { colorScheme });
    await bob.page.keyboard.type('x');
    await ada.page.waitForSelector('.cm-ySelectionInfo, .caret-name');
    if (kind === 'text') await ada.page.keyboard.press('Control+k');
    expect(await accessibilityFaults(ada.page)).toEqual([]);
    await server.close();
    await ada.page.waitForSelector('#notice:not([hidden])');
    expect(await accessibilityFaults(ada.page)).toEqual([]);
    await ada.page.context().close();
    await bob.page.context().close();
  },
);
