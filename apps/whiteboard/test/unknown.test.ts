import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { drag, ready } from './browser.ts';
import { Fixture } from './fixture.ts';

const fixture = Fixture.use();
const TOP = 56;

it('shapes of unknown kinds, and unknown fields, stay whatever is done on a board', async () => {
  const reader = await fixture.reader();
  const shapes = reader.client.doc.getMap<unknown>('shapes');
  const add = (id: string, fields: object) => {
    const map = new Y.Map(Object.entries(fields));
    shapes.set(id, map);
    return map;
  };
  const box = { x: 0, y: 0, w: 200, h: 200, z: 'V', color: 'red' };
  add('frame', { ...box, kind: 'frame', title: 'Deck' });
  shapes.set('number', 7);
  add('note', { ...box, kind: 'sticky', text: 'a note', votes: 3, author: { name: 'Eve' } });
  const turning = add('turning', { ...box, kind: 'sticky', x: 300, text: 'turns' });
  add('long', { ...box, kind: 'sticky', x: 600, text: 'w'.repeat(6_000) });
  const { page } = await fixture.visit('Ada');
  await page.waitForSelector('#stage[data-shapes="3"]');
  const before = JSON.stringify([shapes.get('frame'), shapes.get('number'), shapes.get('long')]);
  const place = await page.$eval('#stage', ({ clientWidth, clientHeight }) => ({
    x: clientWidth / 2,
    y: clientHeight / 2,
  }));
  // All three are fitted into the window: the middle one is in the middle.
  const middle: [number, number] = [place.x, place.y + TOP];

  // A note that is edited becomes something else meanwhile: its letters go nowhere.
  await page.mouse.dblclick(...middle);
  await page.waitForSelector('.text-field');
  reader.client.doc.transact(() => {
    turning.set('kind', 'poll');
    turning.set('options', ['yes', 'no']);
  });
  await page.waitForSelector('#stage[data-shapes="2"]');
  await page.keyboard.type('overwritten');
  await page.keyboard.press('Escape');
  await page.waitForTimeout(400);
  expect(turning.toJSON()).toEqual({
    ...box,
    x: 300,
    kind: 'poll',
    text: 'turns',
    options: ['yes', 'no'],
  });

  // Of a text that is longer than a field takes the rest would be lost.
  const { x } = await page.evaluate(() => ({ x: innerWidth / 2 + 300 }));
  await page.mouse.dblclick(x, middle[1]);
  await page.waitForTimeout(200);
  expect(await page.isVisible('.text-field')).toBe(false);

  // What is moved and coloured keeps the rest.
  await page.keyboard.press('Escape');
  await drag(page, [middle[0] - 300, middle[1]], [middle[0] - 250, middle[1]]);
  await page.click('[data-color=green]');
  await reader.has('it is green', () => reader.of('sticky').color === 'green');
  expect(shapes.toJSON()['note']).toMatchObject({ votes: 3, author: { name: 'Eve' }, x: 50 });

  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await reader.has('the notes are gone', () => !shapes.has('note') && !shapes.has('long'));
  expect([...shapes.keys()].toSorted()).toEqual(['frame', 'number', 'turning']);
  await page.keyboard.press('Control+z');
  await reader.has('they are back', () => shapes.has('note') && shapes.has('long'));
  await ready(page);
  expect(JSON.stringify([shapes.get('frame'), shapes.get('number'), shapes.get('long')])).toBe(
    before,
  );
  expect(fixture.errors).toEqual([]);
});
