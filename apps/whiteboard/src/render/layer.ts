import type { Camera } from '../camera.ts';
import type { Box } from '../geometry.ts';
import type { Palette } from '../palette.ts';
import type { Shape } from '../shape.ts';
import { Bitmap } from './bitmap.ts';
import { inkBounds } from './path.ts';

/** Of a frame, for drawing a new picture; the rest of it comes in the next frames. */
const BUDGET_MS = 2;
/** With more changes than this, drawing everything anew is cheaper. */
const MOST_REPAIRS = 24;

/**
 * Shows the shapes that lie still. While one pans and zooms their picture is moved as it is; another one, sharp and
 * further on, is drawn behind it, as much in each frame as there is time for, and then takes its place.
 */
export class Layer {
  readonly #host: HTMLElement;
  #front = new Bitmap();
  #back = new Bitmap();
  #palette: Palette | undefined;
  /** Of what the front shows; another list means that something changed. */
  #shapes: readonly Shape[] | undefined;
  #isDrawing = false;

  constructor(host: HTMLElement) {
    this.#host = host;
    host.append(this.#front.canvas);
  }

  /** What can be seen, by id: less than it should be while a picture is being drawn. */
  get drawn(): ReadonlyMap<string, Shape> {
    return this.#front.drawn;
  }

  /** Returns whether it is done; otherwise it wants another frame. */
  render(camera: Camera, shapes: readonly Shape[], palette: Palette, ratio: number): boolean {
    const until = performance.now() + BUDGET_MS;
    const isNewPalette = palette !== this.#palette;
    this.#palette = palette;
    if (isNewPalette) this.#shapes = undefined;
    let isStale = this.#shapes === undefined;
    if (shapes !== this.#shapes && !isStale) isStale = !this.#repair(shapes, palette);
    if (!isStale) this.#shapes = shapes;
    const fits = this.#front.place(camera, ratio);
    if (fits && !isStale) {
      this.#isDrawing = false;
      return true;
    }
    // What is drawn behind is finished even if the camera went on: something sharp beats nothing.
    if (!this.#isDrawing) this.#back.begin(camera, shapes, palette, ratio);
    this.#isDrawing = true;
    this.#back.continue(palette, until);
    if (this.#back.isComplete) this.#swap(camera, shapes, palette, ratio);
    return false;
  }

  /** Draws what changed into the picture in front; returns false when that is too much. */
  #repair(shapes: readonly Shape[], palette: Palette): boolean {
    const parts = changes(this.#front.drawn, shapes);
    if (parts === undefined) return false;
    this.#front.repair(parts, shapes, palette);
    return true;
  }

  #swap(camera: Camera, shapes: readonly Shape[], palette: Palette, ratio: number): void {
    // Meanwhile something may have changed.
    const parts = changes(this.#back.drawn, shapes);
    if (parts === undefined) {
      this.#back.begin(camera, shapes, palette, ratio);
      return;
    }
    if (parts.length > 0) this.#back.repair(parts, shapes, palette);
    [this.#front, this.#back] = [this.#back, this.#front];
    this.#front.place(camera, ratio);
    this.#host.prepend(this.#front.canvas);
    this.#back.canvas.remove();
    this.#shapes = shapes;
    this.#isDrawing = false;
  }
}

/** Where a picture differs from the shapes as they are; undefined when in too many places. */
function changes(drawn: ReadonlyMap<string, Shape>, shapes: readonly Shape[]): Box[] | undefined {
  const parts: Box[] = [];
  let found = 0;
  for (const shape of shapes) {
    const before = drawn.get(shape.id);
    if (before !== undefined) found++;
    if (before === shape) continue;
    parts.push(inkBounds(shape));
    if (before !== undefined) parts.push(inkBounds(before));
    if (parts.length > MOST_REPAIRS) return undefined;
  }
  if (found === drawn.size) return parts;
  const ids = new Set(shapes.map(({ id }) => id));
  for (const [id, before] of drawn) {
    if (ids.has(id)) continue;
    parts.push(inkBounds(before));
    if (parts.length > MOST_REPAIRS) return undefined;
  }
  return parts;
}
