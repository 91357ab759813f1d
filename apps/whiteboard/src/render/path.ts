import { type Box, grown, type Point, union } from '../geometry.ts';
import type { Shape } from '../shape.ts';
import type { Stroke } from '../stroke.ts';
import { layoutOf } from '../text-layout.ts';

/** Of lines, in units of the board. */
export const LINE_WIDTH = 3;
export const PEN_WIDTH = 4;
const ARROW_HEAD = 16;
const ARROW_ANGLE = 0.48;

const paths = new WeakMap<Shape, Path2D>();
const inks = new WeakMap<Shape, Box>();

/** The outline of a shape, for the canvas: made once. */
export function pathOf(shape: Shape): Path2D {
  let path = paths.get(shape);
  if (path === undefined) {
    path = new Path2D(pathData(shape));
    paths.set(shape, path);
  }
  return path;
}

/** All that is drawn of a shape lies in here. */
export function inkBounds(shape: Shape): Box {
  let ink = inks.get(shape);
  if (ink === undefined) {
    ink = grown(shape.bounds, shape.kind === 'arrow' ? ARROW_HEAD : PEN_WIDTH + 4);
    if (shape.kind === 'text') {
      const { box } = layoutOf(shape);
      const letters = { x: shape.x + box.x, y: shape.y + box.y, w: box.w, h: box.h };
      ink = union([ink, grown(letters, 4)]) ?? ink;
    }
    inks.set(shape, ink);
  }
  return ink;
}

/** The outline of a shape as SVG path data: what the canvas draws and what is exported are the same. */
export function pathData(shape: Shape): string {
  const { kind, x, y, w, h } = shape;
  switch (kind) {
    case 'rectangle':
      return roundedRectangle(shape, Math.min(8, w / 2, h / 2));
    case 'sticky':
      return roundedRectangle(shape, Math.min(4, w / 2, h / 2));
    case 'ellipse': {
      const [rx, ry, cy] = [w / 2, h / 2, y + h / 2].map(short);
      const arc = `A${rx} ${ry} 0 1 1`;
      return `M${short(x)} ${cy}${arc} ${short(x + w)} ${cy}${arc} ${short(x)} ${cy}Z`;
    }
    case 'arrow':
      return arrow(shape);
    case 'pen':
      return shape.stroke === undefined ? '' : smoothLine(strokePoints(shape, shape.stroke));
    case 'text':
      break;
  }
  return '';
}

/** The points of a pen's line on the board. */
export function strokePoints({ x, y, w, h }: Box, stroke: Stroke): Point[] {
  const [sx, sy] = [stroke.w === 0 ? 1 : w / stroke.w, stroke.h === 0 ? 1 : h / stroke.h];
  return stroke.points.map((point) => ({ x: x + point.x * sx, y: y + point.y * sy }));
}

/** A line through the middles between points, bent by the points. */
function smoothLine(points: readonly Point[]): string {
  const [first, ...others] = points;
  if (first === undefined) return '';
  const last = others.pop();
  // A dot: a line without length, that round ends make visible.
  if (last === undefined) return `M${pair(first)}l0.01 0`;
  let data = `M${pair(first)}`;
  for (const [index, point] of others.entries()) {
    const next = others[index + 1] ?? last;
    const end = { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    data += `Q${pair(point)} ${pair(end)}`;
  }
  return `${data}L${pair(last)}`;
}

function arrow({ x, y, w, h }: Shape): string {
  const tip = { x: x + w, y: y + h };
  const length = Math.min(ARROW_HEAD, Math.hypot(w, h) / 2);
  const angle = Math.atan2(h, w);
  const side = (turn: number) =>
    pair({
      x: tip.x - length * Math.cos(angle + turn),
      y: tip.y - length * Math.sin(angle + turn),
    });
  return `M${pair({ x, y })}L${pair(tip)}M${side(-ARROW_ANGLE)}L${pair(tip)}L${side(ARROW_ANGLE)}`;
}

function roundedRectangle({ x, y, w, h }: Box, r: number): string {
  const [right, bottom] = [x + w, y + h];
  const arc = `A${short(r)} ${short(r)} 0 0 1 `;
  return (
    `M${pair({ x: x + r, y })}H${short(right - r)}${arc}${pair({ x: right, y: y + r })}` +
    `V${short(bottom - r)}${arc}${pair({ x: right - r, y: bottom })}` +
    `H${short(x + r)}${arc}${pair({ x, y: bottom - r })}V${short(y + r)}${arc}${pair({ x: x + r, y })}Z`
  );
}

function pair({ x, y }: Point): string {
  return `${short(x)} ${short(y)}`;
}

function short(value: number): number {
  return Math.round(value * 100) / 100;
}
