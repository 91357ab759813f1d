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

it.each(['editor', 'text'])(
  '/%s keeps nobody out: empty, with others, and offline',
  async (kind) => {
    const { url, server } = await servePages();
    const ada = await visit(browser, `${url}/${kind}/notes`, 'Ada');
    const faults = async () => {
      const found: string[] = [];
      for (const colorScheme of ['light', 'dark'] as const) {
        await ada.page.emulateMedia({ colorScheme });
        found.push(...(await accessibilityFaults(ada.page)));
      }
      return found;
    };
    expect(await faults()).toEqual([]);
    await ada.page.keyboard.type('# Title\n> quote with `code` in it\n\n\n**bold**, and more\n');
    const bob = await visit(browser, `${url}/${kind}/notes`, 'Bob');
    await bob.page.keyboard.type('x');
    await ada.page.waitForSelector('.cm-ySelectionInfo, .caret-name');
    if (kind === 'text') await ada.page.keyboard.press('Control+k');
    expect(await faults()).toEqual([]);
    await server.close();
    await ada.page.waitForSelector('#notice:not([hidden])');
    expect(await faults()).toEqual([]);
  },
);
