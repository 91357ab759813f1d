import type { Camera } from './camera.ts';
import { type Drag, MAX_DRAGGED } from './drag.ts';
import { type Point, rounded } from './geometry.ts';
import { type BoardPresence, toldSelection } from './presence.ts';
import type { Selection } from './selection.ts';

/**
 * What was dropped is shown to the others for this long, in milliseconds, unless they have it from the document before:
 * the two come on different ways, and it must not jump back in between.
 */
const LINGER_MS = 400;

/** Tells the others what this user does: where the pointer and the window are, what is selected and in hand. */
export class Told {
  readonly #presence: BoardPresence;
  #linger: ReturnType<typeof setTimeout> | undefined;

  constructor(presence: BoardPresence) {
    this.#presence = presence;
  }

  pointAt(point: Point | undefined): void {
    const cursor = point && { x: rounded(point.x), y: rounded(point.y) };
    this.#presence.update({ cursor });
  }

  look({ viewport: { x, y, w, h } }: Camera): void {
    const viewport = { x: rounded(x), y: rounded(y), w: rounded(w), h: rounded(h) };
    this.#presence.update({ viewport });
  }

  select({ ids }: Selection): void {
    this.#presence.update({ selection: toldSelection(ids) });
  }

  take(drag: Drag): void {
    clearTimeout(this.#linger);
    this.#linger = undefined;
    const isLong = drag.type === 'move' && drag.ids.length > MAX_DRAGGED;
    const told = isLong ? { ...drag, ids: drag.ids.slice(0, MAX_DRAGGED) } : drag;
    this.#presence.update({ drag: told });
  }

  /** @param isDone what was in hand is in the document; otherwise it goes back at once */
  drop(isDone: boolean): void {
    if (this.#presence.self?.drag === undefined) return;
    clearTimeout(this.#linger);
    const end = () => this.#presence.update({ drag: undefined });
    this.#linger = undefined;
    if (isDone) this.#linger = setTimeout(end, LINGER_MS);
    else end();
  }
}
