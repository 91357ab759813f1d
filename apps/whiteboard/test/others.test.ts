import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { nonsense, random } from '../../editor/test/nonsense.ts';
import { drag, pick } from './browser.ts';
import { Fixture } from './fixture.ts';

const SEED = Number(process.env['SEED'] ?? 1);
const fixture = Fixture.use();

const user = { name: 'Eve', color: '#be185d', colorLight: '#be185d33' };
const box = { x: 0, y: 0, w: 100, h: 100 };
const shape = { kind: 'sticky', ...box, z: 'V', color: 'red', text: 'note', size: 24 };
const pen = { ...shape, kind: 'pen', points: 'AAgBgB' };

/** What those who draw tell the others. */
const STATES: readonly object[] = [
  { user, cursor: { x: 10, y: 10 }, viewport: { ...box, w: 800, h: 600 }, selection: ['kept'] },
  { user, cursor: { x: 1e7, y: -1e7 }, viewport: { ...box, w: 1e-300, h: 1e7 } },
  {
    user,
    drag: { type: 'move', id: 'd1', ids: ['kept', 'text'], from: box, to: { ...box, x: 50 } },
  },
  {
    user,
    drag: {
      type: 'move',
      id: 'd2',
      ids: ['kept'],
      from: { ...box, w: 1e-300 },
      to: { ...box, w: -9e6 },
    },
  },
  {
    user,
    drag: {
      type: 'move',
      id: 'd3',
      ids: ['kept', 'text'],
      from: { ...box, w: 1e-300, h: 1e-300 },
      to: { x: 1e7, y: 1e7, w: 1e7, h: 1e7 },
    },
  },
  { user, drag: { type: 'draw', id: 'd4', shape }, selection: ['kept', 'gone', 'text'] },
  { user, drag: { type: 'draw', id: 'd5', shape: pen } },
];

it(`a board can be drawn on while hundreds of states are nonsense (SEED=${SEED})`, async () => {
  const reader = await fixture.reader();
  const { doc, provider } = reader.client;
  const shapes = doc.getMap<unknown>('shapes');
  const add = (id: string, fields: object) => shapes.set(id, new Y.Map(Object.entries(fields)));
  add('kept', { ...shape, kind: 'rectangle' });
  add('text', { ...shape, kind: 'text', x: 300 });
  const { page } = await fixture.visit('Ada');
  await page.waitForSelector('#stage[data-shapes="2"]');
  const next = random(SEED);
  let sent = 0;
  const timer = setInterval(() => {
    sent++;
    provider.awareness.setLocalState(nonsense(next, STATES));
  }, 20);
  for (let drawn = 0; drawn < 20; drawn++) {
    await pick(page, 'ellipse');
    await drag(page, [100 + 20 * drawn, 500], [140 + 20 * drawn, 600], { steps: 3 });
  }
  // Whoever follows them sees whatever they see.
  await page.evaluate(() => document.querySelector<HTMLElement>('#people button')?.click());
  await page.waitForTimeout(1_000);
  clearInterval(timer);
  expect(sent).toBeGreaterThan(100);
  await reader.has(
    'all ellipses',
    (all) => all.filter(({ kind }) => kind === 'ellipse').length === 20,
  );
  const { x, w, text } = reader.of('rectangle');
  expect({ x, w, text }).toEqual({ x: 0, w: 100, text: 'note' });
  provider.awareness.setLocalState({ user: { ...user, name: 'Robin' }, cursor: { x: 0, y: 0 } });
  await page.waitForSelector('.cursor:has-text("Robin")');
  expect(fixture.errors).toEqual([]);
});
