import { ServerProcess, StockClient, TemporaryDirectory, until } from '@syncline/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import * as Y from 'yjs';
import { launchBrowser, ready, rename, richTextOf, type Visitor, visit } from './browser.ts';

const NAME = 'Minutes / Mai ☕';

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
let count = 0;
let name: string;
beforeEach(() => {
  name = `${NAME} ${count++}`;
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

const pageUrl = () => `${server.httpUrl}/text/${encodeURIComponent(name)}`;

/** What a client of another make finds in the document. */
async function stored(): Promise<string> {
  const client = await new StockClient(server.url, name).synced();
  const xml = client.doc.getXmlFragment('default').toString();
  client.destroy();
  return xml;
}

it('three people write at the same time, through a restart of the server, and agree', async () => {
  const people: Visitor[] = [];
  for (const who of ['Ada', 'Bob', 'Cleo']) people.push(await visit(browser, pageUrl(), who));
  const [ada] = people as [Visitor];
  await ada.page.keyboard.type('# Plan\nAda was here\nBob was here\nCleo was here');
  for (const { page } of people) await page.waitForSelector('text=Cleo was here');
  const write = async (suffix: string) =>
    await Promise.all(
      people.map(async ({ page, name: who }) => {
        await page.click(`p:has-text("${who} was here")`);
        await page.keyboard.press('End');
        await page.keyboard.type(suffix, { delay: 5 });
      }),
    );
  const agree = async (suffix: string) =>
    await until('all show the same', async () => {
      const texts = await Promise.all(people.map(({ page }) => richTextOf(page)));
      return new Set(texts).size === 1 && texts[0]?.split(suffix).length === 4;
    });
  await write(' with **bold** ideas');
  await agree(' with <strong>bold</strong> ideas');

  await server.kill('SIGKILL');
  for (const { page } of people) await page.waitForSelector('#state[data-state=offline]');
  await write(' and no server');
  await server.start();
  for (const { page } of people) await ready(page);
  await agree(' and no server');

  expect(await richTextOf(ada.page)).toMatch(/^<h1>Plan<\/h1><p>Ada was here with <strong>bold/);
  expect(await stored()).toContain('<heading level="1">Plan</heading><paragraph>Ada was here');
  expect(people.flatMap(({ errors }) => errors)).toEqual([]);
});

/** What somebody else does to a document of a title and two paragraphs, over and over. */
const OTHERS = {
  types: ({ doc }: StockClient) => {
    const last = doc.getXmlFragment('default').get(2) as Y.XmlElement;
    (last.get(0) as Y.XmlText).insert(0, 'x');
  },
  'moves the caret': ({ doc, provider }: StockClient) => {
    const title = doc.getXmlFragment('default').get(0) as Y.XmlElement;
    const offset = provider.awareness.meta.get(doc.clientID)?.clock ?? 0;
    const place = Y.createRelativePositionFromTypeIndex(title.get(0) as Y.XmlText, offset % 5);
    const user = { name: 'Bob', color: '#be185d' };
    provider.awareness.setLocalState({ user, cursor: { anchor: place, head: place } });
  },
};

it.each(Object.entries(OTHERS))(
  'a slow page keeps where one clicks while another %s',
  async (_, doThat) => {
    const { page } = await visit(browser, pageUrl(), 'Ada');
    await page.keyboard.type('# Title\nfirst\nlast');
    const bob = await new StockClient(server.url, name).synced();
    await until('all is there', () =>
      bob.doc.getXmlFragment('default').toString().includes('last<'),
    );
    await page.evaluate(() => {
      const takeLong = () => {
        const end = performance.now() + 60;
        while (performance.now() < end);
      };
      for (const kind of ['mousedown', 'mouseup', 'keydown', 'keyup'])
        window.addEventListener(kind, takeLong);
    });
    const timer = setInterval(() => doThat(bob), 5);
    for (let i = 0; i < 3; i++) {
      await page.click('p:has-text("first")');
      await page.keyboard.press('End');
      await page.keyboard.type('1');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('End');
      await page.keyboard.type('2');
      await page.click('#me');
    }
    clearInterval(timer);
    await until('it is where it was meant to be', async () =>
      (await richTextOf(page)).startsWith('<h1>Title222</h1><p>first111</p>'),
    );
    bob.destroy();
  },
);

it('shows carets with names, and nothing that others would slip in', async () => {
  const ada = await visit(browser, pageUrl(), 'Ada');
  const bob = await visit(browser, pageUrl(), 'Bob');
  await bob.page.keyboard.type('hello');
  await ada.page.waitForSelector('.caret-name:has-text("Bob")');
  await ada.page.waitForSelector('#people li[title=Bob]');
  // In one look: the caret is drawn anew with each move, and what is gone has no style.
  await ada.page.waitForFunction(() => {
    const name = document.querySelector('.caret-name');
    return name !== null && getComputedStyle(name).backgroundColor === 'rgb(190, 24, 93)';
  });
  await rename(bob.page, 'Robert');
  await ada.page.waitForSelector('.caret-name:has-text("Robert")');

  const mallory = await new StockClient(server.url, name).synced();
  const user = { name: '<b>Mallory</b>', color: 'red;background:url(/x)' };
  mallory.provider.awareness.setLocalState({ user, cursor: 'nowhere' });
  await ada.page.waitForSelector('#people li[title="<b>Mallory</b>"]');
  expect(await ada.page.$$('#people b, #people li[style*=url]')).toEqual([]);
  mallory.destroy();
  await bob.page.close();
  await until('nobody is left', async () => (await ada.page.$$('.caret, #people li')).length === 0);
  expect([...ada.errors, ...bob.errors]).toEqual([]);
});

it('undoes only what was done here, by key and by button', async () => {
  const ada = await visit(browser, pageUrl(), 'Ada');
  await ada.page.keyboard.type('mine ');
  const bob = await visit(browser, pageUrl(), 'Bob');
  await bob.page.keyboard.press('Control+End');
  await bob.page.keyboard.type('theirs');
  await ada.page.waitForSelector('p:has-text("mine theirs")');
  await ada.page.keyboard.press('Control+z');
  await until('it is undone', async () => (await richTextOf(bob.page)) === '<p>theirs</p>');
  await ada.page.click('[aria-label=Redo]');
  await until('it is back', async () => (await richTextOf(bob.page)) === '<p>mine theirs</p>');
  await ada.page.click('[aria-label=Undo]');
  await until('it is undone', async () => (await richTextOf(bob.page)) === '<p>theirs</p>');
  await ada.page.waitForSelector('[aria-label=Undo][aria-disabled=true]');
});

/** The tool, its key, and the HTML that it makes of a word. */
const TOOLS = [
  ['Heading 1', 'Control+Alt+1', '<h1>word</h1>'],
  ['Heading 2', 'Control+Alt+2', '<h2>word</h2>'],
  ['Heading 3', 'Control+Alt+3', '<h3>word</h3>'],
  ['Bold', 'Control+b', '<p><strong>word</strong></p>'],
  ['Italic', 'Control+i', '<p><em>word</em></p>'],
  ['Strike through', 'Control+Shift+s', '<p><s>word</s></p>'],
  ['Code', 'Control+e', '<p><code>word</code></p>'],
  ['Bullet list', 'Control+Shift+8', '<ul><li><p>word</p></li></ul>'],
  ['Numbered list', 'Control+Shift+7', '<ol><li><p>word</p></li></ol>'],
  ['Quote', 'Control+Shift+b', '<blockquote><p>word</p></blockquote>'],
  ['Code block', 'Control+Alt+c', '<pre><code>word</code></pre>'],
] as const;

it('each tool works by its button and by its key', async () => {
  const { page, errors } = await visit(browser, pageUrl(), 'Ada');
  await page.keyboard.type('word');
  await page.keyboard.press('Control+a');
  const shows = async (html: string) =>
    await until(html, async () => (await richTextOf(page)) === html, 5_000);
  for (const [label, key, html] of TOOLS) {
    await page.click(`[aria-label="${label}"]`);
    await shows(html);
    await page.waitForSelector(`[aria-label="${label}"][aria-pressed=true]`);
    await page.keyboard.press(key);
    await shows('<p>word</p>');
    await page.waitForSelector(`[aria-label="${label}"][aria-pressed=false]`);
  }
  await page.keyboard.press('End');
  await page.click('[aria-label="Line across"]');
  expect(await richTextOf(page)).toContain('<p>word</p><hr');
  expect(errors).toEqual([]);
});

it('links words, and refuses what is no address', async () => {
  const { page, errors } = await visit(browser, pageUrl(), 'Ada');
  await page.keyboard.type('see this');
  await page.keyboard.press('Control+Shift+ArrowLeft');
  await selectionSeen(page);
  await page.keyboard.press('Control+k');
  await page.keyboard.type('javascript:alert(1)');
  await page.keyboard.press('Enter');
  expect(await isLinkFormOpen(page)).toBe(true);
  await page.fill('#link-address', 'example.org/a');
  await page.keyboard.press('Enter');
  expect(await isLinkFormOpen(page)).toBe(false);
  expect(await richTextOf(page)).toMatch(
    /^<p>see <a [^>]*href="https:\/\/example\.org\/a"[^>]*>this<\/a><\/p>$/,
  );
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowLeft');
  await selectionSeen(page);
  await page.keyboard.press('Control+k');
  expect(await page.inputValue('#link-address')).toBe('https://example.org/a');
  await page.keyboard.press('Escape');
  await page.waitForSelector('.tiptap:focus');
  await page.keyboard.press('Control+k');
  await page.click('#link-remove');
  expect(await richTextOf(page)).toBe('<p>see this</p>');
  expect(errors).toEqual([]);
});

/** Browsers tell of a new selection a moment later. */
const selectionSeen = async (page: Page) => await page.waitForTimeout(100);

const isLinkFormOpen = async (page: Page) => await page.isVisible('#link');

it('the toolbar is one stop of the Tab key, and arrows go along it', async () => {
  const { page } = await visit(browser, pageUrl(), 'Ada');
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
  await page.keyboard.press('Shift+Tab');
  expect(await focused()).toBe('Undo');
  await page.keyboard.press('ArrowLeft');
  expect(await focused()).toBe('Line across');
  await page.keyboard.press('Home');
  for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
  expect(await focused()).toBe('Bold');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.tiptap:focus');
  await page.keyboard.type('x');
  expect(await richTextOf(page)).toBe('<p><strong>x</strong></p>');
  await page.keyboard.press('Shift+Tab');
  expect(await focused()).toBe('Bold');
});

it('plain and rich text load their own code alone', async () => {
  const loaded = async (url: string) => {
    const { page } = await visit(browser, url, 'Ada');
    const scripts = await page.evaluate(() =>
      performance.getEntriesByType('resource').map((entry) => entry.name),
    );
    return scripts.filter((script) => /\/assets\/(text|editor)-.*\.js$/.test(script));
  };
  expect(await loaded(pageUrl())).toEqual([expect.stringContaining('/text-')]);
  const plain = pageUrl().replace('/text/', '/editor/');
  expect(await loaded(plain)).toEqual([expect.stringContaining('/editor-')]);
});
