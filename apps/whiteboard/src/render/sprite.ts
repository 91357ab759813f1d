import type { Camera } from '../camera.ts';
import { type Box, grown, intersects } from '../geometry.ts';
import type { Palette } from '../palette.ts';
import type { Lifted } from '../scene.ts';
import { inkBounds } from './path.ts';
import { drawShape } from './shapes.ts';

/** Beyond each edge of the window, in CSS pixels: so far shapes can be moved without drawing anew. */
const MARGIN = 256;

/** A picture of many shapes that are moved together: drawn once, and then moved as it is. */
export class Sprite {
  readonly #canvas = document.createElement('canvas');
  /** What the picture depends on; another one is drawn when it is different. */
  #key: readonly unknown[] = [];
  #box: Box = { x: 0, y: 0, w: 0, h: 0 };
  #dx = 0;
  #dy = 0;

  /**
   * Draws shapes that are all moved by as much.
   * @param of is another object when the shapes are others
   */
  draw(
    context: CanvasRenderingContext2D,
    camera: Camera,
    palette: Palette,
    ratio: number,
    lifted: ReadonlyMap<string, Lifted>,
    of: object,
  ): void {
    const [first] = lifted.values();
    if (first === undefined) return;
    const { dx, dy } = first;
    const { x, y, zoom, width, height } = camera;
    const key = [of, palette, ratio, x, y, zoom, width, height];
    const isSame = key.every((part, at) => part === this.#key[at]);
    const reach = MARGIN / zoom;
    if (!isSame || Math.abs(dx - this.#dx) > reach || Math.abs(dy - this.#dy) > reach) {
      this.#key = key;
      [this.#dx, this.#dy] = [dx, dy];
      this.#box = grown(camera.viewport, reach);
      this.#paint(palette, zoom * ratio, zoom, lifted);
    }
    const box = this.#box;
    context.drawImage(this.#canvas, box.x + dx - this.#dx, box.y + dy - this.#dy, box.w, box.h);
  }

  #paint(palette: Palette, scale: number, zoom: number, lifted: ReadonlyMap<string, Lifted>): void {
    const box = { ...this.#box, x: this.#box.x - this.#dx, y: this.#box.y - this.#dy };
    this.#canvas.width = Math.ceil(box.w * scale);
    this.#canvas.height = Math.ceil(box.h * scale);
    const context = this.#canvas.getContext('2d');
    if (context === null) return;
    context.setTransform(scale, 0, 0, scale, -box.x * scale, -box.y * scale);
    for (const { shape } of lifted.values()) {
      if (intersects(inkBounds(shape), box)) drawShape(context, shape, palette, { zoom });
    }
  }
}
