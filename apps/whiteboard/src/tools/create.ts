import { type Box, boxOf, distance, type Point, rounded } from '../geometry.ts';
import { fieldsOf, type Kind, newId, newShape, type Shape } from '../shape.ts';
import type { Desk, Press, Tool } from './tool.ts';

type Drawn = Exclude<Kind, 'pen' | 'text'>;

/** What a click makes, without a drag; an arrow has to be drawn. */
const SIZES: Readonly<Record<Drawn, { readonly w: number; readonly h: number } | undefined>> = {
  rectangle: { w: 180, h: 120 },
  ellipse: { w: 160, h: 120 },
  sticky: { w: 200, h: 200 },
  arrow: undefined,
};
/** A drag that is shorter, in CSS pixels, is a click. */
const SLOP = 6;

/** Draws a shape from one corner, or end, to the other. */
export class CreateTool implements Tool {
  readonly cursor = 'crosshair';
  readonly #desk: Desk;
  readonly #kind: Drawn;
  #start: Press | undefined;
  #id = '';
  #shape: Shape | undefined;

  constructor(desk: Desk, kind: Drawn) {
    this.#desk = desk;
    this.#kind = kind;
  }

  down(press: Press): void {
    if (!this.#desk.store.isWritable) return;
    this.#start = press;
    this.#id = newId();
    this.#shape = undefined;
  }

  move(press: Press): void {
    const start = this.#start;
    if (start === undefined) return;
    if (this.#shape === undefined && distance(start.screen, press.screen) < SLOP) return;
    this.#shape = this.#shapeIn(
      this.#kind === 'arrow'
        ? arrowTo(start.point, press.point, press.isShift)
        : boxTo(start.point, press.point, press.isShift || this.#kind === 'sticky'),
    );
    this.#desk.take({ type: 'draw', id: this.#id, shape: fieldsOf(this.#shape) });
  }

  up(): void {
    const { store, selection } = this.#desk;
    const start = this.#start;
    this.#start = undefined;
    const shape = this.#shape ?? this.#clicked(start);
    this.#shape = undefined;
    if (shape === undefined) {
      this.#desk.drop(false);
      return;
    }
    store.add([shape]);
    this.#desk.drop(true);
    this.#desk.choose('select');
    selection.set([shape.id]);
    if (shape.kind === 'sticky') this.#desk.edit(shape);
  }

  cancel(): void {
    this.#start = undefined;
    this.#shape = undefined;
    this.#desk.drop(false);
  }

  #clicked(start: Press | undefined): Shape | undefined {
    const size = SIZES[this.#kind];
    if (start === undefined || size === undefined) return undefined;
    const { x, y } = start.point;
    return this.#shapeIn({ x: x - size.w / 2, y: y - size.h / 2, ...size });
  }

  #shapeIn({ x, y, w, h }: Box): Shape {
    const { store, style } = this.#desk;
    // Notes are yellow where nothing else was chosen.
    const isPlainNote = this.#kind === 'sticky' && style.color === 'ink';
    return newShape({
      id: this.#id,
      kind: this.#kind,
      x: rounded(x),
      y: rounded(y),
      w: rounded(w),
      h: rounded(h),
      z: store.topKey,
      color: isPlainNote ? 'yellow' : style.color,
      fill: style.fill,
    });
  }
}

/** A box between two corners, or the square that reaches as far. */
function boxTo(start: Point, end: Point, isSquare: boolean): Box {
  if (!isSquare) return boxOf(start, end);
  const side = Math.max(Math.abs(end.x - start.x), Math.abs(end.y - start.y));
  const corner = {
    x: start.x + side * (end.x < start.x ? -1 : 1),
    y: start.y + side * (end.y < start.y ? -1 : 1),
  };
  return boxOf(start, corner);
}

/** An arrow between two ends, or the nearest one of eight directions. */
function arrowTo(start: Point, end: Point, isStraight: boolean): Box {
  let [w, h] = [end.x - start.x, end.y - start.y];
  if (isStraight) {
    const length = Math.hypot(w, h);
    const angle = (Math.round(Math.atan2(h, w) / (Math.PI / 4)) * Math.PI) / 4;
    [w, h] = [length * Math.cos(angle), length * Math.sin(angle)];
  }
  return { ...start, w, h };
}
