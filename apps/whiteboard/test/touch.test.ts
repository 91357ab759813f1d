import { until } from '@syncline/testing';
import type { CDPSession } from 'playwright-core';
import { expect, it } from 'vitest';
import { Fixture } from './fixture.ts';

const fixture = Fixture.use();

it('draws, moves, pinches and pans with fingers', async () => {
  const { page, context } = await fixture.visit('Ada', {
    hasTouch: true,
    viewport: { width: 390, height: 760 },
  });
  const reader = await fixture.reader();
  const cdp = await context.newCDPSession(page);
  await page.tap('[data-command=rectangle]');
  await swipe(cdp, [[100, 300]], [[200, 400]]);
  await reader.has('a rectangle', (shapes) => shapes.length === 1);
  expect(reader.of('rectangle')).toMatchObject({ w: 100, h: 100 });
  const { x } = reader.of('rectangle');
  // By its line between handles, which is hit from farther off than with a mouse.
  await swipe(cdp, [[125, 310]], [[155, 360]]);
  await reader.has('it is moved', () => reader.of('rectangle').x !== x);

  // Two fingers never draw.
  // Browsers take a tap right after another touch for a part of it.
  await page.waitForTimeout(400);
  await page.tap('[data-command=pen]');
  await page.waitForSelector('[data-command=pen][aria-pressed=true]');
  const zoom = async () =>
    Number.parseInt((await page.textContent('[data-command=zoom-100]')) ?? '', 10);
  await swipe(
    cdp,
    [
      [150, 400],
      [250, 400],
    ],
    [
      [100, 400],
      [300, 400],
    ],
  );
  await until('it is twice as large', async () => Math.abs((await zoom()) - 200) <= 2);
  await swipe(
    cdp,
    [
      [150, 400],
      [250, 400],
    ],
    [
      [150, 500],
      [250, 500],
    ],
  );
  expect(Math.abs((await zoom()) - 200)).toBeLessThanOrEqual(2);
  expect(reader.kinds).toBe('rectangle');
  await swipe(cdp, [[100, 500]], [[200, 600]]);
  await reader.has('a line', () => reader.kinds === 'rectangle pen');
  expect(reader.of('pen').w).toBeLessThan(60);

  // A finger can hit every button.
  const small = await page.$$eval('.panel button', (buttons) =>
    buttons
      .map((button) => button.getBoundingClientRect())
      .filter(({ width, height }) => width > 0 && (width < 40 || height < 40)),
  );
  expect(small).toEqual([]);
  expect(fixture.errors).toEqual([]);
});

type Fingers = readonly (readonly [number, number])[];

async function swipe(cdp: CDPSession, from: Fingers, to: Fingers): Promise<void> {
  const points = (share: number) =>
    from.map(([x, y], id) => {
      const [endX, endY] = to[id] as readonly [number, number];
      return { x: x + (endX - x) * share, y: y + (endY - y) * share, id };
    });
  const send = (
    type: 'touchStart' | 'touchMove' | 'touchEnd',
    touchPoints: ReturnType<typeof points>,
  ) => cdp.send('Input.dispatchTouchEvent', { type, touchPoints });
  await send('touchStart', points(0));
  for (let step = 1; step <= 10; step++) await send('touchMove', points(step / 10));
  await send('touchEnd', []);
}
