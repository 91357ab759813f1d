import { distanceToSegment, type Point } from './geometry.ts';

/** Steps per unit of the board: what is drawn at 800 % still looks smooth. */
const STEPS = 8;
/** Of the characters of a stored stroke; what is longer is not one of ours. */
export const MAX_STROKE_LENGTH = 40_000;
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const VALUES = new Map(Array.from(DIGITS, (digit, value) => [digit, value]));
/** Keeps hostile deltas from adding up to numbers that cannot be drawn. */
const FARTHEST = 1e6;

/** A pen's line from its own top left corner on, with the size that it was drawn in. */
export interface Stroke {
  readonly points: readonly Point[];
  readonly w: number;
  readonly h: number;
}

/**
 * Writes points as one string: the differences between them in eighths, each a base-64 variable-length
 * quantity as in source maps. A usual point takes two to four characters.
 */
export function encodeStroke(points: readonly Point[]): string {
  let [x, y, text] = [0, 0, ''];
  for (const point of points) {
    const [nextX, nextY] = [Math.round(point.x * STEPS), Math.round(point.y * STEPS)];
    text += encodeNumber(nextX - x) + encodeNumber(nextY - y);
    [x, y] = [nextX, nextY];
  }
  return text;
}

/** Undefined when the string is no stroke. */
export function decodeStroke(text: string): Stroke | undefined {
  if (text.length === 0 || text.length > MAX_STROKE_LENGTH) return undefined;
  const numbers: number[] = [];
  let [value, shift] = [0, 0];
  for (const digit of text) {
    const bits = VALUES.get(digit);
    if (bits === undefined || shift > 25) return undefined;
    value |= (bits & 31) << shift;
    shift += 5;
    if ((bits & 32) !== 0) continue;
    numbers.push((value & 1) === 1 ? -(value >>> 1) : value >>> 1);
    [value, shift] = [0, 0];
  }
  if (shift !== 0 || numbers.length % 2 !== 0) return undefined;
  const points: Point[] = [];
  let [x, y, right, bottom] = [0, 0, 0, 0];
  for (let at = 0; at < numbers.length; at += 2) {
    x += (numbers[at] as number) / STEPS;
    y += (numbers[at + 1] as number) / STEPS;
    if (Math.abs(x) > FARTHEST || Math.abs(y) > FARTHEST) return undefined;
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
    points.push({ x, y });
  }
  return { points, w: right, h: bottom };
}

function encodeNumber(number: number): string {
  let rest = number < 0 ? -number * 2 + 1 : number * 2;
  let text = '';
  do {
    const bits = rest & 31;
    rest >>>= 5;
    text += DIGITS[rest > 0 ? bits | 32 : bits];
  } while (rest > 0);
  return text;
}

/** Leaves out the points without which no part moves by more than `tolerance` (Douglas and Peucker). */
export function simplified(points: readonly Point[], tolerance: number): Point[] {
  if (points.length < 3) return [...points];
  const kept = new Uint8Array(points.length);
  kept[0] = 1;
  kept[points.length - 1] = 1;
  const open: [number, number][] = [[0, points.length - 1]];
  for (let span = open.pop(); span !== undefined; span = open.pop()) {
    const [from, to] = span;
    let [farthest, at] = [tolerance, -1];
    for (let index = from + 1; index < to; index++) {
      const off = distanceToSegment(
        points[index] as Point,
        points[from] as Point,
        points[to] as Point,
      );
      if (off > farthest) [farthest, at] = [off, index];
    }
    if (at < 0) continue;
    kept[at] = 1;
    open.push([from, at], [at, to]);
  }
  return points.filter((_, index) => kept[index] === 1);
}

/** Writes points in at most so many characters; the longer the line, the coarser. */
export function encodeWithin(points: readonly Point[], limit: number): string {
  let [some, tolerance] = [points, 0.5];
  for (let text = encodeStroke(some); ; text = encodeStroke(some)) {
    if (text.length <= limit) return text;
    some = simplified(some, tolerance);
    // A scribble that no tolerance makes short: every other point of it.
    if (tolerance > 16) some = some.filter((_, index) => index % 2 === 0);
    tolerance *= 2;
  }
}
