/**
 * Draws at most once a frame, and only when something changed. With `?measure` in the page's address each frame is
 * told to the browser's performance timeline, as `board-frame`.
 */
export class Frames {
  readonly #draw: (now: number) => boolean;
  readonly #isMeasured = new URLSearchParams(location.search).has('measure');
  #isAsked = false;

  /** @param draw returns whether it wants another frame */
  constructor(draw: (now: number) => boolean) {
    this.#draw = draw;
  }

  /** There is something to draw. */
  ask(): void {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame((now) => this.#frame(now));
  }

  #frame(now: number): void {
    const start = this.#isMeasured ? performance.now() : 0;
    this.#isAsked = false;
    if (this.#draw(now)) this.ask();
    if (this.#isMeasured) performance.measure('board-frame', { start, end: performance.now() });
  }
}
