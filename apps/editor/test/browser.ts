import { errorsOf } from '@syncline/testing/browser';
import type { Browser, BrowserContext, Page } from 'playwright-core';

export { crash, launchBrowser } from '@syncline/testing/browser';

/** A person with a browser of their own on a document. */
export interface Visitor {
  readonly name: string;
  readonly page: Page;
  /** What the page logged as errors; a server that is down on purpose is none. */
  readonly errors: readonly string[];
}

export interface VisitOptions {
  readonly colorScheme?: 'light' | 'dark';
  /** What the document's state is when it is there. */
  readonly state?: string;
}

export async function visit(
  browser: Browser,
  url: string,
  name: string,
  { colorScheme = 'light', state = 'saved' }: VisitOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({ colorScheme, viewport: { width: 1200, height: 760 } });
  await context.addInitScript(
    (user) => {
      if (localStorage.getItem('syncline.user') === null)
        localStorage.setItem('syncline.user', user);
    },
    JSON.stringify({ name, color: name === 'Ada' ? '#1d4ed8' : '#be185d' }),
  );
  const { page, errors } = await openPage(context);
  await page.goto(url);
  await ready(page, state);
  if (state === 'saved') await focused(page);
  return { name, page, errors };
}

/** Waits until what is typed goes into the document: editors take the focus in a frame of their own. */
async function focused(page: Page): Promise<void> {
  await page.waitForFunction(
    () => (document.activeElement as HTMLElement | null)?.isContentEditable,
  );
}

/** A page of somebody who is there already, and the errors that it logs. */
export async function openPage(
  context: BrowserContext,
): Promise<{ readonly page: Page; readonly errors: readonly string[] }> {
  const page = await context.newPage();
  return { page, errors: errorsOf(page) };
}

/** Another name for who sits here, whose caret stays where it is. */
export async function rename(page: Page, name: string): Promise<void> {
  await page.$eval(
    '#me',
    (input: HTMLInputElement, value) => {
      input.value = value;
      input.dispatchEvent(new Event('input'));
    },
    name,
  );
}

/** Waits until the document is there. */
export async function ready(page: Page, state = 'saved'): Promise<void> {
  await page.waitForSelector(`#state[data-state=${state}]`);
  await page.waitForSelector('#editor[aria-busy=false]');
}

/** Waits until the pages are kept in this browser. */
export async function pagesKept(page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready);
}

/** The text in the plain editor, without the names at carets. */
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

/** The text in the rich editor as HTML, without what only this page shows: carets, selections. */
export async function richTextOf(page: Page): Promise<string> {
  return await page.$eval('.tiptap', (editor) => {
    const copy = editor.cloneNode(true) as HTMLElement;
    for (const caret of copy.querySelectorAll(
      '.caret, .ProseMirror-separator, .ProseMirror-trailingBreak',
    )) {
      caret.remove();
    }
    for (const selected of copy.querySelectorAll('.selection')) {
      selected.replaceWith(...selected.childNodes);
    }
    for (const element of copy.querySelectorAll('p')) {
      element.removeAttribute('class');
      element.removeAttribute('data-placeholder');
    }
    return copy.innerHTML;
  });
}
