import { type Drag, dragged } from '../drag.ts';
import {
  type Box,
  boxOf,
  distance,
  grown,
  isInside,
  type Point,
  rounded,
  union,
} from '../geometry.ts';
import { HANDLE_REACH, type Handle, handlesOf, pointerOver, resized } from '../handles.ts';
import { shapeAt, shapesIn } from '../hit.ts';
import { hasText, newId, newText, type Shape, type ShapeFields } from '../shape.ts';
import type { Desk, Press, Tool } from './tool.ts';

/** A pointer that moves less than this, in CSS pixels, is a click. */
const SLOP = { mouse: 3, touch: 8 } as const;
const HIT_SLACK = { mouse: 6, touch: 14 } as const;

type MoveDrag = Drag & { readonly type: 'move' };

/** What the pointer that is pressed does. */
type Doing =
  | { readonly type: 'nothing' }
  | {
      readonly type: 'press';
      readonly start: Press;
      readonly shape: Shape;
      readonly wasSelected: boolean;
    }
  | { readonly type: 'move'; readonly start: Point; readonly drag: MoveDrag }
  | {
      readonly type: 'resize';
      readonly start: Point;
      readonly handle: Handle;
      readonly drag: MoveDrag;
      readonly isProportional: boolean;
    }
  | { readonly type: 'area'; readonly start: Point; readonly before: ReadonlySet<string> };

const NOTHING: Doing = { type: 'nothing' };

/** Selects, moves and resizes. */
export class SelectTool implements Tool {
  readonly cursor = 'default';
  readonly #desk: Desk;
  #doing: Doing = NOTHING;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  down(press: Press): void {
    const { selection, store } = this.#desk;
    const handle = store.isWritable ? this.#handleAt(press) : undefined;
    if (handle !== undefined) {
      this.#beginResize(press, handle);
      return;
    }
    const shape = this.#shapeAt(press);
    if (shape === undefined) {
      const before = press.isShift ? selection.ids : new Set<string>();
      if (!press.isShift && !this.#isOnSelection(press)) selection.set([]);
      this.#doing = { type: 'area', start: press.point, before };
      return;
    }
    const wasSelected = selection.has(shape.id);
    if (press.isShift) selection.toggle(shape.id);
    else if (!wasSelected) selection.set([shape.id]);
    this.#doing = { type: 'press', start: press, shape, wasSelected };
  }

  move(press: Press): void {
    const doing = this.#doing;
    switch (doing.type) {
      case 'nothing':
        return;
      case 'press':
        this.#beginMove(doing.start, press);
        return;
      case 'move': {
        const delta = { x: press.point.x - doing.start.x, y: press.point.y - doing.start.y };
        // Shift keeps it on a line.
        if (press.isShift) {
          if (Math.abs(delta.x) > Math.abs(delta.y)) delta.y = 0;
          else delta.x = 0;
        }
        const { from } = doing.drag;
        const to = { ...from, x: from.x + delta.x, y: from.y + delta.y };
        this.#take({ ...doing, drag: { ...doing.drag, to } });
        return;
      }
      case 'resize': {
        const { from } = doing.drag;
        const [dx, dy] = [press.point.x - doing.start.x, press.point.y - doing.start.y];
        const isProportional = doing.isProportional || press.isShift;
        const to = resized(from, doing.handle, dx, dy, isProportional);
        this.#take({ ...doing, drag: { ...doing.drag, to } });
        return;
      }
      case 'area': {
        const area = boxOf(doing.start, press.point);
        this.#desk.showArea(area);
        const found = shapesIn(this.#desk.store.shapes, area).map(({ id }) => id);
        this.#desk.selection.set([...doing.before, ...found]);
      }
    }
  }

  up(press: Press): void {
    const { selection } = this.#desk;
    const doing = this.#doing;
    this.#doing = NOTHING;
    switch (doing.type) {
      case 'press':
        // A click on one of several selects that one.
        if (doing.wasSelected && !press.isShift) selection.set([doing.shape.id]);
        return;
      case 'move':
      case 'resize':
        this.#commit(doing.drag);
        return;
      case 'area':
        if (!press.isShift && distance(doing.start, press.point) === 0) selection.set([]);
        this.#desk.showArea(undefined);
        return;
      case 'nothing':
        return;
    }
  }

  cancel(): void {
    const doing = this.#doing;
    this.#doing = NOTHING;
    this.#desk.showArea(undefined);
    if (doing.type === 'area') this.#desk.selection.set(doing.before);
    this.#desk.drop(false);
  }

  hover(press: Press): string {
    const handle = this.#desk.store.isWritable ? this.#handleAt(press) : undefined;
    if (handle !== undefined) return pointerOver(handle);
    const shape = this.#shapeAt(press);
    return shape !== undefined && this.#desk.store.isWritable ? 'move' : this.cursor;
  }

  doubleClick(press: Press): void {
    const { store, selection, style } = this.#desk;
    if (!store.isWritable) return;
    const shape = this.#shapeAt(press);
    if (shape !== undefined) {
      if (hasText(shape)) this.#desk.edit(shape);
      return;
    }
    selection.set([]);
    this.#desk.edit(newText(press.point, store.topKey, style.color));
  }

  #beginMove(start: Press, press: Press): void {
    const { selection, store } = this.#desk;
    const slop = press.isTouch ? SLOP.touch : SLOP.mouse;
    if (distance(start.screen, press.screen) < slop || !store.isWritable) return;
    const from = frameOf(selection.shapes);
    if (from === undefined) return;
    const drag: MoveDrag = { type: 'move', id: newId(), ids: [...selection.ids], from, to: from };
    this.#doing = { type: 'move', start: start.point, drag };
    this.move(press);
  }

  #beginResize(press: Press, handle: Handle): void {
    const { shapes } = this.#desk.selection;
    const from = frameOf(shapes);
    if (from === undefined) return;
    const ids = shapes.map(({ id }) => id);
    const drag: MoveDrag = { type: 'move', id: newId(), ids, from, to: from };
    const isProportional = shapes.some(({ kind }) => kind === 'text');
    this.#doing = { type: 'resize', start: press.point, handle, drag, isProportional };
  }

  #take(doing: Doing & { readonly drag: MoveDrag }): void {
    this.#doing = doing;
    this.#desk.take(doing.drag);
  }

  /** Writes what the drag changed, and no other field. */
  #commit(drag: MoveDrag): void {
    const { store } = this.#desk;
    const patches = new Map<string, Partial<ShapeFields>>();
    const isMove = drag.from.w === drag.to.w && drag.from.h === drag.to.h;
    for (const id of drag.ids) {
      const shape = store.get(id);
      if (shape === undefined) continue;
      const place = dragged(shape, drag.from, drag.to, drag.ids.length === 1);
      const at = { x: rounded(place.x), y: rounded(place.y) };
      const whole = { ...at, w: rounded(place.w), h: rounded(place.h) };
      if (isMove) patches.set(id, at);
      else if (shape.kind === 'text') patches.set(id, { ...whole, size: rounded(place.size) });
      else patches.set(id, whole);
    }
    store.patch(patches);
    this.#desk.drop(true);
  }

  #handleAt(press: Press): Handle | undefined {
    const { selection, camera } = this.#desk;
    const bounds = selection.bounds;
    if (bounds === undefined) return undefined;
    const reach = press.isTouch ? HANDLE_REACH.touch : HANDLE_REACH.mouse;
    const found = handlesOf(selection.shapes, bounds, camera.zoom).find(
      ([, place]) => distance(camera.toScreen(place), press.screen) <= reach,
    );
    return found?.[0];
  }

  #shapeAt({ point, isTouch }: Press): Shape | undefined {
    const { store, camera } = this.#desk;
    const slack = (isTouch ? HIT_SLACK.touch : HIT_SLACK.mouse) / camera.zoom;
    return shapeAt(store.shapes, point, slack);
  }

  #isOnSelection({ point }: Press): boolean {
    const { bounds } = this.#desk.selection;
    return bounds !== undefined && isInside(point, grown(bounds, 4 / this.#desk.camera.zoom));
  }
}

/** The frame that is dragged: of a single shape its own geometry, which of an arrow can be negative. */
function frameOf(shapes: readonly Shape[]): Box | undefined {
  const [only] = shapes;
  if (only !== undefined && shapes.length === 1) {
    return { x: only.x, y: only.y, w: only.w, h: only.h };
  }
  return union(shapes.map(({ bounds }) => bounds));
}
