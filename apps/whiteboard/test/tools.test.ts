import { readFile } from 'node:fs/promises';
import { until } from '@syncline/testing';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { drag, pick } from './browser.ts';
import { Fixture } from './fixture.ts';

const fixture = Fixture.use();
/** The stage begins below the bar. */
const TOP = 56;

it('each tool draws its shape, and a click as well as a drag', async () => {
  const { page } = await fixture.visit('Ada');
  const reader = await fixture.reader();
  await page.waitForSelector('#hint:not([hidden])');
  await pick(page, 'rectangle');
  await drag(page, [200, 200], [300, 260]);
  await page.waitForSelector('#hint', { state: 'hidden' });
  await page.keyboard.press('o');
  await page.mouse.click(500, 230);
  await page.keyboard.press('a');
  await drag(page, [420, 330], [320, 300]);
  await page.keyboard.press('d');
  await drag(page, [600, 400], [700, 500], { steps: 20 });
  await page.keyboard.press('t');
  await page.mouse.click(200, 420);
  await page.keyboard.type('two\nlines');
  await page.keyboard.press('Escape');
  await page.keyboard.press('n');
  await page.mouse.click(900, 300);
  await page.keyboard.type('note');
  await page.keyboard.press('Escape');
  await reader.has('all six', (shapes) => shapes.length === 6 && shapes[5]?.text === 'note');

  expect(reader.kinds).toBe('rectangle ellipse arrow pen text sticky');
  expect(reader.of('rectangle')).toMatchObject({ x: 200, y: 200 - TOP, w: 100, h: 60 });
  expect(reader.of('ellipse')).toMatchObject({ w: 160, h: 120, color: 'ink' });
  expect(reader.of('arrow')).toMatchObject({ x: 420, w: -100, h: -30 });
  expect(reader.of('text').text).toBe('two\nlines');
  expect(reader.of('text').h).toBeGreaterThan(40);
  expect(reader.of('sticky')).toMatchObject({ color: 'yellow', w: 200 });
  const pen = reader.of('pen');
  expect(pen.w).toBeGreaterThan(95);
  expect(typeof pen.points).toBe('string');
  expect((pen.points ?? '').length).toBeLessThan(200);
  expect(fixture.errors).toEqual([]);
});

it('moves, resizes and colours one or many; each is one step of undo', async () => {
  const { page } = await fixture.visit('Ada');
  const reader = await fixture.reader();
  await draw(page, 'rectangle', [200, 200], [300, 300]);
  await draw(page, 'ellipse', [400, 200], [500, 300]);
  await page.keyboard.press('Escape');
  await page.mouse.click(200, 250);
  await drag(page, [200, 220], [230, 230]);
  await reader.has('it is moved', () => reader.of('rectangle').x === 230);
  // By its lower right corner.
  await drag(page, [330, 310], [380, 330]);
  await reader.has('it is larger', () => reader.of('rectangle').w === 150);
  expect(reader.of('rectangle')).toMatchObject({ x: 230, h: 120 });

  await page.keyboard.down('Shift');
  await page.mouse.click(450, 201);
  await page.keyboard.up('Shift');
  await page.click('[data-color=green]');
  await reader.has('both are green', (shapes) => shapes.every(({ color }) => color === 'green'));
  await drag(page, [450, 201], [450, 401]);
  await reader.has('both are moved', () => reader.of('ellipse').y === 400 - TOP);
  expect(reader.of('rectangle').y).toBe(410 - TOP);

  await page.keyboard.press('Control+z');
  await reader.has('both are back', () => reader.of('ellipse').y === 200 - TOP);
  expect(reader.of('rectangle').y).toBe(210 - TOP);
  await page.click('[data-command=undo]');
  await reader.has('no colour', (shapes) => shapes.every(({ color }) => color === 'ink'));
  await page.keyboard.press('Control+Shift+z');
  await reader.has('green again', (shapes) => shapes.every(({ color }) => color === 'green'));

  // By area, and with the keyboard.
  await page.keyboard.press('Escape');
  await drag(page, [180, 150], [600, 500]);
  for (let step = 0; step < 5; step++) await page.keyboard.press('ArrowRight');
  await reader.has('five to the right', () => reader.of('rectangle').x === 235);
  await page.keyboard.press('Control+z');
  await reader.has('in one step', () => reader.of('rectangle').x === 230);
  await page.keyboard.press('Delete');
  await reader.has('all gone', (shapes) => shapes.length === 0);
  expect(fixture.errors).toEqual([]);
});

it('turns an arrow by its end, and leaves what is put down with Escape', async () => {
  const { page } = await fixture.visit('Ada');
  const reader = await fixture.reader();
  await draw(page, 'arrow', [300, 300], [400, 300]);
  await drag(page, [400, 300], [300, 400]);
  await reader.has('it points down', () => reader.of('arrow').w === 0);
  expect(reader.of('arrow')).toMatchObject({ x: 300, h: 100 });
  await drag(page, [300, 350], [500, 350], { isDropped: false });
  await page.keyboard.press('Escape');
  await page.mouse.up();
  await pick(page, 'rectangle');
  await drag(page, [500, 300], [600, 400], { isDropped: false });
  await page.keyboard.press('Escape');
  await page.mouse.up();
  await page.waitForTimeout(300);
  expect(reader.kinds).toBe('arrow');
  expect(reader.of('arrow').x).toBe(300);
});

it('edits letters by Enter and double-click, and keeps no empty text', async () => {
  const { page } = await fixture.visit('Ada');
  const reader = await fixture.reader();
  await draw(page, 'rectangle', [200, 200], [400, 300]);
  await page.keyboard.press('Enter');
  await page.keyboard.type('one');
  await page.keyboard.press('Escape');
  await reader.has('a label', () => reader.of('rectangle').text === 'one');
  await page.mouse.dblclick(300, 250);
  await page.keyboard.press('End');
  await page.keyboard.type(' two');
  await page.mouse.click(700, 500);
  await reader.has('more of it', () => reader.of('rectangle').text === 'one two');
  await page.keyboard.press('Control+z');
  await reader.has('undone in one step', () => reader.of('rectangle').text === 'one');
  await page.mouse.dblclick(600, 600);
  await page.waitForSelector('.text-field');
  await page.keyboard.press('Escape');
  await page.waitForSelector('.text-field', { state: 'detached' });
  expect(reader.kinds).toBe('rectangle');
  expect(fixture.errors).toEqual([]);
});

it('copies, cuts, pastes and duplicates, also into another window', async () => {
  const ada = await fixture.visit('Ada');
  await ada.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const { page } = ada;
  const reader = await fixture.reader();
  await draw(page, 'rectangle', [200, 200], [300, 300]);
  await page.click('[data-color=red]');
  await page.keyboard.press('Control+c');
  await page.mouse.move(600, 400);
  await page.keyboard.press('Control+v');
  await reader.has('two of them', (shapes) => shapes.length === 2);
  expect(reader.shapes[1]).toMatchObject({ x: 550, color: 'red', w: 100 });
  await page.keyboard.press('Control+d');
  await reader.has('three of them', (shapes) => shapes.length === 3);
  await page.keyboard.press('Control+x');
  await reader.has('two of them', (shapes) => shapes.length === 2);

  const other = await ada.context.newPage();
  await other.goto(`${fixture.server.httpUrl}/board/other`);
  await other.waitForSelector('#stage[aria-busy=false]');
  await other.keyboard.press('Control+v');
  await other.waitForSelector('#stage[data-shapes="1"]');
  // Words from elsewhere become a text.
  await other.evaluate(() => navigator.clipboard.writeText('{"format": "no", "shapes": [1]}'));
  await other.keyboard.press('Control+v');
  await other.waitForSelector('#stage[data-shapes="2"]');
  expect(fixture.errors).toEqual([]);
});

it('brings forward and back', async () => {
  const { page } = await fixture.visit('Ada');
  const reader = await fixture.reader();
  await draw(page, 'rectangle', [200, 200], [400, 400]);
  await draw(page, 'ellipse', [220, 220], [420, 420]);
  await draw(page, 'arrow', [250, 250], [350, 350]);
  await reader.has('three', () => reader.kinds === 'rectangle ellipse arrow');
  await page.keyboard.press('[');
  await reader.has('one down', () => reader.kinds === 'rectangle arrow ellipse');
  await page.keyboard.press('Shift+{');
  await reader.has('at the back', () => reader.kinds === 'arrow rectangle ellipse');
  await page.click('[data-command=forward]');
  await reader.has('one up', () => reader.kinds === 'rectangle arrow ellipse');
  await page.click('[data-command=front]');
  await reader.has('at the front', () => reader.kinds === 'rectangle ellipse arrow');
});

it('pans and zooms', async () => {
  const { page } = await fixture.visit('Ada');
  const reader = await fixture.reader();
  const zoom = () => page.textContent('[data-command=zoom-100]');
  // Where the middle button pastes what is selected, it does not here.
  await page.evaluate(() =>
    getSelection()?.selectAllChildren(document.querySelector('h1') as Element),
  );
  await page.keyboard.down('Space');
  await drag(page, [400, 300], [500, 350]);
  await page.keyboard.up('Space');
  await page.mouse.move(400, 300);
  await page.mouse.down({ button: 'middle' });
  await page.mouse.move(500, 300);
  await page.mouse.up({ button: 'middle' });
  await page.mouse.wheel(-50, 0);
  // 250 to the right and 50 down.
  await page.waitForTimeout(100);
  await draw(page, 'rectangle', [300, 200], [400, 300]);
  await reader.has('a rectangle', (shapes) => shapes.length === 1);
  expect(reader.of('rectangle')).toMatchObject({ x: 50, y: 150 - TOP, w: 100 });

  await page.keyboard.down('Control');
  await page.mouse.wheel(0, -60);
  await page.keyboard.up('Control');
  await until('it is larger', async () => (await zoom()) === '145 %');
  await page.keyboard.press('0');
  await until('it is as before', async () => (await zoom()) === '100 %');
  await page.keyboard.press('-');
  await until('it is smaller', async () => (await zoom()) === '80 %');
  await page.keyboard.press('1');
  await until('it fits', async () => (await zoom()) === '100 %');
  expect(fixture.errors).toEqual([]);
});

it('exports the selection or everything, as PNG and SVG', async () => {
  const { page } = await fixture.visit('Ada');
  await draw(page, 'rectangle', [200, 200], [400, 300]);
  await page.keyboard.press('Enter');
  await page.keyboard.type('<b>&"fun"');
  await page.keyboard.press('Escape');
  await draw(page, 'pen', [500, 200], [600, 300]);
  await page.keyboard.press('v');
  await page.keyboard.press('Escape');
  const svg = (await save(page, 'svg')).toString();
  expect(svg.match(/<path/g)).toHaveLength(2);
  expect(svg).toContain('&lt;b&gt;&amp;&quot;fun&quot;');
  const isXml = await page.evaluate((text) => {
    const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
    return parsed.querySelector('parsererror') === null && parsed.documentElement.tagName === 'svg';
  }, svg);
  expect(isXml).toBe(true);

  await page.mouse.click(200, 250);
  expect((await save(page, 'svg')).toString().match(/<path/g)).toHaveLength(1);
  const png = await save(page, 'png');
  const { width, height, line, inside } = await page.evaluate(
    async (bytes) => {
      const bitmap = await createImageBitmap(new Blob([Uint8Array.from(bytes)]));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const context = canvas.getContext('2d');
      context?.drawImage(bitmap, 0, 0);
      const pixel = (x: number, y: number) => [...(context?.getImageData(x, y, 1, 1).data ?? [])];
      // The margin around is 24 and its line is at the edge, all of it twice as sharp.
      return {
        width: bitmap.width,
        height: bitmap.height,
        line: pixel(48, 148),
        inside: pixel(70, 70),
      };
    },
    [...png],
  );
  expect([width, height]).toEqual([496, 296]);
  expect(line).toEqual([0x1d, 0x1d, 0x29, 255]);
  expect(inside).toEqual([0xfb, 0xfb, 0xfd, 255]);
  expect(fixture.errors).toEqual([]);
});

it('shows all shortcuts', async () => {
  const { page } = await fixture.visit('Ada');
  await page.keyboard.press('?');
  await page.waitForSelector('#help[open]');
  expect(await page.textContent('#help')).toContain('Bring to front');
  await page.keyboard.press('Escape');
  await page.waitForSelector('#help:not([open])', { state: 'attached' });
});

async function draw(
  page: Page,
  tool: string,
  from: readonly [number, number],
  to: readonly [number, number],
): Promise<void> {
  await pick(page, tool);
  await drag(page, from, to);
}

async function save(page: Page, type: 'png' | 'svg'): Promise<Buffer> {
  const download = page.waitForEvent('download');
  await page.click('#menu summary');
  await page.click(`#menu button:has-text("${type.toUpperCase()}")`);
  const file = await download;
  expect(file.suggestedFilename()).toBe(`Plan - Mai ☕.${type}`);
  return await readFile(await file.path());
}
