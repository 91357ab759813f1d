import { readFresh, ServerProcess, sleep, TemporaryDirectory, until } from '@syncline/testing';
import { crash } from '@syncline/testing/browser';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { atEnd, HeldStore, serve } from '../harness.ts';
import { PageBrowser } from '../page-browser.ts';
import type { OpenOptions } from './page.ts';

let browser: PageBrowser;

beforeAll(async () => {
  browser = await PageBrowser.launch(new URL('page.ts', import.meta.url));
});

afterAll(async () => {
  await browser.close();
});

async function person(): Promise<BrowserContext> {
  const context = await browser.person();
  atEnd(() => context.close());
  return context;
}

async function open(context: BrowserContext, options: OpenOptions): Promise<Page> {
  const page = await browser.open(context);
  await page.evaluate((options) => window.app.open(options), options);
  return page;
}

const type = (page: Page, text: string) => page.evaluate((text) => window.app.type(text), text);
const textOf = (page: Page) => page.evaluate(() => window.app.text);
const statusOf = (page: Page) => page.evaluate(() => window.app.status);
const saveStateOf = (page: Page) => page.evaluate(() => window.app.saveState);
const saved = (page: Page) => page.evaluate(() => window.app.saved());
const transportOf = (page: Page) => page.evaluate(() => window.app.transport);

const isLive = (page: Page, timeoutMs?: number) =>
  until('the page is live', async () => (await statusOf(page)) === 'live', timeoutMs);
const isOffline = (page: Page) =>
  until('the page is offline', async () => (await statusOf(page)) === 'offline');
const hasText = (page: Page, text: string) =>
  until(`the page has ${text}`, async () => (await textOf(page)) === text);

const fresh = (url: string) => readFresh(url.replace('http', 'ws'), 'notes');

/** How many connections a server has. */
async function connectionsOf(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^syncline_connections(?:\{[^}]*\})? (\d+)/m.exec(metrics)?.[1]);
}

describe('a page', () => {
  it('keeps what was typed without a network, also when it is killed, and the server gets it', async () => {
    const { url } = await serve();
    const context = await person();
    const page = await open(context, { url, offline: true });
    await isLive(page);
    await type(page, 'online, ');
    await saved(page);
    await context.setOffline(true);
    await type(page, 'offline, ');
    expect((await saveStateOf(page))?.unsavedBytes).toBeGreaterThan(0);
    await isOffline(page);
    expect((await saveStateOf(page))?.state).toBe('offline');
    await type(page, 'for long');
    await sleep(300);
    await crash(page);
    expect(await fresh(url)).toBe('online, ');
    await context.setOffline(false);
    const again = await open(context, { url, offline: true });
    expect(await textOf(again)).toBe('online, offline, for long');
    await isLive(again);
    await saved(again);
    expect(await fresh(url)).toBe('online, offline, for long');
  });

  it('is back by itself when there is a network again', async () => {
    const { url } = await serve();
    const context = await person();
    const page = await open(context, { url });
    await isLive(page);
    await context.setOffline(true);
    await isOffline(page);
    await type(page, 'meanwhile');
    await context.setOffline(false);
    await isLive(page, 3_000);
    await saved(page);
    expect(await fresh(url)).toBe('meanwhile');
  });

  it('says "saved" after the commit, and "saving" before', async () => {
    const store = new HeldStore();
    const { url } = await serve({ store });
    const page = await open(await person(), { url });
    await isLive(page);
    store.hold();
    await type(page, 'x');
    await sleep(300);
    expect((await saveStateOf(page))?.state).toBe('saving');
    store.release();
    await saved(page);
    expect(await page.evaluate(() => window.app.saveStates)).toEqual(['saving', 'saved']);
  });

  it('asks before it is left with unsaved changes, and not without', async () => {
    const store = new HeldStore();
    const { url } = await serve({ store });
    const page = await open(await person(), { url, warn: true });
    await isLive(page);
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.type());
      void dialog.dismiss();
    });
    // Browsers ask only where somebody has touched the page.
    await page.mouse.click(10, 10);
    store.hold();
    await type(page, 'x');
    await page.close({ runBeforeUnload: true });
    await until('it asks', () => dialogs.length > 0);
    expect(dialogs).toEqual(['beforeunload']);
    store.release();
    await saved(page);
    await page.close({ runBeforeUnload: true });
    await until('it is closed', () => page.isClosed());
    expect(dialogs).toHaveLength(1);
  });

  it.each(['http-stream', 'http-poll'] as const)('works over %s', async (transport) => {
    const { url } = await serve();
    const page = await open(await person(), { url, transports: [transport] });
    await isLive(page);
    await type(page, 'over HTTP');
    await saved(page);
    expect(await transportOf(page)).toBe(transport);
    expect(await fresh(url)).toBe('over HTTP');
  });

  it('loses nothing when the server is killed in mid-edit', async () => {
    const folder = await TemporaryDirectory.make();
    atEnd(() => folder.remove());
    const server = new ServerProcess(folder);
    await server.start();
    atEnd(() => server.kill('SIGKILL'));
    const page = await open(await person(), { url: server.httpUrl });
    await isLive(page);
    for (let i = 0; i < 60; i++) {
      await type(page, `${i} `);
      if (i === 20) await server.kill('SIGKILL');
      if (i === 40) await server.start();
    }
    await saved(page);
    const all = Array.from({ length: 60 }, (_, i) => `${i} `).join('');
    await server.kill('SIGKILL');
    // The page cannot help now.
    await page.close();
    await server.start();
    expect(await fresh(server.httpUrl)).toBe(all);
  });
});

describe('tabs of one browser', () => {
  it('share one connection, and the next one leads when the leader is killed', async () => {
    const { url } = await serve();
    const context = await person();
    const pages = [await open(context, { url })];
    await isLive(pages[0] as Page);
    pages.push(await open(context, { url }), await open(context, { url }));
    const [first, second, third] = pages as [Page, Page, Page];
    await Promise.all(pages.map((page) => isLive(page)));
    expect(await Promise.all(pages.map(transportOf))).toEqual(['web-socket', 'tab', 'tab']);
    expect(await connectionsOf(url)).toBe(1);
    await type(second, 'two ');
    await saved(second);
    await Promise.all([hasText(first, 'two '), hasText(third, 'two ')]);
    await Promise.all(
      [second, third].map((page, i) => page.evaluate((i) => window.app.announce(`${i}`), i)),
    );
    await until(
      'they are seen',
      async () => (await first.evaluate(() => window.app.names)).length === 3,
    );

    await crash(first);
    await until(
      'one of them leads',
      async () => (await Promise.all([second, third].map(transportOf))).includes('web-socket'),
      3_000,
    );
    await Promise.all([isLive(second, 3_000), isLive(third, 3_000)]);
    expect(await connectionsOf(url)).toBe(1);
    await type(third, 'three');
    await saved(third);
    await hasText(second, 'two three');

    const leads = (await transportOf(second)) === 'web-socket';
    const [leader, last] = leads ? [second, third] : [third, second];
    await leader.close();
    await until(
      'the last one leads',
      async () => (await transportOf(last)) === 'web-socket',
      3_000,
    );
    await isLive(last);
    await type(last, '!');
    await saved(last);
    expect(await fresh(url)).toBe('two three!');
  });

  it('see each other without a server, and one brings what another left behind', async () => {
    const { url, server } = await serve();
    const context = await person();
    const first = await open(context, { url, offline: true });
    const second = await open(context, { url, offline: true });
    await Promise.all([isLive(first), isLive(second)]);
    await context.setOffline(true);
    await isOffline(first);
    await type(first, 'from the first');
    await hasText(second, 'from the first');
    await sleep(200);
    await crash(first);
    await context.setOffline(false);
    await isLive(second);
    await until('the server has it', async () => (await fresh(url)) === 'from the first');
    expect(server.url).toBe(url);
  });

  it('have one copy, without a fight over it', async () => {
    const { url } = await serve();
    const context = await person();
    const pages = await Promise.all([1, 2, 3].map(() => open(context, { url, offline: true })));
    await Promise.all(pages.map((page) => isLive(page)));
    const marks: string[] = [];
    for (let i = 0; i < 30; i++) {
      const mark = `<${i}>`;
      marks.push(mark);
      await type(pages[i % 3] as Page, mark);
    }
    await Promise.all(pages.map(saved));
    await sleep(500);
    for (const page of pages) await page.close();
    // The copy alone: there is no server to ask.
    const alone = await open(context, { url: 'http://127.0.0.1:9', offline: true });
    const text = await textOf(alone);
    for (const mark of marks) expect(text.split(mark)).toHaveLength(2);
    await alone.close();
    const again = await open(context, { url, offline: true });
    await isLive(again);
    await saved(again);
    expect((await saveStateOf(again))?.unsavedBytes).toBe(0);
    expect(await fresh(url)).toBe(text);
  });
});
