import type { Camera } from './camera.ts';
import type { Point } from './geometry.ts';
import type { BoardPerson } from './presence.ts';

/** How much of the way to where a pointer is now is left after a frame of 60 Hz. */
const LAG = 0.55;
const FRAME_MS = 1000 / 60;
/** In units of the board: nearer, it is there. */
const THERE = 0.3;

interface Cursor {
  readonly element: HTMLElement;
  readonly label: HTMLElement;
  person: BoardPerson;
  at: Point;
  /** What was written last. */
  transform: string;
}

/** The pointers of the others: one element each, that only moves. */
export class Cursors {
  readonly #host: HTMLElement;
  readonly #cursors = new Map<number, Cursor>();
  readonly #still = matchMedia('(prefers-reduced-motion: reduce)');
  #last = 0;

  constructor(host: HTMLElement) {
    this.#host = host;
  }

  /** To be called when presence changed. */
  update(others: readonly BoardPerson[]): void {
    const here = new Set<number>();
    for (const person of others) {
      const { clientId, state } = person;
      if (state.cursor === undefined) continue;
      here.add(clientId);
      const cursor = this.#cursors.get(clientId) ?? this.#add(person, state.cursor);
      if (cursor.person.state.user !== state.user) dress(cursor, person);
      cursor.person = person;
    }
    for (const [clientId, { element }] of this.#cursors) {
      if (here.has(clientId)) continue;
      element.remove();
      this.#cursors.delete(clientId);
    }
  }

  /** Moves them on; returns whether some are still under way. */
  render(camera: Camera, now: number): boolean {
    const frames = Math.min(6, Math.max(0.5, (now - this.#last) / FRAME_MS));
    const left = this.#still.matches ? 0 : LAG ** frames;
    this.#last = now;
    let isMoving = false;
    for (const cursor of this.#cursors.values()) {
      const { cursor: goal } = cursor.person.state;
      if (goal === undefined) continue;
      const [dx, dy] = [cursor.at.x - goal.x, cursor.at.y - goal.y];
      if (Math.abs(dx) + Math.abs(dy) < THERE / camera.zoom) cursor.at = goal;
      else {
        cursor.at = { x: goal.x + dx * left, y: goal.y + dy * left };
        isMoving = true;
      }
      const { x, y } = camera.toScreen(cursor.at);
      const isSeen = x > -200 && y > -60 && x < camera.width + 10 && y < camera.height + 10;
      const transform = isSeen
        ? `translate(${Math.round(x * 2) / 2}px, ${Math.round(y * 2) / 2}px)`
        : 'translate(-999px, -999px)';
      if (transform === cursor.transform) continue;
      cursor.transform = transform;
      cursor.element.style.transform = transform;
    }
    return isMoving;
  }

  #add(person: BoardPerson, at: Point): Cursor {
    const element = document.createElement('div');
    element.className = 'cursor';
    element.innerHTML =
      '<svg width="18" height="22" viewBox="0 0 18 22"><path d="M2 2v15.2l4.3-3.7 2.8 6.2 2.9-1.3-2.8-6.1 5.6-.5z" fill="currentColor" stroke="#fff" stroke-width="1.5" stroke-linejoin="round"/></svg>';
    const label = document.createElement('span');
    element.append(label);
    const cursor = { element, label, person, at, transform: '' };
    dress(cursor, person);
    this.#cursors.set(person.clientId, cursor);
    this.#host.append(element);
    return cursor;
  }
}

function dress({ element, label }: Cursor, { state: { user } }: BoardPerson): void {
  element.style.color = user.color;
  label.textContent = user.name;
}
