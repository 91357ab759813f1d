import type { Camera } from '../camera.ts';
import { type Box, contains, grown, intersects } from '../geometry.ts';
import type { Palette } from '../palette.ts';
import type { Shape } from '../shape.ts';
import { inkBounds } from './path.ts';
import { drawShape } from './shapes.ts';

/** Beyond each edge of the window, in CSS pixels: so far one can pan without drawing anew. */
const MARGIN = 192;
const GRID = 24;
/** How many shapes are drawn between two looks at the clock. */
const BATCH = 16;

/** A picture of the shapes that lie still, somewhat larger than the window, on a canvas of its own. */
export class Bitmap {
  readonly canvas = document.createElement('canvas');
  readonly #context: CanvasRenderingContext2D;
  /** What the picture shows; its shapes are complete when `#next` is past the last one. */
  #drawn = new Map<string, Shape>();
  #shapes: readonly Shape[] = [];
  #next = 0;
  #box: Box = { x: 0, y: 0, w: 0, h: 0 };
  #zoom = 1;
  #ratio = 1;

  constructor() {
    const context = this.canvas.getContext('2d', { alpha: false });
    if (context === null) throw new Error('this browser has no canvas');
    this.#context = context;
    this.canvas.setAttribute('aria-hidden', 'true');
  }

  /** The shapes in the picture, by id. */
  get drawn(): ReadonlyMap<string, Shape> {
    return this.#drawn;
  }

  get isComplete(): boolean {
    return this.#next >= this.#shapes.length;
  }

  /** Begins the picture anew, for where the camera is now. */
  begin(camera: Camera, shapes: readonly Shape[], palette: Palette, ratio: number): void {
    const width = Math.ceil((camera.width + 2 * MARGIN) * ratio);
    const height = Math.ceil((camera.height + 2 * MARGIN) * ratio);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.canvas.style.width = `${width / ratio}px`;
      this.canvas.style.height = `${height / ratio}px`;
    }
    this.#zoom = camera.zoom;
    this.#ratio = ratio;
    this.#box = grown(camera.viewport, MARGIN / camera.zoom);
    this.#drawn = new Map();
    this.#shapes = shapes;
    this.#next = 0;
    this.#useBoardUnits();
    this.#paper(this.#box, palette);
  }

  /** Goes on until it is complete, or the time is over. */
  continue(palette: Palette, until: number): void {
    const options = { zoom: this.#zoom };
    while (!this.isComplete) {
      const end = Math.min(this.#shapes.length, this.#next + BATCH);
      for (; this.#next < end; this.#next++) {
        const shape = this.#shapes[this.#next] as Shape;
        this.#drawn.set(shape.id, shape);
        if (intersects(inkBounds(shape), this.#box)) {
          drawShape(this.#context, shape, palette, options);
        }
      }
      if (performance.now() >= until) return;
    }
  }

  /** Draws some parts anew, in which something changed. */
  repair(parts: readonly Box[], shapes: readonly Shape[], palette: Palette): void {
    const context = this.#context;
    const scale = this.#zoom * this.#ratio;
    const options = { zoom: this.#zoom };
    this.#shapes = shapes;
    this.#next = shapes.length;
    this.#drawn = new Map(shapes.map((shape) => [shape.id, shape]));
    for (const part of parts) {
      if (!intersects(part, this.#box)) continue;
      // To whole pixels: a clip through one would leave a seam.
      const left = Math.floor((part.x - this.#box.x) * scale) / scale + this.#box.x;
      const top = Math.floor((part.y - this.#box.y) * scale) / scale + this.#box.y;
      const right = Math.ceil((part.x + part.w - this.#box.x) * scale) / scale + this.#box.x;
      const bottom = Math.ceil((part.y + part.h - this.#box.y) * scale) / scale + this.#box.y;
      const clip = { x: left, y: top, w: right - left, h: bottom - top };
      context.save();
      context.beginPath();
      context.rect(clip.x, clip.y, clip.w, clip.h);
      context.clip();
      this.#paper(clip, palette);
      for (const shape of shapes) {
        if (intersects(inkBounds(shape), clip)) drawShape(context, shape, palette, options);
      }
      context.restore();
    }
  }

  /** Lays the picture where the camera has it now; returns whether it is sharp and covers the window. */
  place(camera: Camera, ratio: number): boolean {
    const scale = camera.zoom / this.#zoom;
    const x = (this.#box.x - camera.x) * camera.zoom;
    const y = (this.#box.y - camera.y) * camera.zoom;
    this.canvas.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
    return (
      scale === 1 &&
      ratio === this.#ratio &&
      contains(grown(this.#box, 0.001), grown(camera.viewport, MARGIN / 3 / camera.zoom))
    );
  }

  #useBoardUnits(): void {
    const scale = this.#zoom * this.#ratio;
    this.#context.setTransform(scale, 0, 0, scale, -this.#box.x * scale, -this.#box.y * scale);
  }

  /** The ground, with a dot at each place of a grid that gets coarser as one zooms out. */
  #paper(part: Box, { paper, dots }: Palette): void {
    const context = this.#context;
    context.fillStyle = paper;
    context.fillRect(part.x, part.y, part.w, part.h);
    let step = GRID;
    while (step * this.#zoom < GRID * 0.75) step *= 2;
    const size = 1.5 / this.#zoom;
    context.fillStyle = dots;
    context.beginPath();
    for (let x = Math.ceil(part.x / step) * step; x < part.x + part.w; x += step) {
      for (let y = Math.ceil(part.y / step) * step; y < part.y + part.h; y += step) {
        context.rect(x, y, size, size);
      }
    }
    context.fill();
  }
}
