import { type Box, grown, union } from '../geometry.ts';
import type { Palette } from '../palette.ts';
import type { Shape } from '../shape.ts';
import { FONT, FONT_WEIGHT, layoutOf } from '../text-layout.ts';
import { inkBounds, LINE_WIDTH, PEN_WIDTH, pathData } from './path.ts';

const MARGIN = 16;

/** The part of the board that a picture of shapes shows. */
export function pictureBox(shapes: readonly Shape[]): Box | undefined {
  const bounds = union(shapes.map(inkBounds));
  return bounds && grown(bounds, MARGIN);
}

/** Shapes as an SVG document, which looks as on the board. */
export function svgOf(shapes: readonly Shape[], palette: Palette): string {
  const { x, y, w, h } = pictureBox(shapes) ?? { x: 0, y: 0, w: 1, h: 1 };
  const box = [x, y, w, h].map((value) => Math.round(value * 100) / 100);
  const parts = shapes.map((shape) => `  ${element(shape, palette)}`);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${box.join(' ')}" width="${box[2]}" height="${box[3]}">`,
    `  <rect x="${box[0]}" y="${box[1]}" width="${box[2]}" height="${box[3]}" fill="${palette.paper}"/>`,
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

function element(shape: Shape, palette: Palette): string {
  const { line, soft, note } = palette.tones[shape.color];
  const d = pathData(shape);
  const stroke = (width: number) =>
    `stroke="${line}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"`;
  switch (shape.kind) {
    case 'sticky':
      return `<g><path d="${d}" fill="${note}"/>${letters(shape, palette.onNote)}</g>`;
    case 'rectangle':
    case 'ellipse': {
      const fill = shape.fill === 'soft' ? soft : 'none';
      return `<g><path d="${d}" fill="${fill}" ${stroke(LINE_WIDTH)}/>${letters(shape, line)}</g>`;
    }
    case 'arrow':
      return `<path d="${d}" fill="none" ${stroke(LINE_WIDTH)}/>`;
    case 'pen':
      return `<path d="${d}" fill="none" ${stroke(PEN_WIDTH)}/>`;
    case 'text':
      break;
  }
  return letters(shape, line);
}

function letters(shape: Shape, color: string): string {
  if (shape.text === '') return '';
  const { lines, size, align } = layoutOf(shape);
  const spans = lines.map(({ text, x, y }) => {
    const at = `x="${round(shape.x + x)}" y="${round(shape.y + y)}"`;
    return `<tspan ${at}>${escaped(text)}</tspan>`;
  });
  const anchor = align === 'center' ? 'middle' : 'start';
  const font = `font-family="${escaped(FONT)}" font-size="${round(size)}" font-weight="${FONT_WEIGHT}"`;
  return `<text fill="${color}" ${font} text-anchor="${anchor}" dominant-baseline="central" xml:space="preserve">${spans.join('')}</text>`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Texts come from everybody; what XML cannot hold at all is left out. */
function escaped(text: string): string {
  return (
    text
      // oxlint-disable-next-line no-control-regex
      .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
  );
}
