import { Listeners } from '@syncline/bindings';
import type { Camera } from './camera.ts';
import type { Box } from './geometry.ts';
import type { BoardPerson, BoardPresence } from './presence.ts';

/** Of the way to what the other sees, left after each frame. */
const LAG = 0.75;

/** Shows what somebody else's window shows, until the user looks elsewhere. */
export class Follow {
  readonly #presence: BoardPresence;
  readonly #camera: Camera;
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)');
  readonly #listeners = new Listeners();
  #clientId: number | undefined;

  constructor(presence: BoardPresence, camera: Camera) {
    this.#presence = presence;
    this.#camera = camera;
    presence.subscribe(() => {
      if (this.#clientId !== undefined && this.person === undefined) this.stop();
    });
  }

  get person(): BoardPerson | undefined {
    if (this.#clientId === undefined) return undefined;
    return this.#presence.others.find(({ clientId }) => clientId === this.#clientId);
  }

  toggle(clientId: number): void {
    this.#clientId = this.#clientId === clientId ? undefined : clientId;
    this.#listeners.call();
  }

  stop(): void {
    if (this.#clientId === undefined) return;
    this.#clientId = undefined;
    this.#listeners.call();
  }

  subscribe(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Moves the camera on; returns whether it is still under way. */
  render(): boolean {
    const viewport = this.person?.state.viewport;
    if (viewport === undefined) return false;
    const camera = this.#camera;
    const before = { x: camera.x, y: camera.y, zoom: camera.zoom };
    const goal = goalOf(camera, viewport);
    const offset = Math.hypot(goal.x - before.x, goal.y - before.y) * goal.zoom;
    if (offset < 0.5 && Math.abs(Math.log(goal.zoom / before.zoom)) < 0.001) {
      if (offset > 0 || goal.zoom !== before.zoom) camera.set(goal.x, goal.y, goal.zoom);
      return false;
    }
    const left = this.#still.matches ? 0 : LAG;
    const zoom = goal.zoom * (before.zoom / goal.zoom) ** left;
    camera.set(
      goal.x + (before.x - goal.x) * left,
      goal.y + (before.y - goal.y) * left,
      left === 0 ? goal.zoom : zoom,
    );
    return true;
  }
}

/** Where the camera shows all of a box, as large as it can. */
function goalOf(
  { width, height }: Camera,
  { x, y, w, h }: Box,
): { readonly x: number; readonly y: number; readonly zoom: number } {
  const zoom = Math.min(8, Math.max(0.1, Math.min(width / w, height / h)));
  return { x: x + w / 2 - width / 2 / zoom, y: y + h / 2 - height / 2 / zoom, zoom };
}
