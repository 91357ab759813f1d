import { type Browser, chromium, type Page } from 'playwright-core';

/** Debian's Chromium, or the one that CHROMIUM names. */
export async function launchBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** A person with a browser of their own on a document. */
export interface Visitor {
  readonly name: string;
  readonly page: Page;
  /** What the page logged as errors; a server that is down on purpose is none. */
  readonly errors: readonly string[];
}

export async function visit(
  browser: Browser,
  url: string,
  name: string,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<Visitor> {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1200, height: 760 } });
  await context.addInitScript(
    (user) => {
      if (localStorage.getItem('syncline.user') === null)
        localStorage.setItem('syncline.user', user);
    },
    JSON.stringify({ name, color: name === 'Ada' ? '#1d4ed8' : '#be185d' }),
  );
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    if (/WebSocket connection|ERR_CONNECTION/.test(message.text())) return;
    errors.push(message.text());
  });
  await page.goto(url);
  await ready(page);
  return { name, page, errors };
}

/** Waits until the document is there. */
export async function ready(page: Page): Promise<void> {
  await page.waitForSelector('#state[data-state=saved]');
  await page.waitForSelector('#editor[aria-busy=false]');
}

/** The text in the editor, without the names at carets. */
export async function textOf(page: Page): Promise<string> {
  return await page.$$eval('.cm-line', (lines) =>
    lines
      .map((line) => {
        const copy = line.cloneNode(true) as HTMLElement;
        for (const caret of copy.querySelectorAll('.cm-ySelectionCaret, .cm-placeholder')) {
          caret.remove();
        }
        return copy.textContent;
      })
      .join('\n'),
  );
}
