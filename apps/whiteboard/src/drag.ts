import { fieldsOf, listOf, numberOf, stringOf } from '@syncline/app-common/parse';
import type { Box, Point } from './geometry.ts';
import {
  type Geometry,
  MAX_ID,
  moved,
  fieldsOf as recordOf,
  type Shape,
  type ShapeFields,
  shapeOf,
} from './shape.ts';

/** Further away is nothing that somebody points at. */
const FARTHEST = 1e7;
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
  const drag = fieldsOf(value);
  const id = stringOf(drag?.['id'], MAX_ID);
  if (drag === undefined || id === undefined) return undefined;
  if (drag['type'] === 'draw') {
    const shape = shapeOf(id, drag['shape']);
    return shape && { type: 'draw', id, shape: recordOf(shape) };
  }
  if (drag['type'] !== 'move') return undefined;
  const ids = idsOf(drag['ids'], MAX_DRAGGED);
  const [from, to] = [boxOfValue(drag['from']), boxOfValue(drag['to'])];
  return from && to && ids.length > 0 ? { type: 'move', id, ids, from, to } : undefined;
}

/** Ids of shapes as they came from somebody else. */
export function idsOf(value: unknown, most: number): string[] {
  return listOf(value, most, (id) => stringOf(id, MAX_ID));
}

/** A place as it came from somebody else, or undefined. */
export function pointOfValue(value: unknown): Point | undefined {
  const point = fieldsOf(value);
  const [x, y] = [numberOf(point?.['x'], FARTHEST), numberOf(point?.['y'], FARTHEST)];
  return x === undefined || y === undefined ? undefined : { x, y };
}

/** A box as it came from somebody else, or undefined. */
export function boxOfValue(value: unknown): Box | undefined {
  const [point, box] = [pointOfValue(value), fieldsOf(value)];
  const [w, h] = [numberOf(box?.['w'], FARTHEST), numberOf(box?.['h'], FARTHEST)];
  return point === undefined || w === undefined || h === undefined ? undefined : { ...point, w, h };
}
