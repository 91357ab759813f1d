import {
  type Box,
  contains,
  distanceToSegment,
  grown,
  intersects,
  isInside,
  type Point,
} from './geometry.ts';
import { strokePoints } from './render/path.ts';
import type { Shape } from './shape.ts';

/**
 * The shape at a point: the topmost one whose ink is there, else the smallest hollow one around it.
 * @param slack how far off is still hit, in units of the board
 */
export function shapeAt(shapes: readonly Shape[], point: Point, slack: number): Shape | undefined {
  let around: Shape | undefined;
  for (let index = shapes.length - 1; index >= 0; index--) {
    const shape = shapes[index] as Shape;
    if (!isInside(point, grown(shape.bounds, slack))) continue;
    if (isOnInk(shape, point, slack)) return shape;
    if (shape.kind !== 'rectangle' && shape.kind !== 'ellipse') continue;
    if (!isWithin(shape, point)) continue;
    if (around === undefined || area(shape.bounds) < area(around.bounds)) around = shape;
  }
  return around;
}

/** The shapes that an area touches; closed ones without filling only when it has all of them or crosses their line. */
export function shapesIn(shapes: readonly Shape[], area: Box): Shape[] {
  return shapes.filter((shape) => {
    if (!intersects(shape.bounds, area)) return false;
    if (contains(area, shape.bounds)) return true;
    switch (shape.kind) {
      case 'arrow':
        return crosses([shape, { x: shape.x + shape.w, y: shape.y + shape.h }], area);
      case 'pen':
        return shape.stroke !== undefined && crosses(strokePoints(shape, shape.stroke), area);
      case 'rectangle':
        return shape.fill !== 'none' || !contains(grown(shape.bounds, -2), area);
      case 'ellipse':
        return shape.fill !== 'none' || !corners(area).every((corner) => isWithin(shape, corner));
      case 'text':
      case 'sticky':
        break;
    }
    return true;
  });
}

function isOnInk(shape: Shape, point: Point, slack: number): boolean {
  const { kind, x, y, w, h, bounds } = shape;
  switch (kind) {
    case 'rectangle':
      return shape.fill !== 'none' || !isInside(point, grown(bounds, -slack));
    case 'ellipse': {
      if (shape.fill !== 'none') return isWithin(shape, point);
      const outer = ellipseLevel(point, grown(bounds, slack));
      return outer <= 1 && ellipseLevel(point, grown(bounds, -slack)) >= 1;
    }
    case 'arrow':
      return distanceToSegment(point, { x, y }, { x: x + w, y: y + h }) <= slack;
    case 'pen':
      return shape.stroke !== undefined && isNear(strokePoints(shape, shape.stroke), point, slack);
    case 'text':
    case 'sticky':
      break;
  }
  return true;
}

function isWithin({ kind, bounds }: Shape, point: Point): boolean {
  return kind === 'ellipse' ? ellipseLevel(point, bounds) <= 1 : isInside(point, bounds);
}

/** 1 on the line, less inside. */
function ellipseLevel(point: Point, { x, y, w, h }: Box): number {
  if (w <= 0 || h <= 0) return Infinity;
  return ((point.x - x - w / 2) / (w / 2)) ** 2 + ((point.y - y - h / 2) / (h / 2)) ** 2;
}

function isNear(points: readonly Point[], point: Point, slack: number): boolean {
  return points.some((end, index) => {
    return distanceToSegment(point, points[index - 1] ?? end, end) <= slack;
  });
}

/** Whether a line has a part in a box. */
function crosses(points: readonly Point[], area: Box): boolean {
  return points.some((end, index) => {
    if (isInside(end, area)) return true;
    const start = points[index - 1];
    return start !== undefined && segmentCrosses(start, end, area);
  });
}

/** Liang and Barsky: what remains of the segment when it is cut at each edge. */
function segmentCrosses(a: Point, b: Point, { x, y, w, h }: Box): boolean {
  let [from, to] = [0, 1];
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const cuts = [
    [-dx, a.x - x],
    [dx, x + w - a.x],
    [-dy, a.y - y],
    [dy, y + h - a.y],
  ] as const;
  for (const [step, room] of cuts) {
    if (step === 0) {
      if (room < 0) return false;
    } else if (step < 0) from = Math.max(from, room / step);
    else to = Math.min(to, room / step);
  }
  return from <= to;
}

function corners({ x, y, w, h }: Box): Point[] {
  return [
    { x, y },
    { x: x + w, y },
    { x, y: y + h },
    { x: x + w, y: y + h },
  ];
}

function area({ w, h }: Box): number {
  return w * h;
}
