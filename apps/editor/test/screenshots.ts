import { fileURLToPath } from 'node:url';
import { ServerProcess, TemporaryDirectory } from '@syncline/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, it } from 'vitest';
import { launchBrowser, visit } from './browser.ts';

const IMAGES = fileURLToPath(new URL('../../../docs/images/', import.meta.url));
const SCHEMES = ['light', 'dark'] as const;

const PLAIN = `# Sailing trip, July

- **Harbour:** Thursday evening, the boat is ready from *18:00*
- Food for five days: see the list below
- Who brings the charts?

## Route

Out along the coast to the lighthouse, then wherever the wind goes.
If it is calm, we stay another day and swim.

> Keep \`channel 16\` open.
`;

const RICH = `<h1>Sailing trip, July</h1>
<p>The boat is ready on <strong>Thursday</strong> from <em>18:00</em>; berths are on the
<a href="https://example.org/harbour">harbour’s page</a>.</p>
<ul><li><p>Food for five days</p></li><li><p>Who brings the charts?</p></li><li><p><s>Ask Nils for the dinghy</s></p></li></ul>
<h2>Route</h2>
<ol><li><p>Out along the coast to the lighthouse</p></li><li><p>Then wherever the wind goes</p></li></ol>
<blockquote><p>Keep <code>channel 16</code> open.</p></blockquote>
<p></p>`.replaceAll('\n', ' ');

let data: TemporaryDirectory;
let server: ServerProcess;
let browser: Browser;

beforeAll(async () => {
  data = await TemporaryDirectory.make();
  server = new ServerProcess(data);
  await server.start();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await server.kill('SIGTERM');
  await data.remove();
});

async function take(page: Page, name: string, scheme: string): Promise<void> {
  await page.screenshot({ path: `${IMAGES}${name}-${scheme}.png` });
  await page.setViewportSize({ width: 390, height: 720 });
  await page.waitForTimeout(100);
  await page.screenshot({ path: `${IMAGES}${name}-phone-${scheme}.png` });
  await page.setViewportSize({ width: 1200, height: 760 });
}

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

it.each([
  { name: 'editor', kind: 'editor', type: 'text/plain', content: PLAIN },
  { name: 'editor-rich', kind: 'text', type: 'text/html', content: RICH },
])('takes pictures of $name', async ({ name, kind, type, content }) => {
  const url = `${server.httpUrl}/${kind}/Sailing%20trip`;
  for (const colorScheme of SCHEMES) {
    const ada = await visit(browser, url, 'Ada', { colorScheme });
    if (colorScheme === 'light') await paste(ada.page, type, content);
    const bob = await visit(browser, url, 'Bob', { colorScheme });
    await bob.page.click('text=wherever the wind goes');
    await bob.page.keyboard.press('End');
    await bob.page.keyboard.press('Shift+Home');
    await ada.page.click('text=Who brings the charts?');
    await ada.page.keyboard.press('End');
    await ada.page.waitForTimeout(600);
    await take(ada.page, name, colorScheme);
    await ada.page.context().close();
    await bob.page.context().close();
  }
});

it('takes pictures of a page without its server', async () => {
  const url = `${server.httpUrl}/text/Sailing%20trip`;
  for (const colorScheme of SCHEMES) {
    const { page } = await visit(browser, url, 'Ada', { colorScheme });
    await page.click('text=Who brings the charts?');
    await page.keyboard.press('End');
    await server.kill('SIGKILL');
    await page.keyboard.type(' Ada.');
    await page.waitForSelector('#notice:has-text("not saved yet")');
    await take(page, 'editor-offline', colorScheme);
    await server.start();
    await page.waitForSelector('#state[data-state=saved]');
    for (let i = 0; i < 5; i++) await page.keyboard.press('Backspace');
    await page.waitForSelector('#state[data-state=saved]');
    await page.context().close();
  }
});

it('takes pictures of the landing page', async () => {
  for (const colorScheme of SCHEMES) {
    const context = await browser.newContext({
      colorScheme,
      viewport: { width: 1200, height: 760 },
    });
    await context.addInitScript(() => {
      const documents = [
        { kind: 'text', name: 'Sailing trip' },
        { kind: 'board', name: 'Deck plan' },
        { kind: 'editor', name: 'Packing list' },
      ];
      localStorage.setItem('syncline.recent', JSON.stringify(documents));
    });
    const page = await context.newPage();
    await page.goto(server.httpUrl);
    await page.waitForSelector('#recent:not([hidden])');
    await take(page, 'landing', colorScheme);
    await context.close();
  }
});
