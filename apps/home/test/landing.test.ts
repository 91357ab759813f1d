import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { accessibilityFaults } from '../../editor/test/accessibility.ts';
import { launchBrowser, openPage } from '../../editor/test/browser.ts';
import { servePages } from '../../editor/test/page-server.ts';

const NAME = 'Minutes / Mai ☕';
const ENCODED = encodeURIComponent(NAME);

let browser: Browser;
let url: string;
let page: Page;
let errors: readonly string[];

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  for (const context of browser.contexts()) await context.close();
  ({ url } = await servePages());
  ({ page, errors } = await openPage(await browser.newContext()));
  await page.goto(url);
});

const path = () => new URL(page.url()).pathname;

async function chosen(): Promise<string> {
  return await page.$eval(':checked', (radio) => (radio as HTMLInputElement).value);
}

async function remember(...documents: readonly { kind: string; name: string }[]): Promise<void> {
  await page.evaluate(
    (stored) => localStorage.setItem('syncline.recent', stored),
    JSON.stringify(documents),
  );
  await page.reload();
}

it.each([
  ['Rich text', 'text'],
  ['Plain text', 'editor'],
  ['Board', 'board'],
])('makes %s by name, or without one', async (label, kind) => {
  await page.check(`text=${label}`);
  await page.fill('#name', ` ${NAME} `);
  await page.press('#name', 'Enter');
  await page.waitForURL(`${url}/${kind}/${ENCODED}`);
  await page.goto(url);
  // Who made one of a kind last may want another.
  expect(await chosen()).toBe(kind);
  await page.click('button[type=submit]');
  await page.waitForURL(new RegExp(`/${kind}/[a-z0-9]{16}$`));
  expect(errors).toEqual([]);
});

it('lists what was opened with its kind, until it is taken off', async () => {
  expect(await page.isVisible('#recent')).toBe(false);
  await remember({ kind: 'board', name: 'Deck' }, { kind: 'nonsense', name: 'x' });
  const items = () => page.$$eval('#recent a', (links) => links.map((link) => link.textContent));
  expect(await items()).toEqual(['DeckBoard']);
  await page.fill('#name', NAME);
  await page.check('text=Rich text');
  await page.press('#name', 'Enter');
  await page.waitForSelector('#editor[aria-busy=false]');
  await page.goto(url);
  expect(await items()).toEqual([`${NAME}Rich text`, 'DeckBoard']);
  await page.click(`[aria-label="Take ${NAME} off this list"]`, { force: true });
  expect(await items()).toEqual(['DeckBoard']);
  await page.reload();
  expect(await items()).toEqual(['DeckBoard']);
  // The name of a board means that board.
  await page.check('text=Rich text');
  await page.fill('#name', 'Deck');
  expect(await chosen()).toBe('board');
});

it('can be used by keyboard alone', async () => {
  await remember({ kind: 'text', name: 'One' }, { kind: 'text', name: 'Two' });
  const press = async (...keys: readonly string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  await page.waitForSelector('#name:focus');
  await page.keyboard.type(NAME);
  await press('Shift+Tab', 'ArrowRight');
  expect(await chosen()).toBe('editor');
  await press('Tab', 'Tab', 'Enter');
  await page.waitForURL(`${url}/editor/${ENCODED}`);
  await page.goto(url);
  await page.waitForSelector('#name:focus');
  // The button, the first on the list, its cross, the second, its cross.
  await press('Tab', 'Tab', 'Tab', 'Tab', 'Tab', 'Enter');
  expect(await page.isVisible('#recent a:has-text("One")')).toBe(false);
  await press('Shift+Tab', 'Enter');
  await page.waitForURL(`${url}/text/Two`);
  expect(errors).toEqual([]);
});

it.each([
  ['light', 1200],
  ['dark', 1200],
  ['dark', 390],
] as const)('keeps nobody out, %s, %d pixels wide', async (colorScheme, width) => {
  await page.setViewportSize({ width, height: 760 });
  await page.emulateMedia({ colorScheme });
  await remember({ kind: 'text', name: 'a'.repeat(128) }, { kind: 'board', name: NAME });
  expect(await accessibilityFaults(page)).toEqual([]);
  const isWider = () => document.documentElement.scrollWidth > document.documentElement.clientWidth;
  expect(await page.evaluate(isWider)).toBe(false);
  expect(path()).toBe('/');
});
