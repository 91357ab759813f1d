import { until } from '@syncline/testing';
import { crash } from '@syncline/testing/browser';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { PageBrowser } from '../page-browser.ts';
import { CASES } from './store-contract.ts';

let browser: PageBrowser;
let person: BrowserContext;
let page: Page;

beforeAll(async () => {
  browser = await PageBrowser.launch(new URL('page.ts', import.meta.url));
}, 60_000);
afterAll(() => browser.close());
beforeEach(async () => {
  person = await browser.person();
  page = await browser.open(person);
});
afterEach(() => person.close());

const contentOf = (page: Page) => page.evaluate(() => window.offline.tab?.content);
const type = (page: Page, text: string) => page.evaluate((t) => window.offline.type(t), text);
const openCopy = (page: Page) => page.evaluate(() => window.offline.open());

async function openTab(): Promise<Page> {
  const tab = await browser.open(person);
  await openCopy(tab);
  return tab;
}

describe('an offline store in IndexedDB', () => {
  for (const name of Object.keys(CASES)) {
    it(name, async () => {
      await page.evaluate((name) => window.offline.runCase(name), name);
    }, 60_000);
  }

  it('takes less than three times the encoding of ten thousand typed characters', async () => {
    await openCopy(page);
    await page.evaluate(() => window.offline.typeOneByOne(10_000));
    const stored = await page.evaluate(() => window.offline.storedBytes());
    const doc = new Y.Doc();
    const content = await contentOf(page);
    expect(content?.length).toBe(10_000);
    doc.getText('text').insert(0, content ?? '');
    const encoded = Y.encodeStateAsUpdate(doc).length;
    expect(stored).toBeLessThan(3 * encoded);
    await page.evaluate(() => window.offline.tab?.copy.close());
    expect(await page.evaluate(() => window.offline.storedBytes())).toBeLessThan(1.2 * encoded);
  }, 60_000);

  it('adds nothing when a page is loaded a hundred times', async () => {
    await openCopy(page);
    await type(page, 'some text');
    await page.evaluate(() => window.offline.tab?.copy.close());
    const before = await page.evaluate(() => window.offline.storedBytes());
    await page.evaluate(() => window.offline.openAgain(100));
    expect(await page.evaluate(() => window.offline.storedBytes())).toBe(before);
    await page.reload();
    await openCopy(page);
    expect(await contentOf(page)).toBe('some text');
  });

  it('is shared by tabs that follow each other, one of which is killed', async () => {
    const [one, two] = [await openTab(), await openTab()];
    await type(one, 'from one ');
    await until('it is in the other tab', async () => (await contentOf(two)) === 'from one ');
    await type(two, 'from two');
    await until('and the other way', async () => (await contentOf(one)) === 'from one from two');

    // It writes, and is gone in the middle of it.
    void one.evaluate(() => window.offline.typeOneByOne(100_000)).catch(() => {});
    await until('some of it is there', async () => ((await contentOf(two))?.length ?? 0) > 60);
    await crash(one);
    const known = (await contentOf(two)) ?? '';

    await type(two, ' after');
    const content = (await contentOf(two)) ?? '';
    expect(content).toContain(known);
    expect(content).toContain(' after');
    const fresh = await openTab();
    expect(await contentOf(fresh)).toBe(content);
    expect(await fresh.evaluate(() => window.offline.tab?.position.unsavedBytes)).toBeGreaterThan(
      0,
    );
    expect(await two.evaluate(() => window.offline.tab?.errors.length)).toBe(0);
  });

  it('lets a newer version have the database, and says so', async () => {
    const [one, two] = [await openTab(), await openTab()];
    await type(one, 'text');
    await two.evaluate(() => window.offline.upgrade());
    const errors = (tab: Page) => tab.evaluate(() => window.offline.tab?.errors.map(String));
    await until('it is told', async () => ((await errors(one))?.length ?? 0) > 0);
    expect(await errors(one)).toEqual([expect.stringContaining('reload this page')]);
    await type(one, ' goes on');
    await type(one, ' and on');
    expect(await contentOf(one)).toBe('text goes on and on');
    expect(await errors(one)).toHaveLength(2);
  });

  it('keeps what does not fit, tells of it once, and writes it when there is room', async () => {
    const tab = await browser.open(person);
    const session = await person.newCDPSession(tab);
    const { origin } = new URL(tab.url());
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 1_000_000 });
    await openCopy(tab);
    await type(tab, 'before ');
    const large = 'x'.repeat(5_000_000);
    for (const text of [large, 'one ', 'two ']) await type(tab, text);
    const errors = () => tab.evaluate(() => window.offline.tab?.errors.map(String));
    expect(await errors()).toEqual([expect.stringContaining('Quota')]);
    await session.send('Storage.overrideQuotaForOrigin', { origin });
    await type(tab, 'three');
    expect(await contentOf(await openTab())).toBe(`before ${large}one two three`);
    expect(await errors()).toHaveLength(1);
  });

  it('is written anew after the user cleared the site’s data', async () => {
    const tab = await openTab();
    await type(tab, 'text');
    await tab.evaluate(
      () =>
        new Promise((resolve) => {
          indexedDB.deleteDatabase('syncline').addEventListener('success', resolve);
        }),
    );
    await type(tab, ' and more');
    expect(await contentOf(await openTab())).toBe('text and more');
  });
});
