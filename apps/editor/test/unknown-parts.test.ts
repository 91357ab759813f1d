import { StockClient, until } from '@syncline/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import type { Harness } from '../../../packages/client/test/harness.ts';
import { accessibilityFaults } from './accessibility.ts';
import { launchBrowser, openPage, ready, richTextOf, visit } from './browser.ts';
import { servePages } from './page-server.ts';

const UNKNOWN =
  'This document has parts that this page cannot show. It is read-only here, so that nothing is lost.';
/** Longer than a binding takes to write what it makes of a document. */
const WHILE_MS = 3_000;

let browser: Browser;
let server: Harness;
let other: StockClient;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  server = await servePages();
  other = await new StockClient(server.url.replace('http', 'ws'), 'notes').synced();
});
afterEach(async () => {
  other.destroy();
  for (const context of browser.contexts()) await context.close();
});

const pageUrl = (kind: string) => `${server.url}/${kind}/notes`;

type Content = Y.XmlElement | Y.XmlText;

function element(name: string, attributes: object = {}, ...content: Content[]): Y.XmlElement {
  const made = new Y.XmlElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value as string);
  made.insert(0, content);
  return made;
}

function text(insert: string | object, attributes: object = {}): Y.XmlText {
  const made = new Y.XmlText();
  made.applyDelta([{ insert, attributes }]);
  return made;
}

const paragraph = (...content: Content[]) => element('paragraph', {}, ...content);
const fragment = () => other.doc.getXmlFragment('default');
const cell = (name: string, words: string) => element(name, {}, paragraph(text(words)));
const image = () => element('image', { src: 'https://example.org/a.png', alt: 'A boat' });

/** Everything that the document holds, with deletions. */
const all = () => JSON.stringify([...Y.encodeStateAsUpdate(other.doc)]);

/** Tries to write as a user does. */
async function attempt(page: Page): Promise<void> {
  await page.click('#editor > *');
  await page.keyboard.type('typed');
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Control+z');
}

describe('/text', () => {
  it('leaves a document as it is whose parts it does not know, and shows it to be read', async () => {
    fragment().insert(0, [
      paragraph(text('Intro')),
      element(
        'table',
        {},
        element('tableRow', {}, cell('tableHeader', 'City'), cell('tableHeader', 'Pop.')),
        element('tableRow', {}, cell('tableCell', 'Lisbon'), cell('tableCell', '545,000')),
      ),
      image(),
      element('taskList', {}, element('taskItem', { checked: true }, paragraph(text('pack')))),
      paragraph(text('coloured', { textStyle: { color: '#ff0000' } })),
    ]);
    const { page, errors } = await visit(browser, pageUrl('text'), 'Ada', { state: 'read-only' });
    expect(await page.textContent('#notice p')).toBe(UNKNOWN);
    await page.waitForSelector('.tiptap[contenteditable=false] td:has-text("Lisbon")');
    for (const part of ['Intro', 'pack', 'coloured']) {
      expect(await page.textContent('.tiptap')).toContain(part);
    }
    await page.waitForSelector('.unknown[data-name="image: A boat"]');
    expect(await page.isVisible('#toolbar')).toBe(false);
    expect(await accessibilityFaults(page)).toEqual([]);
    // What the page says of itself on opening a document is no part of its content.
    await until('it has said so', () => other.doc.getMap('@syncline').has('schema'));
    const before = all();
    await page.waitForTimeout(WHILE_MS);
    await attempt(page);
    await page.waitForTimeout(WHILE_MS / 3);
    expect(all()).toBe(before);
    expect(fragment().toString()).toContain('<tablecell><paragraph>Lisbon</paragraph></tablecell>');
    expect(errors).toEqual([]);
  });

  it.each([
    ['an image', () => fragment().insert(1, [image()]), () => fragment().delete(1, 1)],
    [
      'an attribute',
      () => (fragment().get(0) as Y.XmlElement).setAttribute('textAlign', 'center'),
      () => (fragment().get(0) as Y.XmlElement).removeAttribute('textAlign'),
    ],
    [
      'a format',
      () => words().format(0, 2, { highlight: { color: 'yellow' } }),
      () => words().format(0, 2, { highlight: null }),
    ],
    ['an embed', () => words().insertEmbed(1, { mention: 'bob' }), () => words().delete(1, 1)],
  ])(
    'becomes read-only at once when somebody puts in %s, until that is gone',
    async (_, put, take) => {
      fragment().insert(0, [paragraph(text('words'))]);
      const { page, errors } = await visit(browser, pageUrl('text'), 'Ada');
      await page.keyboard.press('Control+End');
      await page.keyboard.type(' of hers');
      await until('it is written', () => words().toString() === 'words of hers');
      put();
      await page.waitForSelector(`#notice:has-text("${UNKNOWN}")`);
      const before = all();
      await attempt(page);
      await page.waitForTimeout(WHILE_MS / 2);
      expect(all()).toBe(before);
      take();
      await page.waitForSelector('#notice', { state: 'hidden' });
      await page.click('.tiptap[contenteditable=true]');
      await page.keyboard.press('Control+End');
      await page.keyboard.type(', again');
      await until('it is written', () => words().toString() === 'words of hers, again');
      // The toolbar is the new editor's.
      await page.keyboard.press('Control+Shift+ArrowLeft');
      await page.click('[aria-label=Bold]');
      await until('it is bold', () => fragment().toString().includes('<bold>again</bold>'));
      expect(errors).toEqual([]);
    },
  );

  const words = () => (fragment().get(0) as Y.XmlElement).get(0) as Y.XmlText;

  it('mends what edits at the same time left, and keeps the text', async () => {
    const item = (...content: Content[]) => element('listItem', {}, ...content);
    const nested = element('bulletList', {}, item(paragraph(text('nested'))));
    fragment().insert(0, [
      paragraph(text('before')),
      element('bulletList', {}, item(paragraph(text('first')), nested)),
    ]);
    const { page, errors } = await visit(browser, pageUrl('text'), 'Ada');
    const list = fragment().get(1) as Y.XmlElement;
    (list.get(0) as Y.XmlElement).delete(0, 1);
    const mended = '<p>before</p><ul><li><p></p><ul><li><p>nested</p></li></ul></li></ul>';
    await until('it is mended', async () => (await richTextOf(page)) === mended);
    await until('for everybody', () => (list.get(0) as Y.XmlElement).length === 2);
    nested.delete(0, 1);
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('well ');
    await until('it is written', () => fragment().toString().includes('well before'));
    expect(await page.isHidden('#notice')).toBe(true);
    expect(errors).toEqual([]);
  });

  it('is read-only when a newer version of the page has written the document', async () => {
    other.doc.getMap('@syncline').set('schema', { version: 1_000, min: 1_000 });
    fragment().insert(0, [paragraph(text('from the future')), image()]);
    const { page, errors } = await openPage(await browser.newContext());
    await page.goto(pageUrl('text'));
    await page.waitForSelector('#state[data-state=read-only]');
    await page.waitForSelector('.tiptap:has-text("from the future")');
    const before = all();
    await attempt(page);
    await page.waitForTimeout(WHILE_MS / 2);
    expect(all()).toBe(before);
    expect(errors).toEqual([]);
  });
});

describe('/editor', () => {
  it.each([
    [
      'an embed',
      () => other.text.insertEmbed(2, { image: '/a.png' }),
      () => other.text.delete(2, 1),
    ],
    [
      'an attribute',
      () => other.text.setAttribute('dir', 'rtl'),
      () => other.text.removeAttribute('dir'),
    ],
  ])('is read-only while there is %s, which stays', async (_, put, take) => {
    other.text.insert(0, 'words');
    const { page, errors } = await visit(browser, pageUrl('editor'), 'Ada');
    put();
    await page.waitForSelector(`#notice:has-text("${UNKNOWN}")`);
    const before = all();
    await attempt(page);
    await page.waitForTimeout(WHILE_MS / 2);
    expect(all()).toBe(before);
    expect(await page.textContent('.reading')).toContain('rds');
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.reload();
    await ready(page, 'read-only');
    take();
    await page.waitForSelector('#notice', { state: 'hidden' });
    await page.click('.cm-content');
    await page.keyboard.press('Control+End');
    await page.keyboard.type('!');
    await until('it is written', () => other.content === 'words!');
    expect(errors).toEqual([]);
  });

  it('is read-only where the name is that of a list or of XML', async () => {
    other.doc.getArray('text').insert(0, ['one', 2, { three: 3 }]);
    const { page, errors } = await visit(browser, pageUrl('editor'), 'Ada', { state: 'read-only' });
    const before = all();
    await attempt(page);
    await page.waitForTimeout(WHILE_MS / 2);
    expect(all()).toBe(before);
    expect(errors).toEqual([]);
  });

  it('keeps the formats of other editors while it writes', async () => {
    other.text.insert(0, 'bold plain', {});
    other.text.format(0, 4, { bold: true });
    const { page, errors } = await visit(browser, pageUrl('editor'), 'Ada');
    await page.keyboard.press('Control+End');
    await page.keyboard.type('!');
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.type('_');
    other.text.format(6, 2, { italic: true });
    await until('all is there', () => other.content === 'b_old plain!');
    expect(other.text.toDelta()).toEqual([
      { insert: 'b_old', attributes: { bold: true } },
      { insert: ' ' },
      { insert: 'pl', attributes: { italic: true } },
      { insert: 'ain!' },
    ]);
    expect(errors).toEqual([]);
  });
});
