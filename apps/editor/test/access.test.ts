import type { RuleSource } from '@syncline/server/access';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { launchBrowser, ready, visit } from './browser.ts';
import { serveGuardedPages, tokenOf } from './page-server.ts';

const READ: RuleSource = { document: '**', read: 'true', awareness: 'true' };
const WRITE: RuleSource = { ...READ, write: 'true' };
const NOTHING: RuleSource = { document: 'another' };

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

describe.each([
  { kind: 'editor', surface: '.cm-content' },
  { kind: 'text', surface: '.tiptap' },
])('/$kind', ({ kind, surface }) => {
  it('cannot be written when it is read-only, and says why', async () => {
    const { url, setRules } = await serveGuardedPages(WRITE);
    const token = await tokenOf('ada');
    const page = `${url}/${kind}/notes#token=${token}`;
    const ada = await visit(browser, page, 'Ada');
    await ada.page.keyboard.type('hello');
    await ready(ada.page);
    await setRules(READ);
    await ada.page.waitForSelector(`${surface}[contenteditable=false]`);
    expect(await ada.page.textContent('#notice')).toContain('You can read this, and not change it');
    await ada.page.keyboard.type(' again');
    const bob = await visit(browser, page, 'Bob', { state: 'read-only' });
    await bob.page.waitForSelector(`${surface}[contenteditable=false]:has-text("hello")`);
    expect(await bob.page.textContent(surface)).not.toContain('again');
    expect(await bob.page.isVisible('#toolbar')).toBe(false);
    await setRules(WRITE);
    await bob.page.waitForSelector(`${surface}[contenteditable=true]`);
    await bob.page.click(surface);
    await bob.page.keyboard.press('Control+End');
    await bob.page.keyboard.type('!');
    await ada.page.waitForSelector(`${surface}:has-text("hello!")`);
    expect([...ada.errors, ...bob.errors]).toEqual([]);
    // The link that is copied gives the token to nobody.
    expect(ada.page.url()).toBe(`${url}/${kind}/notes`);
  });

  it('says what to do when it is refused, and tries again', async () => {
    const { url, setRules } = await serveGuardedPages(NOTHING);
    const { page, errors } = await visit(browser, `${url}/${kind}/notes`, 'Ada', {
      state: 'refused',
    });
    await page.waitForSelector(`${surface}[contenteditable=false]`);
    expect(await page.textContent('#notice')).toContain('Enter the token');
    await page.fill('#notice input', await tokenOf('ada'));
    await page.press('#notice input', 'Enter');
    await page.waitForSelector('#notice:has-text("You have no access to this document")');
    await setRules(WRITE);
    await page.click('#notice button');
    await ready(page);
    await page.waitForSelector('#notice', { state: 'hidden' });
    await page.click(surface);
    await page.keyboard.type('in at last');
    await page.waitForSelector(`${surface}:has-text("in at last")`);
    expect(errors).toEqual([]);
  });
});
