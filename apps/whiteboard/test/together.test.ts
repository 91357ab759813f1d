import { until } from '@syncline/testing';
import { crash } from '@syncline/testing/browser';
import { expect, it } from 'vitest';
import * as Y from 'yjs';
import { colorAt, drag, pick, ready } from './browser.ts';
import { Fixture } from './fixture.ts';

const fixture = Fixture.use();
const TOP = 56;
const PAPER = '#fbfbfd';
const INK = '#1d1d29';

it('three see a drag while it lasts, and the document when it is dropped', async () => {
  const ada = await fixture.visit('Ada');
  const reader = await fixture.reader();
  await pick(ada.page, 'rectangle');
  await drag(ada.page, [200, 200], [300, 300]);
  const bob = await fixture.visit('Bob');
  const cem = await fixture.visit('Cem');
  // Each shows the whole board in the middle: the same part of it again.
  for (const { page } of [ada, bob, cem]) await page.keyboard.press('1');
  await ada.page.keyboard.press('Escape');
  const [x, y] = [550, 408 - 50];
  await until('all show it', async () => {
    const colors = await Promise.all([ada, bob, cem].map(({ page }) => colorAt(page, 600, y)));
    return colors.every((color) => color === INK);
  });
  // Beside the pointer, which the others see, too.
  await drag(ada.page, [x + 50, y], [x + 50, y + 200], { isDropped: false });
  for (const { page } of [bob, cem]) {
    await until('it is seen there', async () => (await colorAt(page, 575, y + 200)) === INK);
    expect(await colorAt(page, 575, y)).toBe(PAPER);
  }
  const before = reader.of('rectangle').y;
  expect(before).toBe(200 - TOP);
  await ada.page.mouse.up();
  await reader.has('it is dropped', () => reader.of('rectangle').y === before + 200);
  // It neither jumps back nor further while both ways bring it.
  for (let time = 0; time < 10; time++) {
    expect(await colorAt(bob.page, 575, y + 200)).toBe(INK);
    await bob.page.waitForTimeout(60);
  }

  // A line that grows is seen, too, and then a shape.
  await pick(bob.page, 'pen');
  await drag(bob.page, [100, 600], [300, 600], { isDropped: false, steps: 20 });
  await until('the line is seen', async () => (await colorAt(cem.page, 200, 600)) === INK);
  expect(reader.kinds).toBe('rectangle');
  await bob.page.mouse.up();
  await reader.has('it is there', () => reader.kinds === 'rectangle pen');
  expect(fixture.errors).toEqual([]);
});

it('two change different shapes, and different properties of one, and both stay', async () => {
  const [ada, bob] = [await fixture.visit('Ada'), await fixture.visit('Bob')];
  const reader = await fixture.reader();
  await pick(ada.page, 'rectangle');
  await drag(ada.page, [200, 200], [300, 300]);
  await pick(ada.page, 'ellipse');
  await drag(ada.page, [500, 200], [600, 300]);
  await bob.page.waitForSelector('#stage[data-shapes="2"]');
  for (const { page } of [ada, bob]) await page.keyboard.press('Escape');
  // Both have one in hand at the same time.
  await drag(ada.page, [200, 220], [200, 320], { isDropped: false });
  await drag(bob.page, [550, 201], [550, 401], { isDropped: false });
  await Promise.all([ada.page.mouse.up(), bob.page.mouse.up()]);
  await reader.has('both are moved', () => {
    return reader.of('rectangle').y === 300 - TOP && reader.of('ellipse').y === 400 - TOP;
  });

  // Bob has no network, and colours what Ada moves.
  await until('Bob sees it there, and has it in hand', async () => {
    await bob.page.mouse.click(200, 320);
    return await bob.page.isVisible('[data-color=red]');
  });
  await bob.context.setOffline(true);
  await fixture.server.kill('SIGKILL');
  await bob.page.waitForSelector('#state[data-state=offline]');
  await ada.page.waitForSelector('#state[data-state=offline]');
  await bob.page.click('[data-color=red]');
  await drag(ada.page, [200, 320], [260, 320]);
  await fixture.server.start();
  await bob.context.setOffline(false);
  await Promise.all([ready(ada.page), ready(bob.page)]);
  await reader.has('both changes', () => {
    const { x, color } = reader.of('rectangle');
    return x === 260 && color === 'red';
  });
  expect(fixture.errors).toEqual([]);
});

it('a server that is killed in the middle of a drag loses nothing', async () => {
  const [ada, bob] = [await fixture.visit('Ada'), await fixture.visit('Bob')];
  await pick(ada.page, 'rectangle');
  await drag(ada.page, [200, 200], [300, 300]);
  await bob.page.waitForSelector('#stage[data-shapes="1"]');
  await ready(ada.page);
  await drag(ada.page, [200, 220], [250, 270], { isDropped: false });
  await fixture.server.kill('SIGKILL');
  await ada.page.mouse.move(300, 320, { steps: 5 });
  await ada.page.waitForSelector('#state[data-state=offline]');
  await ada.page.mouse.up();
  await fixture.server.start();
  await Promise.all([ready(ada.page), ready(bob.page)]);
  const reader = await fixture.reader();
  await reader.has('it is where it was dropped', () => reader.of('rectangle').x === 300);
  expect(fixture.errors).toEqual([]);
});

it('the board stays where it is when a notice says that the server is down', async () => {
  const ada = await fixture.visit('Ada');
  await pick(ada.page, 'rectangle');
  await drag(ada.page, [200, 200], [300, 300]);
  await ada.page.keyboard.press('Escape');
  await ready(ada.page);
  await fixture.server.kill('SIGKILL');
  await ada.page.waitForSelector('#notice:has-text("cannot be reached")');
  expect(await colorAt(ada.page, 200, 250)).toBe(INK);
  await fixture.server.start();
  await ready(ada.page);
  await ada.page.waitForSelector('#notice', { state: 'hidden' });
  expect(await colorAt(ada.page, 200, 250)).toBe(INK);
});

it('what was drawn without a server survives that the page is killed', async () => {
  const ada = await fixture.visit('Ada');
  await pick(ada.page, 'rectangle');
  await drag(ada.page, [200, 200], [300, 300]);
  await ready(ada.page);
  await fixture.server.kill('SIGKILL');
  await ada.page.waitForSelector('#state[data-state=offline]');
  await pick(ada.page, 'sticky');
  await ada.page.mouse.click(600, 400);
  await ada.page.keyboard.type('written offline');
  await ada.page.waitForTimeout(600);
  // Killed, with the field still open: nothing can be done at the last moment.
  await crash(ada.page);
  await fixture.server.start();
  const again = await ada.context.newPage();
  await again.goto(fixture.url);
  await ready(again);
  await again.waitForSelector('#stage[data-shapes="2"]');
  const reader = await fixture.reader();
  await reader.has('the note', () => reader.of('sticky').text === 'written offline');
});

it('undoes only what was done here', async () => {
  const [ada, bob] = [await fixture.visit('Ada'), await fixture.visit('Bob')];
  const reader = await fixture.reader();
  await pick(ada.page, 'rectangle');
  await drag(ada.page, [200, 200], [300, 300]);
  await reader.has('a rectangle', () => reader.kinds === 'rectangle');
  await pick(bob.page, 'ellipse');
  await drag(bob.page, [500, 200], [600, 300]);
  await ada.page.waitForSelector('#stage[data-shapes="2"]');
  await ada.page.keyboard.press('Control+z');
  await reader.has('hers is gone', () => reader.kinds === 'ellipse');
  await ada.page.waitForSelector('[data-command=undo]:disabled');
  await ada.page.keyboard.press('Control+z');
  await ada.page.keyboard.press('Control+y');
  await reader.has('hers is back', (shapes) => shapes.length === 2);
  expect(fixture.errors).toEqual([]);
});

it('shows pointers and names, and follows a person until one looks elsewhere', async () => {
  const [ada, bob] = [await fixture.visit('Ada'), await fixture.visit('Bob')];
  await bob.page.mouse.move(300, 300);
  await ada.page.waitForSelector('.cursor:has-text("Bob")');
  await ada.page.click('#people button[title="Follow Bob"]');
  await ada.page.waitForSelector('#following:has-text("Following Bob")');
  await bob.page.keyboard.press('-');
  await until('Ada sees as much', async () => {
    return (await ada.page.textContent('[data-command=zoom-100]')) === '80 %';
  });
  await ada.page.mouse.move(400, 400);
  await ada.page.mouse.wheel(0, 100);
  await ada.page.waitForSelector('#following', { state: 'hidden' });
  await bob.page.close();
  await ada.page.waitForSelector('.cursor', { state: 'detached' });
  await until('he is gone', async () => (await ada.page.$$('#people li')).length === 0);
  expect(fixture.errors).toEqual([]);
});

it('what others send that is no shape, and no presence, harms nobody', async () => {
  const ada = await fixture.visit('Ada');
  const reader = await fixture.reader();
  const { doc, provider } = reader.client;
  const shapes = doc.getMap<unknown>('shapes');
  const good = { kind: 'rectangle', x: 0, y: 0, w: 100, h: 100, z: 'V', color: 'red' };
  const record = (fields: object) => new Y.Map(Object.entries(fields));
  doc.transact(() => {
    shapes.set('number', 7);
    shapes.set('array', Y.Array.from([1, 2]));
    shapes.set('text', new Y.Text('x'));
    shapes.set('plain', { ...good });
    shapes.set('nan', record({ ...good, x: Number.NaN }));
    shapes.set('huge', record({ ...good, x: 1e308, w: -1e308 }));
    shapes.set('unknown', record({ ...good, kind: 'hologram' }));
    shapes.set('deep', record({ ...good, text: record({ a: record({ b: 1 }) }) }));
    shapes.set('long', record({ ...good, kind: 'sticky', text: 'w'.repeat(300_000) }));
    shapes.set('lines', record({ ...good, kind: 'text', text: '\n'.repeat(300_000), size: 1e9 }));
    shapes.set('pen', record({ ...good, kind: 'pen', points: '/'.repeat(100_000) }));
    shapes.set('tiny', record({ ...good, kind: 'ellipse', w: 1e-300, h: 0 }));
    shapes.set('__proto__', record(good));
    shapes.set('constructor', record({ ...good, z: '<svg>' }));
    shapes.set('x'.repeat(10_000), record(good));
  });
  const hostile = [
    { user: { name: '<img src=x onerror=alert(1)>', color: 'url(x)' }, cursor: { x: 'a', y: {} } },
    { user: { name: 'Eve' }, cursor: { x: 1e300, y: 0 }, viewport: { x: 0, y: 0, w: 0, h: -1 } },
    { user: { name: 'Eve' }, drag: { type: 'move', id: 'd', ids: ['plain'], from: 7, to: null } },
    {
      user: { name: 'Eve' },
      drag: { type: 'draw', id: 'd', shape: { kind: 'pen', points: 9 } },
      selection: [{}, 7, 'plain'],
    },
    {
      user: { name: 'Eve' },
      drag: {
        type: 'move',
        id: 'd2',
        ids: ['plain', 'tiny', 'gone'],
        from: { x: 0, y: 0, w: 0, h: 0 },
        to: { x: 1e6, y: 0, w: -1e6, h: 5 },
      },
    },
    { user: 'Eve' },
    {},
  ];
  for (const state of hostile) {
    provider.awareness.setLocalState(state);
    await ada.page.waitForTimeout(80);
  }
  // The page works on.
  await ada.page.keyboard.press('Control+a');
  await ada.page.keyboard.press('1');
  await pick(ada.page, 'arrow');
  await drag(ada.page, [200, 300], [300, 400]);
  await until('an arrow', () => {
    const all = Object.values(shapes.toJSON() as { [id: string]: { kind?: string } });
    return all.some((shape) => shape.kind === 'arrow');
  });
  const shown = Number(await ada.page.getAttribute('#stage', 'data-shapes'));
  expect(shown).toBeGreaterThan(4);
  expect(fixture.errors).toEqual([]);
});
