import { distance, type Point, rounded, union } from '../geometry.ts';
import { fieldsOf, newId, newShape, type Shape } from '../shape.ts';
import { encodeWithin, MAX_STROKE_LENGTH, simplified } from '../stroke.ts';
import type { Desk, Press, Tool } from './tool.ts';

/** Points nearer to each other, in CSS pixels, are one. */
const STEP = 1.5;
/** How far the drawn line may be from the pointer's, in CSS pixels. */
const TOLERANCE = 0.4;
/** Of the characters of a line that the others see growing: far below what a server takes of presence. */
const MOST_TOLD = 6_000;
/** So many points are added before the line is thinned: all of it is drawn in each frame. */
const THIN_AFTER = 200;
/** How much of the hand's shaking is left. */
const FIRMNESS = 0.65;

/** Draws a line as the pointer goes. */
export class PenTool implements Tool {
  readonly cursor = 'crosshair';
  readonly #desk: Desk;
  #points: Point[] = [];
  #thinAt = THIN_AFTER;
  #id = '';
  #z = '';

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  down({ point }: Press): void {
    if (!this.#desk.store.isWritable) return;
    this.#points = [point];
    this.#thinAt = THIN_AFTER;
    this.#id = newId();
    this.#z = this.#desk.store.topKey;
    this.#show();
  }

  move(_press: Press, trail: readonly Point[]): void {
    if (this.#points.length === 0) return;
    const before = this.#points.length;
    for (const point of trail) this.#add(point);
    if (this.#points.length === before) return;
    if (this.#points.length >= this.#thinAt) this.#thin();
    this.#show();
  }

  #add(point: Point): void {
    const last = this.#points.at(-1) as Point;
    const next = {
      x: last.x + (point.x - last.x) * FIRMNESS,
      y: last.y + (point.y - last.y) * FIRMNESS,
    };
    if (distance(last, next) * this.#desk.camera.zoom < STEP) return;
    this.#points.push(next);
  }

  up({ point }: Press): void {
    const last = this.#points.at(-1);
    if (last === undefined) return;
    if (distance(last, point) * this.#desk.camera.zoom > STEP) this.#points.push(point);
    this.#thin();
    this.#desk.store.add([this.#shape(MAX_STROKE_LENGTH)]);
    this.#points = [];
    this.#desk.drop(true);
  }

  cancel(): void {
    this.#points = [];
    this.#desk.drop(false);
  }

  #thin(): void {
    this.#points = simplified(this.#points, TOLERANCE / this.#desk.camera.zoom);
    this.#thinAt = this.#points.length + THIN_AFTER;
  }

  #show(): void {
    const own = this.#drag(MAX_STROKE_LENGTH);
    const isLong = (own.shape.points?.length ?? 0) > MOST_TOLD;
    this.#desk.take(own, isLong ? this.#drag(MOST_TOLD) : own);
  }

  #drag(limit: number) {
    return { type: 'draw', id: this.#id, shape: fieldsOf(this.#shape(limit)) } as const;
  }

  #shape(limit: number): Shape {
    const { style } = this.#desk;
    const box = union(this.#points.map(({ x, y }) => ({ x, y, w: 0, h: 0 })));
    const { x, y } = { x: rounded(box?.x ?? 0), y: rounded(box?.y ?? 0) };
    const points = this.#points.map((point) => ({ x: point.x - x, y: point.y - y }));
    const { w, h } = box ?? { w: 0, h: 0 };
    const text = encodeWithin(points, limit);
    const { color } = style;
    const shape = newShape({
      id: this.#id,
      kind: 'pen',
      x,
      y,
      w,
      h,
      z: this.#z,
      color,
      points: text,
    });
    // The size that the written points have, or they would be stretched.
    const written = shape.stroke ?? { w, h };
    return newShape({ ...shape, w: written.w, h: written.h });
  }
}
