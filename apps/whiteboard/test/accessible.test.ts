import { expect, it } from 'vitest';
import { accessibilityFaults as faults } from '../../editor/test/accessibility.ts';
import { drag, pick } from './browser.ts';
import { Fixture } from './fixture.ts';

const fixture = Fixture.use();

it.each(['light', 'dark'] as const)('axe finds no serious fault, %s', async (colorScheme) => {
  const { page } = await fixture.visit('Ada', { colorScheme });
  const bob = await fixture.visit('Bob', { colorScheme });
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
