import { errorsOf } from '@syncline/testing/browser';
import type { Browser, BrowserContext, Page } from 'playwright-core';

export { launchBrowser } from '@syncline/testing/browser';

/** A person with a browser of their own on a board. */
export interface Visitor {
  readonly name: string;
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the page logged as errors; a server that is down on purpose is none. */
  readonly errors: readonly string[];
}

export interface VisitOptions {
  readonly colorScheme?: 'light' | 'dark';
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly hasTouch?: boolean;
  /** Of the page's address. */
  readonly query?: string;
}

const COLORS: Readonly<Record<string, string>> = { Ada: '#1d4ed8', Bob: '#be185d', Cem: '#047857' };

export async function visit(
  browser: Browser,
  url: string,
  name: string,
  { colorScheme = 'light', viewport, hasTouch = false }: VisitOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({
    colorScheme,
    hasTouch,
    viewport: viewport ?? { width: 1200, height: 760 },
    acceptDownloads: true,
  });
  await context.addInitScript(
    (user) => {
      if (localStorage.getItem('syncline.user') === null)
        localStorage.setItem('syncline.user', user);
    },
    JSON.stringify({ name, color: COLORS[name] ?? '#6d28d9' }),
  );
  const page = await context.newPage();
  const errors = errorsOf(page);
  await page.goto(url);
  await ready(page);
  return { name, page, context, errors };
}

/** Waits until the board is there, and saved. */
export async function ready(page: Page): Promise<void> {
  await page.waitForSelector('#stage[aria-busy=false]');
  await page.waitForSelector('#state[data-state=saved]');
}

/** Presses, moves in steps and lifts the mouse, at places of the page. */
export async function drag(
  page: Page,
  from: readonly [number, number],
  to: readonly [number, number],
  { steps = 5, isDropped = true }: { steps?: number; isDropped?: boolean } = {},
): Promise<void> {
  await page.mouse.move(...from);
  await page.mouse.down();
  await page.mouse.move(...to, { steps });
  if (isDropped) await page.mouse.up();
}

/** Picks a tool by its button. */
export async function pick(page: Page, tool: string): Promise<void> {
  await page.click(`[data-command=${tool}]`);
}

/** The colour of a pixel of the window, as the user sees it. */
export async function colorAt(page: Page, x: number, y: number): Promise<string> {
  const picture = await page.screenshot({ clip: { x, y, width: 1, height: 1 } });
  return await page.evaluate(
    async (bytes) => {
      const bitmap = await createImageBitmap(new Blob([Uint8Array.from(bytes)]));
      const context = new OffscreenCanvas(1, 1).getContext('2d');
      context?.drawImage(bitmap, 0, 0);
      const [r = 0, g = 0, b = 0] = context?.getImageData(0, 0, 1, 1).data ?? [];
      return `#${[r, g, b].map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
    },
    [...picture],
  );
}
