import { createJwtAuthenticator, mintToken, Rules } from '@syncline/server/access';
import { ServerProcess, StockClient, TemporaryDirectory, until } from '@syncline/testing';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { accessibilityFaults } from './accessibility.ts';
import { launchBrowser, ready, visit } from './browser.ts';
import { servePages } from './page-server.ts';

const SECRET = 'a secret of at least thirty-two bytes';
const tokenOf = (user: string, ttlSeconds: number) =>
  mintToken({ secret: SECRET, user, ttlSeconds, claims: {} });

let browser: Browser;
let data: TemporaryDirectory;
let server: ServerProcess;
beforeAll(async () => {
  process.env['SYNCLINE_AUTH_SECRET'] = SECRET;
  browser = await launchBrowser();
  data = await TemporaryDirectory.make();
  server = new ServerProcess(data);
  await server.start();
});
afterAll(async () => {
  delete process.env['SYNCLINE_AUTH_SECRET'];
  await browser.close();
  await server.kill('SIGKILL');
  await data.remove();
});
afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
});

/** What somebody else finds in the document. */
async function stored(name: string): Promise<string> {
  const token = await tokenOf('reader', 60);
  const client = await new StockClient(server.url, name, { params: { token } }).synced();
  const { doc } = client;
  const all = `${doc.getText('text').toString()}${doc.getXmlFragment('default').toString()}`;
  const shapes = JSON.stringify(doc.getMap('shapes').toJSON());
  client.destroy();
  return all + shapes;
}

async function enterToken(page: Page, token: string): Promise<void> {
  await page.fill('#notice input', token);
  await page.press('#notice input', 'Enter');
}

describe.each([
  { kind: 'editor', surface: '.cm-content' },
  { kind: 'text', surface: '.tiptap' },
])('/$kind', ({ kind, surface }) => {
  it('says that nothing is saved when a token expires, keeps what is typed, and sends it with another', async () => {
    const name = `${kind} of a token`;
    const url = `${server.httpUrl}/${kind}/${encodeURIComponent(name)}`;
    const ada = await visit(browser, `${url}#token=${await tokenOf('ada', 2)}`, 'Ada');
    const { page, errors } = ada;
    await page.keyboard.type('in time. ');
    await ready(page);
    // The server allows clocks to differ by some seconds.
    let typed = '';
    while (await page.isHidden('#notice')) {
      await page.keyboard.type('typing. ');
      typed += 'typing. ';
      expect(typed.length).toBeLessThan(5_000);
    }
    await page.waitForSelector(
      '#notice:has-text("Your token has expired, so nothing is saved any more.")',
    );
    expect(await page.textContent('#notice p')).toContain('kept in this browser');
    expect(await page.textContent('#state')).toBe('Not saved');
    expect(await accessibilityFaults(page)).toEqual([]);
    await page.keyboard.type('after it.');
    await page.waitForSelector(`${surface}:has-text("in time. ${typed}after it.")`);
    expect(await stored(name)).not.toContain('after it');

    await enterToken(page, 'no token');
    await page.waitForSelector('#notice:has-text("does not accept")');
    await enterToken(page, await tokenOf('ada', 600));
    await ready(page);
    await page.waitForSelector('#notice', { state: 'hidden' });
    expect(await stored(name)).toContain(`in time. ${typed}after it.`);
    await page.click(surface);
    await page.keyboard.press('Control+End');
    await page.keyboard.type(' And on.');
    await ready(page);
    expect(await stored(name)).toContain('after it. And on.');
    // The new token is kept for this tab.
    await page.reload();
    await ready(page);
    expect(errors).toEqual([]);
  });

  it('keeps what is typed over a reload, without another token', async () => {
    const name = `${kind} of an old token`;
    const url = `${server.httpUrl}/${kind}/${encodeURIComponent(name)}`;
    const { page, errors } = await visit(browser, `${url}#token=${await tokenOf('ada', 1)}`, 'Ada');
    await page.waitForSelector('#notice:has-text("Your token has expired")');
    await page.keyboard.type('written too late');
    await page.waitForTimeout(1_000);
    page.on('dialog', (dialog) => dialog.accept());
    await page.reload();
    await page.waitForSelector(`${surface}:has-text("written too late")`);
    await enterToken(page, await tokenOf('ada', 600));
    await ready(page);
    expect(await stored(name)).toContain('written too late');
    expect(errors).toEqual([]);
  });

  it('asks for another token when everybody may read and somebody may no longer write', async () => {
    const own = await servePages({
      authenticator: createJwtAuthenticator({ secret: SECRET, allowAnonymous: true }),
      rules: Rules.from([
        { document: '**', read: 'true', awareness: 'true' },
        { document: '**', write: 'user != null' },
      ]),
    });
    const token = await tokenOf('ada', 2);
    const { page } = await visit(browser, `${own.url}/${kind}/notes#token=${token}`, 'Ada');
    await page.keyboard.type('in time');
    await page.waitForSelector('#notice:has-text("If your token has expired, enter another one.")');
    await enterToken(page, await tokenOf('ada', 600));
    await ready(page);
    await page.waitForSelector('#notice', { state: 'hidden' });
    await page.click(surface);
    await page.keyboard.press('Control+End');
    await page.keyboard.type(', and again');
    await ready(page);
    await page.waitForSelector(`${surface}:has-text("in time, and again")`);
  });
});

it('a board keeps what is drawn after a token expired', async () => {
  const address = `${server.httpUrl}/board/plan#token=${await tokenOf('ada', 1)}`;
  const page = await (await browser.newContext()).newPage();
  await page.goto(address);
  await page.waitForSelector('#notice:has-text("Your token has expired")');
  await page.click('[data-command=sticky]');
  await page.mouse.click(600, 400);
  await page.keyboard.type('drawn too late');
  await page.keyboard.press('Escape');
  await page.waitForSelector('#stage[data-shapes="1"]');
  await enterToken(page, await tokenOf('ada', 600));
  await page.waitForSelector('#state[data-state=saved]');
  await until('it is stored', async () => (await stored('plan')).includes('drawn too late'));
});
