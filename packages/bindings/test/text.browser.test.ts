import type { CDPSession, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PageBrowser } from '../../client/test/page-browser.ts';

let browser: PageBrowser;
let page: Page;
let ime: CDPSession;

beforeAll(async () => {
  browser = await PageBrowser.launch(new URL('page.ts', import.meta.url));
});

afterAll(async () => {
  await browser?.close();
});

async function open(kind: 'textarea' | 'input', content: string): Promise<void> {
  await page.evaluate(
    ([kind, content]) => {
      window.app = new window.App(kind, content);
    },
    [kind, content] as const,
  );
}

const state = () => page.evaluate(() => window.app.state);
const select = (start: number, end: number, direction?: 'backward') =>
  page.evaluate(
    ([start, end, direction]) => window.app.field.setSelectionRange(start, end, direction),
    [start, end, direction] as const,
  );
const insert = (index: number, text: string) =>
  page.evaluate(([index, text]) => window.app.insert(index, text), [index, text] as const);
const compose = (text: string) =>
  ime.send('Input.imeSetComposition', {
    text,
    selectionStart: text.length,
    selectionEnd: text.length,
  });

describe.each(['textarea', 'input'] as const)('a %s in Chromium', (kind) => {
  beforeEach(async () => {
    const context = await browser.person();
    page = await browser.open(context);
    ime = await context.newCDPSession(page);
    return () => context.close();
  });

  it('sends a composition when it ends, and then shows what others wrote', async () => {
    await open(kind, 'one two');
    await select(3, 3);
    await compose('に');
    await compose('にほ');
    expect(await state()).toMatchObject({ text: 'one two', value: 'oneにほ two' });
    await insert(7, '!');
    await insert(0, '> ');
    expect(await state()).toMatchObject({ text: '> one two!', value: 'oneにほ two' });
    // The composition goes on: it was not broken off.
    await compose('にほん');
    expect((await state()).value).toBe('oneにほん two');
    await ime.send('Input.insertText', { text: '日本' });
    expect(await state()).toMatchObject({
      text: '> one日本 two!',
      value: '> one日本 two!',
      selection: [7, 7, expect.anything()],
    });
    const deltas = await page.evaluate(() => window.app.deltas);
    expect(deltas.at(-1)).toEqual([{ retain: 5 }, { insert: '日本' }]);
    expect(deltas).toHaveLength(3);
  });

  it('keeps a composition that loses the focus', async () => {
    await open(kind, 'ab');
    await select(1, 1);
    await compose('か');
    await insert(0, '-');
    await page.evaluate(() => window.app.field.blur());
    expect(await state()).toMatchObject({ text: '-aかb', value: '-aかb' });
  });

  it('undoes what was typed, by keys, and not what others wrote', async () => {
    await open(kind, 'ab');
    await select(1, 1);
    await page.keyboard.type('xyz');
    await insert(0, '> ');
    expect(await state()).toMatchObject({ value: '> axyzb', selection: [6, 6, expect.anything()] });
    await page.keyboard.press('Control+z');
    expect(await state()).toMatchObject({
      text: '> ab',
      value: '> ab',
      selection: [3, 3, expect.anything()],
    });
    await page.keyboard.press('Control+Shift+z');
    expect((await state()).text).toBe('> axyzb');
  });

  it('keeps selection and direction, and goes on where it was', async () => {
    await open(kind, 'hello world');
    await select(6, 11, 'backward');
    await insert(6, 'big ');
    expect((await state()).selection).toEqual([10, 15, 'backward']);
    await page.keyboard.press('Shift+ArrowLeft');
    expect((await state()).selection).toEqual([9, 15, 'backward']);
    await page.keyboard.type('W');
    expect(await state()).toMatchObject({ text: 'hello bigW', value: 'hello bigW' });
  });
});

it('a textarea shows \\r\\n as one line end, and writes around it', async () => {
  const context = await browser.person();
  page = await browser.open(context);
  await open('textarea', '1\r\n2');
  expect(await state()).toMatchObject({ text: '1\r\n2', value: '1\n2' });
  await page.keyboard.press('Control+End');
  await page.keyboard.type('3');
  expect(await state()).toMatchObject({ text: '1\r\n23', value: '1\n23' });
  await insert(5, '4\r\n');
  expect(await state()).toMatchObject({ value: '1\n234\n', selection: [4, 4, 'forward'] });
  await page.keyboard.press('Control+Home');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');
  expect((await state()).text).toBe('1\n\r\n234\r\n');
  await page.keyboard.press('Delete');
  expect((await state()).text).toBe('1\n234\r\n');
  await context.close();
});

it('a textarea does not scroll when others write', async () => {
  const context = await browser.person();
  page = await browser.open(context);
  await open('textarea', 'line\n'.repeat(100));
  await page.evaluate(() => window.app.field.setSelectionRange(0, 0));
  const scroll = () => page.evaluate(() => window.app.field.scrollTop);
  await page.evaluate(() => window.app.field.scrollTo(0, 600));
  const before = await scroll();
  expect(before).toBeGreaterThan(100);
  await insert(500, 'end');
  expect(await scroll()).toBe(before);
  await context.close();
});
