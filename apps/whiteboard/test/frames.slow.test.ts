import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { encodeStroke } from '../src/stroke.ts';
import { Fixture, type Reader } from './fixture.ts';

const SHAPES = 2_000;
const CURSORS = 20;
const SECONDS = 5;
/** Script time of a frame, 95 of 100 of them, in milliseconds. */
const BUDGET_MS = 8;
const FRAME_MS = 1000 / 60;

const LINE = encodeStroke(
  Array.from({ length: 30 }, (_, index) => ({ x: index * 1.6, y: 20 + 20 * Math.sin(index / 3) })),
);

const fixture = Fixture.use();

it('draws 2,000 shapes and 20 moving pointers within 8 ms of script a frame', async () => {
  const reader = await fixture.reader();
  const { doc } = reader.client;
  doc.transact(() => {
    for (let index = 0; index < SHAPES; index++) addShape(doc.getMap('shapes'), index);
  });
  const { page } = await fixture.visit('Ada', { query: '?measure' });
  await page.waitForSelector(`#stage[data-shapes="${SHAPES}"]`);
  await page.waitForTimeout(1_000);
  // Each person is a client of their own: what they say goes through the server.
  const people = await Promise.all(Array.from({ length: CURSORS }, () => fixture.reader()));
  const stop = movePeople(people);
  try {
    await page.waitForFunction(
      (count) => document.querySelectorAll('.cursor').length === count,
      CURSORS,
    );
    let drags = 0;
    const note = doc.getMap<Y.Map<unknown>>('shapes').get('s1023');
    note?.observe(() => drags++);
    const rows = [
      { what: 'pointers move', ...(await measure(page, async () => {})) },
      { what: 'and one pans', ...(await measure(page, () => pan(page))) },
      { what: 'and one zooms', ...(await measure(page, () => zoom(page))) },
      { what: 'and one drags a shape', ...(await measure(page, () => dragOne(page))) },
      { what: 'and others change shapes', ...(await measure(page, () => change(doc))) },
    ];
    expect(drags).toBeGreaterThan(3);
    await page.keyboard.press('Control+a');
    const all = { what: 'and one drags all', ...(await measure(page, () => dragOne(page))) };
    console.table([...rows, all]);
    // Taking up and putting down 2,000 shapes over and over takes longer, and still fits into a frame.
    expect(all.p95).toBeLessThan(FRAME_MS);
    for (const { what, p95, frames } of rows) {
      expect(frames, what).toBeGreaterThan(30);
      expect(p95, what).toBeLessThan(BUDGET_MS);
    }
  } finally {
    stop();
  }
  expect(fixture.errors).toEqual([]);
}, 120_000);

/** A board of 50 by 40 shapes of all kinds, all of them in the window when it is shown whole. */
function addShape(map: Y.Map<unknown>, index: number): void {
  const kinds = ['rectangle', 'ellipse', 'arrow', 'sticky', 'text', 'pen'];
  const colors = ['ink', 'red', 'green', 'blue', 'yellow'];
  const fields = {
    kind: kinds[index % kinds.length],
    x: (index % 50) * 60,
    y: Math.floor(index / 50) * 60,
    w: 48,
    h: 44,
    z: `V${String(index).padStart(4, '0')}1`,
    color: colors[index % colors.length],
    fill: index % 2 === 0 ? 'soft' : 'none',
    text: `No ${index}`,
    size: 14,
    points: LINE,
  };
  map.set(`s${index}`, new Y.Map(Object.entries(fields)));
}

function movePeople(people: readonly Reader[]): () => void {
  const started = performance.now();
  const timer = setInterval(() => {
    const now = (performance.now() - started) / 1000;
    for (const [index, { client }] of people.entries()) {
      client.provider.awareness.setLocalState({
        user: { name: `Person ${index}`, color: '#1d4ed8' },
        cursor: {
          x: 1_500 + 1_200 * Math.cos(now + index),
          y: 1_200 + 900 * Math.sin(now * 1.3 + index * 2),
        },
      });
    }
  }, 40);
  return () => clearInterval(timer);
}

/** Script times of the frames while something goes on. */
async function measure(
  page: Page,
  act: () => Promise<void>,
): Promise<{ frames: number; median: number; p95: number; max: number }> {
  await page.evaluate(() => performance.clearMeasures('board-frame'));
  const end = Date.now() + SECONDS * 1000;
  while (Date.now() < end) {
    await act();
    await page.waitForTimeout(50);
  }
  const times = await page.evaluate(() =>
    performance.getEntriesByName('board-frame').map(({ duration }) => duration),
  );
  times.sort((a, b) => a - b);
  const at = (share: number) =>
    Math.round((times[Math.floor((times.length - 1) * share)] ?? NaN) * 100) / 100;
  return { frames: times.length, median: at(0.5), p95: at(0.95), max: at(1) };
}

async function pan(page: Page): Promise<void> {
  await page.mouse.move(600, 400);
  for (const step of [40, 40, 40, -40, -40, -40]) {
    await page.mouse.wheel(step, step);
    await page.waitForTimeout(16);
  }
}

async function zoom(page: Page): Promise<void> {
  await page.mouse.move(600, 400);
  await page.keyboard.down('Control');
  for (const step of [-20, -20, -20, 20, 20, 20]) {
    await page.mouse.wheel(0, step);
    await page.waitForTimeout(16);
  }
  await page.keyboard.up('Control');
}

/** Takes hold of the note in the middle, moves it with all that is selected, and takes that back. */
async function dragOne(page: Page): Promise<void> {
  await page.keyboard.press('1');
  await page.mouse.move(579, 415);
  await page.mouse.down();
  await page.mouse.move(679, 455, { steps: 20 });
  await page.mouse.up();
  await page.keyboard.press('Control+z');
}

async function change(doc: Y.Doc): Promise<void> {
  const shapes = doc.getMap<Y.Map<unknown>>('shapes');
  for (let count = 0; count < 3; count++) {
    const shape = shapes.get(`s${Math.floor(Math.random() * SHAPES)}`);
    shape?.set('x', Math.round(Math.random() * 3_000));
  }
}
