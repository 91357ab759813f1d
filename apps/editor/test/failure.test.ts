import { StockClient, until } from '@syncline/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { launchBrowser, visit } from './browser.ts';
import { servePages } from './page-server.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

/** From now on the page cannot make elements of a kind: what draws them throws. */
async function breakElements(page: Page, tag: string): Promise<void> {
  await page.evaluate((tag) => {
    const make = document.createElement.bind(document);
    document.createElement = (name: string) => {
      if (name === tag) throw new Error('out of order');
      return make(name);
    };
  }, tag);
}

function paragraph(text: string): Y.XmlElement {
  const element = new Y.XmlElement('paragraph');
  element.insert(0, [new Y.XmlText(text)]);
  return element;
}

const EDITORS = [
  {
    kind: 'editor',
    surface: '.cm-content',
    tag: 'div',
    content: ({ doc }: StockClient) => doc.getText('text').toString(),
    write: ({ doc }: StockClient, text: string) => doc.getText('text').insert(0, `${text}\n`),
  },
  {
    kind: 'text',
    surface: '.tiptap',
    tag: 'p',
    content: ({ doc }: StockClient) => doc.getXmlFragment('default').toString(),
    write: ({ doc }: StockClient, text: string) =>
      doc.getXmlFragment('default').insert(0, [paragraph(text)]),
  },
];

describe.each(EDITORS)('/$kind', ({ kind, surface, tag, content, write }) => {
  it('writes nothing more after it could not show what others write', async () => {
    const { url } = await servePages();
    const bob = await new StockClient(url.replace('http', 'ws'), 'notes').synced();
    write(bob, 'a line that stays');
    const { page } = await visit(browser, `${url}/${kind}/notes`, 'Ada');
    await page.keyboard.press('Control+End');
    await page.keyboard.type('hers');
    await until('it is written', () => content(bob).includes('hers'));
    await breakElements(page, tag);
    write(bob, 'another');
    await page.waitForSelector(
      '#notice:has-text("Something went wrong while showing this document.")',
    );
    const before = content(bob);
    expect(before).toContain('another');
    await page.keyboard.type('x');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Backspace');
    await page.waitForTimeout(500);
    expect(content(bob)).toBe(before);
    expect(await page.getAttribute('#state', 'data-state')).toBe('read-only');
    // What others write is their own, and the page takes it in again when it is loaded.
    write(bob, 'and one more');
    await page.click('#notice button:has-text("Reload")');
    await page.waitForSelector(`${surface}[contenteditable=true]:has-text("and one more")`);
    expect(await page.textContent(surface)).toContain('hers');
    await page.click(surface);
    await page.keyboard.press('Control+End');
    await page.keyboard.type(' again');
    await until('it is written', () => content(bob).includes('hers again'));
    bob.destroy();
  });

  it('shows what is there to be read, when only its editor is out of order', async () => {
    const { url } = await servePages();
    const bob = await new StockClient(url.replace('http', 'ws'), 'notes').synced();
    write(bob, 'a line that stays');
    const { page } = await visit(browser, `${url}/${kind}/notes`, 'Ada');
    await page.evaluate(() => {
      dispatchEvent(new ErrorEvent('error', { error: new Error('out of order') }));
    });
    await page.waitForSelector('#notice:has-text("Nothing more is written.")');
    await page.waitForSelector(`${surface}[contenteditable=true]`, { state: 'detached' });
    write(bob, 'another');
    await page.waitForSelector('#editor:has-text("another")');
    await page.waitForSelector('#editor:has-text("a line that stays")');
    bob.destroy();
  });
});

it('a board writes nothing more after it could not be drawn', async () => {
  const { url } = await servePages();
  const bob = await new StockClient(url.replace('http', 'ws'), 'plan').synced();
  const shapes = bob.doc.getMap('shapes');
  const draw = (id: string, x: number) =>
    shapes.set(
      id,
      new Y.Map(
        Object.entries({ kind: 'rectangle', x, y: 0, w: 100, h: 100, z: 'V', color: 'red' }),
      ),
    );
  draw('one', 0);
  const context = await browser.newContext({ viewport: { width: 1200, height: 760 } });
  const page = await context.newPage();
  await page.goto(`${url}/board/plan`);
  await page.waitForSelector('#stage[data-shapes="1"]');
  await page.waitForSelector('#state[data-state=saved]');
  await page.evaluate(() => {
    CanvasRenderingContext2D.prototype.stroke = () => {
      throw new Error('out of order');
    };
  });
  draw('two', 200);
  await page.waitForSelector(
    '#notice:has-text("Something went wrong while showing this document.")',
  );
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await page.keyboard.press('Control+z');
  await page.mouse.dblclick(300, 600);
  await page.keyboard.type('text');
  await page.waitForTimeout(500);
  expect([...shapes.keys()].toSorted()).toEqual(['one', 'two']);
  expect(await page.isDisabled('[data-command=rectangle]')).toBe(true);
  bob.destroy();
});
