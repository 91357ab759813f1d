import { StockClient, until } from '@syncline/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as Y from 'yjs';
import { launchBrowser, textOf, visit } from './browser.ts';
import { random } from './nonsense.ts';
import { servePages } from './page-server.ts';

const SEED = Number(process.env['SEED'] ?? 1);

let browser: Browser;
let url: string;
let other: StockClient;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  ({ url } = await servePages());
  other = await new StockClient(url.replace('http', 'ws'), 'notes').synced();
});
afterEach(async () => {
  other.destroy();
  for (const context of browser.contexts()) await context.close();
});

const open = (name = 'Ada') => visit(browser, `${url}/editor/notes`, name);
const has = (content: string) => until(JSON.stringify(content), () => other.content === content);
const shows = (page: Page, text: string) =>
  until(JSON.stringify(text), async () => (await textOf(page)) === text);
const press = async (page: Page, ...keys: string[]) => {
  for (const key of keys) await page.keyboard.press(key);
};

describe('line breaks of two characters', () => {
  it('take no letter to a wrong place, and no change of others away', async () => {
    other.text.insert(0, '1\r\n2');
    const { page, errors } = await open();
    await press(page, 'Control+End');
    await page.keyboard.type('3');
    await has('1\r\n23');
    other.text.insert(other.text.length, '4');
    await shows(page, '1\n234');
    other.text.insert(1, 'a\r\nb');
    await shows(page, '1a\nb\n234');
    await press(page, 'Control+Home', 'End');
    await page.keyboard.type('!');
    await press(page, 'ArrowDown');
    await page.keyboard.type('?');
    await has('1a!\r\nb?\r\n234');
    expect(errors).toEqual([]);
  });

  it('are deleted as a whole, and come back', async () => {
    other.text.insert(0, 'one\r\ntwo\r\nthree');
    const { page, errors } = await open();
    await press(page, 'Control+Home', 'ArrowDown', 'Backspace');
    await has('onetwo\r\nthree');
    await press(page, 'Control+z');
    await has('one\r\ntwo\r\nthree');
    await shows(page, 'one\ntwo\nthree');
    await press(page, 'Control+Home', 'End', 'Delete');
    await has('onetwo\r\nthree');
    await press(page, 'Control+z', 'Control+End', 'Enter');
    await page.keyboard.type('four');
    await has('one\r\ntwo\r\nthree\nfour');
    await press(page, 'Control+a', 'Backspace');
    await has('');
    expect(errors).toEqual([]);
  });

  it('are where others see each other', async () => {
    other.text.insert(0, 'one\r\ntwo\r\nthree');
    const [ada, bob] = [await open('Ada'), await open('Bob')];
    await press(bob.page, 'Control+Home', 'ArrowDown', 'ArrowDown', 'ArrowRight');
    await ada.page.waitForSelector('.cm-line:has-text("hree") .cm-ySelectionInfo:has-text("Bob")');
    // Presence comes some milliseconds after each move.
    await until('it is behind the t', async () => {
      const line = await ada.page.textContent('.cm-line:has-text("hree")');
      return line?.replaceAll('\u2060', '') === 'tBobhree';
    });
    await until('a stock client finds it there', () => {
      const states = [...other.provider.awareness.getStates().values()];
      const head = states.find(({ user }) => user?.name === 'Bob')?.['cursor']?.head;
      const place = head && Y.createAbsolutePositionFromRelativePosition(head, other.doc);
      return place?.index === 'one\r\ntwo\r\nt'.length;
    });
    expect([...ada.errors, ...bob.errors]).toEqual([]);
  });
});

it('a `\\r` alone is a line break, and what is typed beside it stays apart from it', async () => {
  other.text.insert(0, '1\r2\u20283');
  const { page, errors } = await open();
  await shows(page, '1\n2\u20283');
  await press(page, 'Control+End');
  await page.keyboard.type('4');
  await has('1\r2\u202834');
  // An empty line after it; the two would be one break.
  await press(page, 'Control+Home', 'ArrowDown', 'Enter');
  await shows(page, '1\n\n2\u202834');
  await until('there are two breaks', () => /^1(\r\r|\n\n)2\u202834$/.test(other.content));
  await page.keyboard.type('x');
  await until('it is before the 2', () => other.content.endsWith('x2\u202834'));
  other.text.insert(0, '\r\r\n\n');
  await shows(page, '\n\n\n1\n\nx2\u202834');
  expect(errors).toEqual([]);
});

it('rich text with such breaks takes letters where they are typed, and shows what others write', async () => {
  const paragraph = new Y.XmlElement('paragraph');
  paragraph.insert(0, [new Y.XmlText('1\r\n2')]);
  other.doc.getXmlFragment('default').insert(0, [paragraph]);
  const { page, errors } = await visit(browser, `${url}/text/notes`, 'Ada');
  // Where it is edited, a break in a text becomes one of its own.
  const words = () => paragraph.toString().replaceAll(/<.*?>|\s/g, '');
  await press(page, 'Control+End');
  await page.keyboard.type('3');
  await until('it is at the end', () => words() === '123');
  const last = paragraph.get(paragraph.length - 1) as Y.XmlText;
  last.insert(last.length, '4');
  await page.waitForSelector('.tiptap p:has-text("234")');
  await page.keyboard.type('5');
  await until('all is there', () => words() === '12354' || words() === '12345');
  expect((await page.textContent('.tiptap'))?.replaceAll(/\s/g, '')).toBe(words());
  expect(errors).toEqual([]);
});

it('what is pasted has line breaks of one character', async () => {
  const { page, errors } = await open();
  await page.evaluate(() => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', 'one\r\ntwo\rthree\n');
    const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
    document.activeElement?.dispatchEvent(event);
  });
  await has('one\ntwo\nthree\n');
  expect(errors).toEqual([]);
});

it('an emoji that takes the place of another one is whole', async () => {
  other.text.insert(0, 'a😀b');
  const { page, errors } = await open();
  await page.evaluate(() => {
    const line = document.querySelector('.cm-line')?.firstChild as globalThis.Text;
    // As some keyboards do it: half of the pair is the same.
    line.data = 'a😁b';
  });
  await has('a😁b');
  expect(errors).toEqual([]);
});

it(`two write at random places of a text with all kinds of breaks (SEED=${SEED})`, async () => {
  const next = random(SEED);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  other.text.insert(0, 'one\r\ntwo\rthree\n\r\nfour');
  const { page, errors } = await open();
  const keys = [
    'Home',
    'End',
    'ArrowUp',
    'ArrowDown',
    'ArrowLeft',
    'Backspace',
    'Delete',
    'Enter',
    'x',
    'y',
  ];
  for (let step = 0; step < 150; step++) {
    if (next() < 0.4) {
      const at = Math.floor(next() * (other.text.length + 1));
      if (next() < 0.6) other.text.insert(at, pick(['\r', '\n', '\r\n', 'a', 'b\r\nc']));
      else other.text.delete(at, Math.min(other.text.length - at, Math.floor(next() * 4)));
    } else await page.keyboard.press(pick(keys));
  }
  const same = async () =>
    (await textOf(page)) === other.content.replaceAll(/\r\n?/g, '\n') &&
    (await page.textContent('#state')) === 'Saved';
  await until('both have the same', same);
  await page.keyboard.press('Control+End');
  await page.keyboard.type('the end');
  await until(
    'both have the same',
    async () => other.content.endsWith('the end') && (await same()),
  );
  expect(errors).toEqual([]);
});
