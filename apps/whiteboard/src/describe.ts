import type { Kind, Shape } from './shape.ts';

const NAMES: Readonly<Record<Kind, string>> = {
  rectangle: 'Rectangle',
  ellipse: 'Ellipse',
  arrow: 'Arrow',
  pen: 'Drawing',
  text: 'Text',
  sticky: 'Sticky note',
};

/** A shape in words, for who does not see it. */
export function describe({ kind, color, text }: Shape): string {
  const words = text.trim().slice(0, 80);
  return `${NAMES[kind]}, ${color}${words === '' ? '' : `, “${words}”`}`;
}
