import type { Box, Point } from './geometry.ts';
import type { Shape } from './shape.ts';

/** Where one takes hold of a selection: a side or corner of its frame, or an end of an arrow. */
export type Handle = 'n' | 's' | 'w' | 'e' | 'nw' | 'ne' | 'sw' | 'se' | 'tail' | 'tip';

/** How close to a handle a pointer takes hold of it, in CSS pixels. */
export const HANDLE_REACH = { mouse: 8, touch: 20 } as const;

/** A selection that is smaller on the screen than this has no handles on its sides. */
const ROOM_FOR_SIDES = 64;

/** The handles of a selection, in the order in which they are tried. */
export function handlesOf(
  shapes: readonly Shape[],
  bounds: Box,
  zoom: number,
): readonly (readonly [Handle, Point])[] {
  const { x, y, w, h } = bounds;
  const [only] = shapes;
  if (only !== undefined && shapes.length === 1 && only.kind === 'arrow') {
    return [
      ['tip', { x: only.x + only.w, y: only.y + only.h }],
      ['tail', { x: only.x, y: only.y }],
    ];
  }
  const corners: [Handle, Point][] = [
    ['se', { x: x + w, y: y + h }],
    ['nw', { x, y }],
    ['ne', { x: x + w, y }],
    ['sw', { x, y: y + h }],
  ];
  // Letters keep their shape: a text has corners only.
  if (shapes.every(({ kind }) => kind === 'text')) return corners;
  if (w * zoom >= ROOM_FOR_SIDES) {
    corners.push(['n', { x: x + w / 2, y }], ['s', { x: x + w / 2, y: y + h }]);
  }
  if (h * zoom >= ROOM_FOR_SIDES) {
    corners.push(['w', { x, y: y + h / 2 }], ['e', { x: x + w, y: y + h / 2 }]);
  }
  return corners;
}

/** The frame after a handle was moved by so much; a side does not pass the one across. */
export function resized(
  from: Box,
  handle: Handle,
  dx: number,
  dy: number,
  isProportional: boolean,
): Box {
  if (handle === 'tip') return { ...from, w: from.w + dx, h: from.h + dy };
  if (handle === 'tail') {
    return { x: from.x + dx, y: from.y + dy, w: from.w - dx, h: from.h - dy };
  }
  const least = 4;
  let w = from.w + (handle.includes('e') ? dx : handle.includes('w') ? -dx : 0);
  let h = from.h + (handle.includes('s') ? dy : handle.includes('n') ? -dy : 0);
  w = Math.max(w, Math.min(least, from.w));
  h = Math.max(h, Math.min(least, from.h));
  if (isProportional && from.w > 0 && from.h > 0) {
    const [sx, sy] = [w / from.w, h / from.h];
    const scale = handle.length === 1 ? (sx === 1 ? sy : sx) : Math.max(sx, sy);
    [w, h] = [from.w * scale, from.h * scale];
  }
  return {
    x: handle.includes('w') ? from.x + from.w - w : from.x,
    y: handle.includes('n') ? from.y + from.h - h : from.y,
    w,
    h,
  };
}

/** The pointer over a handle. */
export function pointerOver(handle: Handle): string {
  switch (handle) {
    case 'n':
    case 's':
      return 'ns-resize';
    case 'w':
    case 'e':
      return 'ew-resize';
    case 'nw':
    case 'se':
      return 'nwse-resize';
    case 'ne':
    case 'sw':
      return 'nesw-resize';
    case 'tail':
    case 'tip':
      break;
  }
  return 'move';
}
