import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { drag, pick } from './browser.ts';
import { Fixture } from './fixture.ts';

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const fixture = Fixture.use();

it.each(['light', 'dark'] as const)('axe finds no serious fault, %s', async (colorScheme) => {
  const { page } = await fixture.visit('Ada', { colorScheme });
  const bob = await fixture.visit('Bob', { colorScheme });
  await page.addScriptTag({ path: AXE });
  expect(await faults(page)).toEqual([]);
  await pick(page, 'rectangle');
  await drag(page, [200, 200], [300, 300]);
  await bob.page.mouse.move(400, 400);
  await page.waitForSelector('.cursor');
  await page.click('#people button');
  expect(await faults(page)).toEqual([]);
  await page.keyboard.press('?');
  expect(await faults(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.setViewportSize({ width: 390, height: 760 });
  expect(await faults(page)).toEqual([]);
  expect(fixture.errors).toEqual([]);
});

it('Tab goes from shape to shape and on, and each is said', async () => {
  const { page } = await fixture.visit('Ada');
  for (const [tool, x] of [
    ['rectangle', 200],
    ['ellipse', 400],
  ] as const) {
    await pick(page, tool);
    await drag(page, [x, 200], [x + 100, 300]);
  }
  await page.keyboard.press('Escape');
  await page.focus('#stage');
  const said = () => page.textContent('#announcer');
  await page.keyboard.press('Tab');
  expect(await said()).toBe('Rectangle, ink, 1 of 2');
  await page.keyboard.press('Tab');
  expect(await said()).toBe('Ellipse, ink, 2 of 2');
  await page.keyboard.press('Shift+Tab');
  expect(await said()).toBe('Rectangle, ink, 1 of 2');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.id)).not.toBe('stage');
  expect(fixture.errors).toEqual([]);
});

async function faults(page: Page): Promise<string[]> {
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<{
          violations: {
            id: string;
            impact: string;
            nodes: { html: string; failureSummary: string }[];
          }[];
        }>;
      };
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('; ')}`,
      );
  });
}
