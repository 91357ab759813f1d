import type { Point } from '../geometry.ts';
import type { Press, Tool } from './tool.ts';

/** Moves what the window shows. */
export class HandTool implements Tool {
  readonly cursor = 'grab';
  readonly #pan: (dx: number, dy: number) => void;
  #last: Point | undefined;

  constructor(pan: (dx: number, dy: number) => void) {
    this.#pan = pan;
  }

  down({ screen }: Press): void {
    this.#last = screen;
  }

  move({ screen }: Press): void {
    if (this.#last !== undefined) this.#pan(screen.x - this.#last.x, screen.y - this.#last.y);
    this.#last = screen;
  }

  up(): void {
    this.#last = undefined;
  }

  cancel(): void {
    this.#last = undefined;
  }
}
