import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { launchBrowser, openPage, pagesKept, ready, visit } from '../../editor/test/browser.ts';
import { servePages } from '../../editor/test/page-server.ts';
import { drag, pick, visit as visitBoard } from '../../whiteboard/test/browser.ts';

type Browser = Awaited<ReturnType<typeof launchBrowser>>;

/** Closing it fails when a page did what its policy forbids. */
let browser: Browser;
let url: string;
beforeEach(async () => {
  browser = await launchBrowser();
  ({ url } = await servePages());
});
afterEach(() => browser.close());

async function paste(page: Page, type: string, content: string): Promise<void> {
  await page.evaluate(
    ([type, content]) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData(type, content);
      const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
      document.activeElement?.dispatchEvent(event);
    },
    [type, content] as const,
  );
}

it('pages do what they are there for within their policy', async () => {
  const rich = await visit(browser, `${url}/text/notes`, 'Ada');
  const html =
    '<style>b { color: red }</style><b style="font-weight: normal"><p style="color: red">as <span style="font-weight: 700">Google Docs</span> has it</p></b><img src="/x" onerror="document.title = 1"><script>document.title = 1</script>';
  await paste(rich.page, 'text/html', html);
  await rich.page.waitForSelector('.tiptap p:has-text("has it")');
  expect(
    await rich.page.$$eval('.tiptap strong', (all) => all.map((one) => one.textContent)),
  ).toEqual(['Google Docs']);
  await rich.page.keyboard.press('Control+a');
  await rich.page.keyboard.press('Control+c');
  const plain = await visit(browser, `${url}/editor/notes`, 'Bob');
  await paste(plain.page, 'text/plain', '# Title\n**bold** `code`\n');
  await plain.page.keyboard.press('Control+a');
  const board = await visitBoard(browser, `${url}/board/notes`, 'Cem');
  await pick(board.page, 'sticky');
  await board.page.mouse.click(600, 400);
  await board.page.keyboard.type('a note');
  await board.page.keyboard.press('Escape');
  await pick(board.page, 'pen');
  await drag(board.page, [200, 200], [300, 300]);
  await board.page.keyboard.press('?');
  await board.page.click('#help button');
  for (const type of ['PNG', 'SVG']) {
    await board.page.click('#menu summary');
    const download = board.page.waitForEvent('download');
    await board.page.click(`text=Download ${type}`);
    await (await download).cancel();
  }
  const home = await openPage(await browser.newContext());
  await home.page.goto(url);
  expect([rich, plain, board, home].flatMap(({ errors }) => errors)).toEqual([]);
});

it('a page looks as it should without style elements', async () => {
  const { page } = await visit(browser, `${url}/editor/notes`, 'Ada');
  await page.keyboard.type('# Title\nwords');
  const style = (selector: string, name: string) =>
    page.$eval(selector, (element, name) => getComputedStyle(element).getPropertyValue(name), name);
  expect(await style('.cm-content', 'white-space')).toBe('break-spaces');
  expect(await style('.cm-scroller', 'font-family')).toContain('system-ui');
  expect(await style('.cm-scroller', 'padding-top')).toBe('36px');
  expect(await style('.cm-cursor', 'border-left-width')).toBe('2px');
  await page.goto(`${url}/text/notes`);
  await ready(page);
  expect(await style('.tiptap', 'white-space')).toBe('break-spaces');
  expect(await page.$$('style')).toEqual([]);
});

it('what is slipped into a page neither runs, nor calls home', async () => {
  const own = await launchBrowser();
  const { page } = await visit(own, `${url}/text/notes`, 'Ada');
  const done = await page.evaluate(async () => {
    const host = document.body.appendChild(document.createElement('div'));
    host.innerHTML =
      '<img src="/nothing" onerror="document.title = `run`"><b style="color: red">x</b>';
    const script = document.createElement('script');
    script.textContent = 'document.title = `run`';
    document.body.append(script);
    const home = await fetch('https://example.org/').catch(() => 'refused');
    await new Promise((resolve) => setTimeout(resolve, 300));
    const color = getComputedStyle(host.querySelector('b') as Element).color;
    return { title: document.title, home, color };
  });
  expect(done).toEqual({ title: 'notes · Syncline', home: 'refused', color: 'rgb(29, 29, 41)' });
  await expect(own.close()).rejects.toThrow('Content Security Policy');
});

it('a page cannot be framed by another', async () => {
  const thief = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<iframe src="${url}/text/notes"></iframe>`);
  }).listen(0, '127.0.0.1');
  const own = await launchBrowser();
  const page = await (await own.newContext()).newPage();
  await page.goto(`http://127.0.0.1:${(thief.address() as AddressInfo).port}`);
  await page.waitForTimeout(500);
  const [, frame] = page.frames();
  expect(await frame?.$('#editor')).toBe(null);
  thief.close();
  await own.close().catch(() => {});
});

it('a page that was kept has its policy, too', async () => {
  const { page, errors } = await visit(browser, `${url}/text/notes`, 'Ada');
  await pagesKept(page);
  await page.keyboard.type('kept');
  await ready(page);
  await page.reload();
  await ready(page);
  await page.context().setOffline(true);
  const answer = await page.reload();
  expect(answer?.fromServiceWorker()).toBe(true);
  expect(answer?.headers()['content-security-policy']).toContain("script-src 'self'");
  await page.waitForSelector('.tiptap:has-text("kept")');
  expect(errors).toEqual([]);
});
