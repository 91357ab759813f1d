/** A place on the board, in its own units: CSS pixels at 100 %. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A rectangle; `w` and `h` are never negative, except where a comment says so. */
export interface Box extends Point {
  readonly w: number;
  readonly h: number;
}

/** The box with two opposite corners. */
export function boxOf(a: Point, b: Point): Box {
  return {
    x: Math.min(a.x, b.x),
    y: Math.min(a.y, b.y),
    w: Math.abs(a.x - b.x),
    h: Math.abs(a.y - b.y),
  };
}

/** The same rectangle with sides that are not negative. */
export function normalized(box: Box): Box {
  return boxOf(box, { x: box.x + box.w, y: box.y + box.h });
}

export function grown(box: Box, by: number): Box {
  return { x: box.x - by, y: box.y - by, w: box.w + 2 * by, h: box.h + 2 * by };
}

export function intersects(a: Box, b: Box): boolean {
  return a.x <= b.x + b.w && b.x <= a.x + a.w && a.y <= b.y + b.h && b.y <= a.y + a.h;
}

export function contains(outer: Box, inner: Box): boolean {
  return (
    inner.x >= outer.x &&
    inner.y >= outer.y &&
    inner.x + inner.w <= outer.x + outer.w &&
    inner.y + inner.h <= outer.y + outer.h
  );
}

export function isInside(point: Point, box: Box): boolean {
  return (
    point.x >= box.x && point.y >= box.y && point.x <= box.x + box.w && point.y <= box.y + box.h
  );
}

/** The smallest box around all; undefined around none. */
export function union(boxes: Iterable<Box>): Box | undefined {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const box of boxes) {
    left = Math.min(left, box.x);
    top = Math.min(top, box.y);
    right = Math.max(right, box.x + box.w);
    bottom = Math.max(bottom, box.y + box.h);
  }
  return left > right ? undefined : { x: left, y: top, w: right - left, h: bottom - top };
}

export function center(box: Box): Point {
  return { x: box.x + box.w / 2, y: box.y + box.h / 2 };
}

export function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/** How far a point is from the line between two others. */
export function distanceToSegment(point: Point, a: Point, b: Point): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((point.x - a.x) * dx + (point.y - a.y) * dy) / length;
  const t = Math.max(0, Math.min(1, along));
  return Math.hypot(point.x - a.x - t * dx, point.y - a.y - t * dy);
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** To a hundredth: finer than anybody sees, and short as JSON. */
export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
