import { type Box, type Point } from './geometry.ts';
import { type Geometry, moved, type Shape, type ShapeFields, shapeOf } from './shape.ts';

/** As many shapes of a drag are shown to the others before it is dropped. */
export const MAX_DRAGGED = 200;

/**
 * What somebody has in hand: shapes that are moved or resized as `from` becomes `to`, or one that is being
 * drawn. It travels by presence, and comes into the document when it is dropped.
 */
export type Drag =
  | {
      readonly type: 'move';
      /** Tells one drag of a person from the next. */
      readonly id: string;
      readonly ids: readonly string[];
      /** The box around them; of a single shape its own geometry, which can be negative. */
      readonly from: Box;
      readonly to: Box;
    }
  | { readonly type: 'draw'; readonly id: string; readonly shape: ShapeFields };

/** Where a drag has a shape. A single one takes the box as it is; of several, each keeps its share. */
export function dragged(shape: Shape, from: Box, to: Box, isSingle: boolean): Geometry {
  const [sx, sy] = [ratio(to.w, from.w), ratio(to.h, from.h)];
  // Letters grow with what they are in; both sides of a text grow alike.
  const size = shape.kind === 'text' ? shape.size * Math.abs(sy) : shape.size;
  if (isSingle) return { x: to.x, y: to.y, w: to.w, h: to.h, size };
  const x = to.x + (shape.x - from.x) * sx;
  const y = to.y + (shape.y - from.y) * sy;
  const [w, h] = [shape.w * sx, shape.h * sy];
  if (shape.kind === 'arrow') return { x, y, w, h, size };
  return { x: Math.min(x, x + w), y: Math.min(y, y + h), w: Math.abs(w), h: Math.abs(h), size };
}

/** The shape as a drag shows it. */
export function shapeInDrag(shape: Shape, drag: Drag & { readonly type: 'move' }): Shape {
  return moved(shape, dragged(shape, drag.from, drag.to, drag.ids.length === 1));
}

function ratio(to: number, from: number): number {
  return from === 0 ? 1 : to / from;
}

/** A drag as it came from somebody else, or undefined. */
export function dragOf(value: unknown): Drag | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { type, id, ids, from, to, shape } = value as Readonly<Record<string, unknown>>;
  if (typeof id !== 'string' || id.length > 64) return undefined;
  if (type === 'draw') {
    return shapeOf(id, shape) && { type, id, shape: shape as ShapeFields };
  }
  if (type !== 'move' || !Array.isArray(ids)) return undefined;
  const some = ids.slice(0, MAX_DRAGGED).filter((item) => typeof item === 'string');
  if (some.length === 0) return undefined;
  const [first, second] = [boxOfValue(from), boxOfValue(to)];
  return first && second && { type, id, ids: some, from: first, to: second };
}

/** A place as it came from somebody else, or undefined. */
export function pointOfValue(value: unknown): Point | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { x, y } = value as Readonly<Record<string, unknown>>;
  return isNumber(x) && isNumber(y) ? { x, y } : undefined;
}

/** A box as it came from somebody else, or undefined. */
export function boxOfValue(value: unknown): Box | undefined {
  const point = pointOfValue(value);
  if (point === undefined) return undefined;
  const { w, h } = value as Readonly<Record<string, unknown>>;
  return isNumber(w) && isNumber(h) ? { ...point, w, h } : undefined;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= 1e7;
}
