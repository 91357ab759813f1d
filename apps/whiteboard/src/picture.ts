import type { Camera } from './camera.ts';
import type { Cursors } from './cursors.ts';
import type { Follow } from './follow.ts';
import type { Box } from './geometry.ts';
import type { BoardPresence } from './presence.ts';
import { Layer } from './render/layer.ts';
import { Overlay } from './render/overlay.ts';
import type { Scene } from './scene.ts';
import type { Selection } from './selection.ts';
import type { BoardStore } from './store.ts';
import type { TextField } from './text-field.ts';
import { currentPalette, pixelRatio } from './theme.ts';

/** What the picture of the board is made of. */
export interface PictureParts {
  readonly store: BoardStore;
  readonly presence: BoardPresence;
  readonly selection: Selection;
  readonly camera: Camera;
  readonly scene: Scene;
  readonly cursors: Cursors;
  readonly follow: Follow;
  readonly field: TextField;
}

/** Draws the board: each frame what has to be, and no more. */
export class Picture {
  /** What is being selected by area. */
  area: Box | undefined;
  readonly #parts: PictureParts;
  readonly #layer: Layer;
  readonly #overlay: Overlay;
  #isSceneOld = true;
  #isOverlayOld = true;
  #arePeopleOld = true;
  #wasLayerDone = false;

  constructor(host: HTMLElement, parts: PictureParts) {
    this.#parts = parts;
    const layers = document.createElement('div');
    layers.className = 'layers';
    host.prepend(layers);
    this.#layer = new Layer(layers);
    this.#overlay = new Overlay(host);
  }

  /** Shapes, or what is in hand, changed. */
  touchScene(): void {
    this.#isSceneOld = true;
  }

  /** The selection, or where the camera is, changed. */
  touchOverlay(): void {
    this.#isOverlayOld = true;
  }

  touchPeople(): void {
    this.#arePeopleOld = true;
  }

  /** Returns whether another frame is wanted. */
  draw(now: number): boolean {
    const { store, presence, selection, camera, scene, cursors, follow, field } = this.#parts;
    const [palette, ratio] = [currentPalette(), pixelRatio()];
    const isFollowing = follow.render();
    if (this.#arePeopleOld) cursors.update(presence.others);
    this.#arePeopleOld = false;
    if (this.#isSceneOld) {
      scene.update();
      this.#isOverlayOld = true;
    }
    this.#isSceneOld = false;
    const isDone = this.#layer.render(camera, scene.still, palette, ratio);
    // What lies still again and is not yet in the picture below is drawn above it meanwhile.
    if (this.#isOverlayOld || !isDone || !this.#wasLayerDone) {
      const { drawn } = this.#layer;
      const missing = isDone ? [] : scene.still.filter(({ id }) => !drawn.has(id));
      this.#overlay.render(camera, palette, ratio, {
        scene,
        selected: field.isOpen ? [] : selection.shapes,
        others: presence.others,
        area: this.area,
        missing: missing.slice(0, MOST_MISSING),
        hasHandles: store.isWritable && this.area === undefined && scene.drag === undefined,
        byId: (id) => store.get(id),
      });
      field.place(camera, palette);
    }
    this.#isOverlayOld = false;
    this.#wasLayerDone = isDone;
    const isMoving = cursors.render(camera, now);
    return isFollowing || isMoving || !isDone;
  }
}

/** When a whole board is new, it comes with the picture below. */
const MOST_MISSING = 200;
