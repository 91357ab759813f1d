import { fileURLToPath } from 'node:url';
import { ServerProcess, StockClient, TemporaryDirectory } from '@syncline/testing';
import { it } from 'vitest';
import * as Y from 'yjs';
import type { ShapeFields } from '../src/shape.ts';
import { encodeStroke } from '../src/stroke.ts';
import { drag, launchBrowser, visit } from './browser.ts';

const IMAGES = fileURLToPath(new URL('../../../docs/images/', import.meta.url));
const NAME = 'Sailing trip';

type Drawn = Omit<ShapeFields, 'z'>;

function note(x: number, y: number, color: ShapeFields['color'], text: string): Drawn {
  return { kind: 'sticky', x, y, w: 150, h: 150, color, text };
}

function box(
  kind: 'rectangle' | 'ellipse',
  x: number,
  y: number,
  color: ShapeFields['color'],
  text: string,
): Drawn {
  return { kind, x, y, w: 170, h: 84, color, fill: 'soft', text };
}

function arrow(x: number, y: number, w: number, h: number): Drawn {
  return { kind: 'arrow', x, y, w, h, color: 'grey' };
}

/** Waves under the boat. */
const WAVES = Array.from({ length: 90 }, (_, index) => ({
  x: index * 6,
  y: 14 + 12 * Math.sin(index / 4),
}));

const SHAPES: readonly Drawn[] = [
  { kind: 'text', x: 0, y: -12, w: 330, h: 47, color: 'ink', text: 'Sailing trip, July', size: 36 },
  box('ellipse', 0, 90, 'green', 'Harbour'),
  arrow(180, 132, 80, 0),
  box('rectangle', 270, 90, 'blue', 'Along the coast'),
  arrow(450, 132, 80, 0),
  box('rectangle', 540, 90, 'purple', 'Lighthouse'),
  arrow(625, 184, 0, 70),
  box('ellipse', 540, 264, 'orange', 'Is it calm?'),
  arrow(530, 306, -80, 0),
  box('rectangle', 270, 264, 'teal', 'Stay and swim'),
  note(770, 60, 'yellow', 'Who brings the charts?'),
  note(790, 230, 'pink', 'Keep channel 16 open'),
  note(0, 240, 'green', 'Food for five days'),
  { kind: 'pen', x: 200, y: 410, w: 534, h: 26, color: 'blue', points: encodeStroke(WAVES) },
];

it('takes pictures of a board', async () => {
  const data = await TemporaryDirectory.make();
  const server = new ServerProcess(data);
  await server.start();
  const browser = await launchBrowser();
  const author = new StockClient(server.url, NAME);
  try {
    await author.synced();
    const shapes = author.doc.getMap('shapes');
    author.doc.transact(() => {
      for (const [index, fields] of SHAPES.entries()) {
        const z = `V${String(index).padStart(4, '0')}1`;
        shapes.set(`shape-${index}`, new Y.Map(Object.entries({ ...fields, z })));
      }
    });
    const url = `${server.httpUrl}/board/${encodeURIComponent(NAME)}`;
    for (const colorScheme of ['light', 'dark'] as const) {
      const ada = await visit(browser, url, 'Ada', { colorScheme });
      const bob = await visit(browser, url, 'Bob', { colorScheme });
      const cem = await visit(browser, url, 'Cem', { colorScheme });
      await cem.page.mouse.move(640, 560);
      await bob.page.mouse.move(1050, 560);
      await drag(bob.page, [1050, 560], [1065, 610], { isDropped: false });
      await ada.page.mouse.click(500, 430);
      await ada.page.mouse.move(60, 620);
      await ada.page.waitForTimeout(900);
      await ada.page.screenshot({ path: `${IMAGES}board-${colorScheme}.png` });
      for (const { context } of [bob, cem, ada]) await context.close();
    }
    const viewport = { width: 390, height: 700 };
    const phone = await visit(browser, url, 'Ada', { viewport, hasTouch: true });
    const bob = await visit(browser, url, 'Bob');
    await bob.page.mouse.move(640, 560);
    await phone.page.tap('#stage', { position: { x: 310, y: 300 } });
    await phone.page.waitForTimeout(900);
    await phone.page.screenshot({ path: `${IMAGES}board-phone.png` });
  } finally {
    author.destroy();
    await browser.close();
    await server.kill('SIGTERM');
    await data.remove();
  }
});
