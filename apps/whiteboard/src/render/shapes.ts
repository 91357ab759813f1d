import type { Palette } from '../palette.ts';
import type { Shape } from '../shape.ts';
import { FONT, FONT_WEIGHT, layoutOf } from '../text-layout.ts';
import { LINE_WIDTH, PEN_WIDTH, pathOf } from './path.ts';

/** Letters that are smaller on the screen are drawn as bars. */
const READABLE = 4;

export interface DrawOptions {
  /** Pixels of the screen to a unit of the board. */
  readonly zoom: number;
  /** Its letters are in the text field at the moment. */
  readonly withoutText?: boolean;
}

/** Draws one shape on a canvas whose unit is that of the board. */
export function drawShape(
  context: CanvasRenderingContext2D,
  shape: Shape,
  palette: Palette,
  { zoom, withoutText = false }: DrawOptions,
): void {
  const { line, soft, note } = palette.tones[shape.color];
  switch (shape.kind) {
    case 'sticky':
      // A shadow without blur: blurring a thousand of them takes longer than all the rest.
      context.fillStyle = palette.isDark ? '#00000059' : '#1d1d2924';
      context.translate(0, 3);
      context.fill(pathOf(shape));
      context.translate(0, -3);
      context.fillStyle = note;
      context.fill(pathOf(shape));
      break;
    case 'rectangle':
    case 'ellipse':
      if (shape.fill === 'soft') {
        context.fillStyle = soft;
        context.fill(pathOf(shape));
      }
      drawLine(context, shape, line, LINE_WIDTH);
      break;
    case 'arrow':
      drawLine(context, shape, line, LINE_WIDTH);
      break;
    case 'pen':
      drawLine(context, shape, line, PEN_WIDTH);
      break;
    case 'text':
      break;
  }
  if (shape.text === '' || withoutText || shape.kind === 'arrow' || shape.kind === 'pen') return;
  drawText(context, shape, shape.kind === 'sticky' ? palette.onNote : line, zoom);
}

function drawLine(
  context: CanvasRenderingContext2D,
  shape: Shape,
  color: string,
  width: number,
): void {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.stroke(pathOf(shape));
}

function drawText(
  context: CanvasRenderingContext2D,
  shape: Shape,
  color: string,
  zoom: number,
): void {
  const { lines, size, align, box } = layoutOf(shape);
  context.fillStyle = color;
  if (size * zoom < READABLE) {
    context.globalAlpha = 0.3;
    for (const { y } of lines) {
      context.fillRect(shape.x + box.x, shape.y + y - size / 4, box.w, size / 2);
    }
    context.globalAlpha = 1;
    return;
  }
  context.font = `${FONT_WEIGHT} ${size}px ${FONT}`;
  context.textAlign = align;
  context.textBaseline = 'middle';
  for (const { text, x, y } of lines) context.fillText(text, shape.x + x, shape.y + y);
}
