import { fileURLToPath } from 'node:url';
import { ServerProcess, TemporaryDirectory } from '@syncline/testing';
import { it } from 'vitest';
import { launchBrowser, visit } from './browser.ts';

const IMAGES = fileURLToPath(new URL('../../../docs/images/', import.meta.url));

const TEXT = `# Sailing trip, July

- **Harbour:** Thursday evening, the boat is ready from *18:00*
- Food for five days: see the list below
- Who brings the charts?

## Route

Out along the coast to the lighthouse, then wherever the wind goes.
If it is calm, we stay another day and swim.

> Keep \`channel 16\` open.
`;

it('takes pictures of the editor and the landing page', async () => {
  const data = await TemporaryDirectory.make();
  const server = new ServerProcess(data.path);
  await server.start();
  const browser = await launchBrowser();
  try {
    const url = `${server.httpUrl}/editor/Sailing%20trip`;
    for (const scheme of ['light', 'dark'] as const) {
      const ada = await visit(browser, url, 'Ada', { colorScheme: scheme });
      const bob = await visit(browser, url, 'Bob', { colorScheme: scheme });
      if (scheme === 'light')
        await ada.page.evaluate((text) => document.execCommand('insertText', false, text), TEXT);
      await ada.page.waitForTimeout(300);
      await bob.page.click('text=wherever the wind goes');
      await bob.page.keyboard.press('End');
      await bob.page.keyboard.press('Shift+Home');
      await ada.page.click('text=Who brings the charts?');
      await ada.page.keyboard.press('End');
      await ada.page.waitForTimeout(600);
      await ada.page.screenshot({ path: `${IMAGES}editor-${scheme}.png` });
      await ada.page.setViewportSize({ width: 390, height: 700 });
      await ada.page.screenshot({ path: `${IMAGES}editor-phone-${scheme}.png` });
      await ada.page.setViewportSize({ width: 1200, height: 760 });
      await ada.page.goto(server.httpUrl);
      await ada.page.screenshot({ path: `${IMAGES}landing-${scheme}.png` });
      await ada.page.context().close();
      await bob.page.context().close();
    }
  } finally {
    await browser.close();
    await server.kill('SIGTERM');
    await data.remove();
  }
});
