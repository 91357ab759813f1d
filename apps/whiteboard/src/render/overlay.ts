import type { Camera } from '../camera.ts';
import { type Box, grown, intersects, union } from '../geometry.ts';
import { handlesOf } from '../handles.ts';
import type { Palette } from '../palette.ts';
import type { BoardPerson } from '../presence.ts';
import type { Scene } from '../scene.ts';
import type { Shape } from '../shape.ts';
import { inkBounds } from './path.ts';
import { drawShape } from './shapes.ts';
import { Sprite } from './sprite.ts';

/** More shapes that are moved together are drawn once, as one. */
const MANY = 60;
/** More selected shapes have one frame around all of them. */
const MOST_FRAMES = 200;

/** What lies over the shapes that lie still. */
export interface OverlayContent {
  readonly scene: Scene;
  readonly selected: readonly Shape[];
  readonly others: readonly BoardPerson[];
  /** What is being selected by area. */
  readonly area: Box | undefined;
  /** Shapes that the pictures below do not show yet. */
  readonly missing: readonly Shape[];
  readonly hasHandles: boolean;
  readonly byId: (id: string) => Shape | undefined;
}

/** Shapes in hand, selections and handles, on a canvas as large as the window. */
export class Overlay {
  readonly #canvas = document.createElement('canvas');
  readonly #context: CanvasRenderingContext2D;
  readonly #sprite = new Sprite();
  #isEmpty = true;

  constructor(host: HTMLElement) {
    const context = this.#canvas.getContext('2d');
    if (context === null) throw new Error('this browser has no canvas');
    this.#context = context;
    this.#canvas.setAttribute('aria-hidden', 'true');
    host.append(this.#canvas);
  }

  render(camera: Camera, palette: Palette, ratio: number, content: OverlayContent): void {
    const { scene, selected, others, area, missing } = content;
    const isEmpty =
      selected.length === 0 &&
      scene.lifted.size === 0 &&
      scene.drawing.length === 0 &&
      missing.length === 0 &&
      area === undefined &&
      others.every(({ state }) => (state.selection?.length ?? 0) === 0);
    // An empty canvas that stays so costs nothing.
    if (isEmpty && this.#isEmpty) return;
    this.#isEmpty = isEmpty;
    this.#begin(camera, ratio);
    if (isEmpty) return;
    this.#shapes(camera, palette, ratio, content);
    for (const { state } of others) {
      const frames = (state.selection ?? []).flatMap((id) => content.byId(id) ?? []);
      this.#frames(frames, content.scene, state.user.color, 1.5 / camera.zoom, camera);
    }
    this.#selection(camera, palette, content);
    if (area !== undefined) this.#area(area, palette, camera.zoom);
  }

  #begin(camera: Camera, ratio: number): void {
    const width = Math.ceil(camera.width * ratio);
    const height = Math.ceil(camera.height * ratio);
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
      this.#canvas.style.width = `${camera.width}px`;
      this.#canvas.style.height = `${camera.height}px`;
    }
    const scale = camera.zoom * ratio;
    this.#context.setTransform(1, 0, 0, 1, 0, 0);
    this.#context.clearRect(0, 0, width, height);
    this.#context.setTransform(scale, 0, 0, scale, -camera.x * scale, -camera.y * scale);
  }

  #shapes(
    camera: Camera,
    palette: Palette,
    ratio: number,
    { scene, missing }: OverlayContent,
  ): void {
    const context = this.#context;
    const view = camera.viewport;
    const { zoom } = camera;
    for (const shape of missing) {
      if (intersects(inkBounds(shape), view)) drawShape(context, shape, palette, { zoom });
    }
    if (scene.isMovedAsOne && scene.lifted.size > MANY) {
      this.#sprite.draw(context, camera, palette, ratio, scene.lifted, scene.still);
    } else {
      for (const [id, { shape, dx, dy }] of scene.lifted) {
        const ink = inkBounds(shape);
        if (!intersects({ ...ink, x: ink.x + dx, y: ink.y + dy }, view)) continue;
        context.translate(dx, dy);
        drawShape(context, shape, palette, { zoom, withoutText: id === scene.editing });
        context.translate(-dx, -dy);
      }
    }
    for (const shape of scene.drawing) {
      if (intersects(inkBounds(shape), view)) drawShape(context, shape, palette, { zoom });
    }
  }

  /** Thin frames around shapes. */
  #frames(
    shapes: readonly Shape[],
    scene: Scene,
    color: string,
    width: number,
    camera: Camera,
  ): void {
    const context = this.#context;
    const view = camera.viewport;
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    for (const shape of shapes) {
      const { x, y, w, h } = grown(scene.shownBounds(shape), 2 / camera.zoom);
      if (intersects({ x, y, w, h }, view)) context.rect(x, y, w, h);
    }
    context.stroke();
  }

  #selection(camera: Camera, palette: Palette, content: OverlayContent): void {
    const { selected, scene, hasHandles } = content;
    if (selected.length === 0) return;
    const context = this.#context;
    const { zoom } = camera;
    const shown = selected.length === 1 ? selected.map((one) => scene.shown(one)) : selected;
    const isArrow = shown.length === 1 && shown[0]?.kind === 'arrow';
    const width = (shown.length === 1 ? 1.5 : 0.75) / zoom;
    const hasFrames = !isArrow && selected.length <= MOST_FRAMES;
    if (hasFrames) this.#frames(selected, scene, palette.accent, width, camera);
    const bounds = union(selected.map((shape) => scene.shownBounds(shape)));
    if (bounds === undefined) return;
    if (shown.length > 1) {
      context.setLineDash([4 / zoom, 4 / zoom]);
      context.strokeRect(bounds.x, bounds.y, bounds.w, bounds.h);
      context.setLineDash([]);
    }
    if (!hasHandles) return;
    context.fillStyle = palette.paper;
    context.strokeStyle = palette.accent;
    context.lineWidth = 1.5 / zoom;
    context.beginPath();
    for (const [handle, { x, y }] of handlesOf(shown, bounds, zoom)) {
      const isEnd = handle === 'tip' || handle === 'tail';
      const size = (isEnd ? 6 : 4.5) / zoom;
      if (isEnd) {
        context.moveTo(x + size, y);
        context.arc(x, y, size, 0, 2 * Math.PI);
      } else context.roundRect(x - size, y - size, 2 * size, 2 * size, 2 / zoom);
    }
    context.fill();
    context.stroke();
  }

  #area({ x, y, w, h }: Box, palette: Palette, zoom: number): void {
    const context = this.#context;
    context.fillStyle = `${palette.accent}1f`;
    context.fillRect(x, y, w, h);
    context.strokeStyle = palette.accent;
    context.lineWidth = 1 / zoom;
    context.strokeRect(x, y, w, h);
  }
}
