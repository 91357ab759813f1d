import { type Browser, chromium, type Page } from 'playwright-core';

/**
 * Debian's Chromium, or the one that CHROMIUM names. To close it fails when a page did what its Content-Security-Policy
 * forbids: no page of ours needs that.
 */
export async function launchBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    // Users have it.
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
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
  const violations = new Set<string>();
  const make = browser.newContext.bind(browser);
  browser.newContext = async (options) => {
    const context = await make(options);
    context.on('console', (message) => {
      const text = message.text();
      if (text.includes('Content Security Policy')) violations.add(text);
    });
    return context;
  };
  const close = browser.close.bind(browser);
  browser.close = async (options) => {
    await close(options);
    if (violations.size > 0) throw new Error([...violations].join('\n'));
  };
  return browser;
}

/** What a page logs as errors from now on; a server or a network that is gone on purpose is none. */
export function errorsOf(page: Page): readonly string[] {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() !== 'error') return;
    if (/WebSocket connection|ERR_(CONNECTION|INTERNET)/.test(message.text())) return;
    errors.push(message.text());
  });
  return errors;
}

/** Ends a page's process, as the system does when there is no memory. */
export async function crash(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const crashed = new Promise<void>((resolve) => page.once('crash', () => resolve()));
  // The page cannot answer any more.
  session.send('Page.crash').catch(() => {});
  await crashed;
  await page.close();
}
