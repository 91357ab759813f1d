import type { Box } from './geometry.ts';
import { MAX_TEXT, type Shape } from './shape.ts';

export const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
export const FONT_WEIGHT = 500;
export const LINE_HEIGHT = 1.3;
/** Between the letters and the edge of what they are in. */
export const PADDING = 14;
/** Letters in a box shrink to this to find room, and are cut off after that. */
const SMALLEST = 9;
const LABEL_SIZE = 20;

/** The lines of a shape's text, from its top left corner on. */
export interface TextLayout {
  readonly size: number;
  readonly align: 'left' | 'center';
  readonly lines: readonly { readonly text: string; readonly x: number; readonly y: number }[];
  /** What the lines take. */
  readonly box: Box;
}

const layouts = new WeakMap<Shape, TextLayout>();
let measuring: CanvasRenderingContext2D | undefined;

export function layoutOf(shape: Shape): TextLayout {
  let layout = layouts.get(shape);
  if (layout === undefined) {
    layout = shape.kind === 'text' ? freeLayout(shape) : boxedLayout(shape, shape.text);
    layouts.set(shape, layout);
  }
  return layout;
}

/** Width and height of a text that stands alone: it only breaks where its writer did. */
export function measureText(text: string, size: number): { w: number; h: number } {
  const lines = text.split('\n');
  const measure = measurer(size);
  return {
    w: Math.max(size / 2, ...lines.map(measure)),
    h: lines.length * size * LINE_HEIGHT,
  };
}

function freeLayout({ text, size, w }: Shape): TextLayout {
  const step = size * LINE_HEIGHT;
  const lines = text.split('\n').map((text, index) => ({ text, x: 0, y: step * (index + 0.5) }));
  const measured = measureText(text, size);
  return {
    size,
    align: 'left',
    lines,
    box: { x: 0, y: 0, w: Math.max(w, measured.w), h: measured.h },
  };
}

function boxedLayout({ w, h, text }: Shape, content: string): TextLayout {
  const padding = Math.min(PADDING, w / 8, h / 8);
  const [width, height] = [w - 2 * padding, h - 2 * padding];
  let size = LABEL_SIZE;
  let lines = text === '' ? [] : wrapped(content, width, size);
  while (size > SMALLEST && lines.length * size * LINE_HEIGHT > height) {
    size = Math.max(SMALLEST, size * 0.9);
    lines = wrapped(content, width, size);
  }
  const step = size * LINE_HEIGHT;
  const most = Math.max(1, Math.floor(height / step));
  if (lines.length > most) lines = [...lines.slice(0, most - 1), `${lines[most - 1] ?? ''}…`];
  const top = (h - lines.length * step) / 2;
  return {
    size,
    align: 'center',
    lines: lines.map((text, index) => ({ text, x: w / 2, y: top + step * (index + 0.5) })),
    box: { x: padding, y: top, w: width, h: lines.length * step },
  };
}

function wrapped(text: string, width: number, size: number): string[] {
  const measure = measurer(size);
  return text
    .slice(0, MAX_TEXT)
    .split('\n')
    .flatMap((paragraph) => wrapParagraph(paragraph, width, measure));
}

function wrapParagraph(
  paragraph: string,
  width: number,
  measure: (text: string) => number,
): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(/(?<=\s)/)) {
    if (line !== '' && measure((line + word).trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += word;
    // A word that is wider than the box breaks where it must.
    while (measure(line.trimEnd()) > width && line.length > 1) {
      let fits = Math.max(1, Math.floor((line.length * width) / measure(line)));
      while (fits > 1 && measure(line.slice(0, fits)) > width) fits--;
      if (fits >= line.length) break;
      lines.push(line.slice(0, fits));
      line = line.slice(fits);
    }
  }
  return [...lines, line.trimEnd()];
}

function measurer(size: number): (text: string) => number {
  measuring ??= document.createElement('canvas').getContext('2d') ?? undefined;
  if (measuring === undefined) throw new Error('this browser has no canvas');
  const context = measuring;
  context.font = `${FONT_WEIGHT} ${size}px ${FONT}`;
  return (text) => context.measureText(text).width;
}
