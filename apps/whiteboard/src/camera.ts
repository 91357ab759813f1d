import { type Box, clamp, type Point } from './geometry.ts';

const MIN_ZOOM = 0.1;
const MAX_ZOOM = 8;
/** Around what is fitted into the window, in CSS pixels. */
const FIT_MARGIN = 72;

/** Which part of the board the window shows. */
export class Camera {
  /** The place in the top left corner. */
  x = 0;
  y = 0;
  zoom = 1;
  /** Of the window, in CSS pixels. */
  width = 1;
  height = 1;
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** What can be seen. */
  get viewport(): Box {
    return { x: this.x, y: this.y, w: this.width / this.zoom, h: this.height / this.zoom };
  }

  toBoard(screen: Point): Point {
    return { x: this.x + screen.x / this.zoom, y: this.y + screen.y / this.zoom };
  }

  toScreen(point: Point): Point {
    return { x: (point.x - this.x) * this.zoom, y: (point.y - this.y) * this.zoom };
  }

  resize(width: number, height: number): void {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    this.#onChange();
  }

  /** Moves what is shown, by CSS pixels. */
  pan(dx: number, dy: number): void {
    this.set(this.x - dx / this.zoom, this.y - dy / this.zoom, this.zoom);
  }

  /** Zooms, and leaves what is at a place of the window there. */
  zoomAt(screen: Point, zoom: number): void {
    const next = clamp(zoom, MIN_ZOOM, MAX_ZOOM);
    const { x, y } = this.toBoard(screen);
    this.set(x - screen.x / next, y - screen.y / next, next);
  }

  zoomTo(zoom: number): void {
    this.zoomAt({ x: this.width / 2, y: this.height / 2 }, zoom);
  }

  /** Shows all of a box, in the middle; not larger than it is. */
  fit(box: Box): void {
    const margin = Math.min(FIT_MARGIN, this.width / 10);
    const zoom = clamp(
      Math.min(
        (this.width - 2 * margin) / Math.max(box.w, 1),
        (this.height - 2 * margin) / Math.max(box.h, 1),
        1,
      ),
      MIN_ZOOM,
      MAX_ZOOM,
    );
    this.set(
      box.x + box.w / 2 - this.width / 2 / zoom,
      box.y + box.h / 2 - this.height / 2 / zoom,
      zoom,
    );
  }

  /** Moves as little as needed for a box to be seen. */
  reveal(box: Box): void {
    const view = this.viewport;
    const margin = 40 / this.zoom;
    const left = Math.min(0, box.x - margin - view.x);
    const right = Math.max(0, box.x + box.w + margin - view.x - view.w);
    const top = Math.min(0, box.y - margin - view.y);
    const bottom = Math.max(0, box.y + box.h + margin - view.y - view.h);
    const [dx, dy] = [left === 0 ? right : left, top === 0 ? bottom : top];
    if (dx !== 0 || dy !== 0) this.set(this.x + dx, this.y + dy, this.zoom);
  }

  set(x: number, y: number, zoom: number): void {
    this.x = clamp(x, -2e6, 2e6);
    this.y = clamp(y, -2e6, 2e6);
    this.zoom = clamp(zoom, MIN_ZOOM, MAX_ZOOM);
    this.#onChange();
  }
}
