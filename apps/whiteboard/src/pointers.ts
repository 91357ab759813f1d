import type { Camera } from './camera.ts';
import { clamp, distance, type Point } from './geometry.ts';
import type { Press, Tool } from './tools/tool.ts';

/** What pointers on the board lead to. */
export interface PointerTarget {
  readonly camera: Camera;
  readonly tool: Tool;
  /** While the space bar is held, everything pans. */
  readonly isSpaceHeld: boolean;
  /** Where the pointer is, in the window; undefined when it has left. */
  pointAt(screen: Point | undefined): void;
  /** The user moves what is shown. */
  pan(dx: number, dy: number): void;
  zoomAt(screen: Point, zoom: number): void;
  setCursor(cursor: string): void;
}

const DOUBLE_MS = 350;
const DOUBLE_REACH = 24;

/** What is under way. */
type Gesture =
  | { readonly type: 'none' }
  | { readonly type: 'tool'; readonly pointer: number }
  | { readonly type: 'pan'; readonly pointer: number; readonly last: Point }
  | { readonly type: 'pinch'; readonly middle: Point; readonly spread: number }
  /** A finger of a pinch is still down. */
  | { readonly type: 'over' };

/** Turns mouse, pen, fingers and wheel into what tools do, panning and zooming. */
export class Pointers {
  readonly #stage: HTMLElement;
  readonly #target: PointerTarget;
  readonly #fingers = new Map<number, Point>();
  #gesture: Gesture = { type: 'none' };
  #lastClick: { readonly at: number; readonly screen: Point } | undefined;

  constructor(stage: HTMLElement, target: PointerTarget) {
    this.#stage = stage;
    this.#target = target;
    stage.addEventListener('pointerdown', (event) => this.#down(event));
    stage.addEventListener('pointermove', (event) => this.#move(event));
    stage.addEventListener('pointerup', (event) => this.#up(event));
    stage.addEventListener('pointercancel', (event) => this.#cancel(event));
    stage.addEventListener('pointerleave', () => target.pointAt(undefined));
    stage.addEventListener('wheel', (event) => this.#wheel(event), { passive: false });
    // The middle button pans; it neither scrolls nor pastes.
    stage.addEventListener('mousedown', (event) => {
      if (event.button === 1) event.preventDefault();
    });
    stage.addEventListener('contextmenu', (event) => event.preventDefault());
  }

  /** Puts down what is in hand, as it was. Returns whether there was something. */
  cancel(): boolean {
    if (this.#gesture.type !== 'tool') return false;
    this.#target.tool.cancel();
    this.#gesture = { type: 'over' };
    return true;
  }

  get isBusy(): boolean {
    return this.#gesture.type !== 'none';
  }

  #down(event: PointerEvent): void {
    const screen = this.#screenOf(event);
    this.#capture(event.pointerId);
    if (event.pointerType === 'touch') {
      this.#fingers.set(event.pointerId, screen);
      if (this.#fingers.size === 2) {
        if (this.#gesture.type === 'tool') this.#target.tool.cancel();
        this.#gesture = this.#pinch();
        return;
      }
    }
    if (this.#gesture.type !== 'none') return;
    if (event.button === 1 || (event.button === 0 && this.#target.isSpaceHeld)) {
      this.#gesture = { type: 'pan', pointer: event.pointerId, last: screen };
      this.#target.setCursor('grabbing');
      return;
    }
    if (event.button !== 0) return;
    this.#gesture = { type: 'tool', pointer: event.pointerId };
    this.#target.pointAt(screen);
    this.#target.tool.down(this.#pressOf(event));
  }

  #move(event: PointerEvent): void {
    const screen = this.#screenOf(event);
    if (this.#fingers.has(event.pointerId)) this.#fingers.set(event.pointerId, screen);
    const gesture = this.#gesture;
    switch (gesture.type) {
      case 'none':
        this.#target.pointAt(screen);
        this.#hover(event);
        return;
      case 'tool':
        if (gesture.pointer !== event.pointerId) return;
        this.#target.pointAt(screen);
        this.#target.tool.move(this.#pressOf(event), this.#trailOf(event));
        return;
      case 'pan':
        if (gesture.pointer !== event.pointerId) return;
        this.#target.pan(screen.x - gesture.last.x, screen.y - gesture.last.y);
        this.#gesture = { ...gesture, last: screen };
        return;
      case 'pinch':
        this.#movePinch(gesture);
        return;
      case 'over':
        return;
    }
  }

  #up(event: PointerEvent): void {
    this.#fingers.delete(event.pointerId);
    const gesture = this.#gesture;
    if (gesture.type === 'tool' && gesture.pointer === event.pointerId) {
      this.#gesture = { type: 'none' };
      this.#finish(event);
    } else if (gesture.type === 'pan' && gesture.pointer === event.pointerId) {
      this.#gesture = { type: 'none' };
      this.#hover(event);
    } else if (gesture.type === 'pinch' || gesture.type === 'over') {
      this.#gesture = { type: this.#fingers.size === 0 ? 'none' : 'over' };
    }
    if (event.pointerType === 'touch') this.#target.pointAt(undefined);
  }

  #finish(event: PointerEvent): void {
    const { tool } = this.#target;
    const press = this.#pressOf(event);
    tool.up(press);
    const now = event.timeStamp;
    const last = this.#lastClick;
    const isDouble =
      last !== undefined &&
      now - last.at < DOUBLE_MS &&
      distance(last.screen, press.screen) < (press.isTouch ? DOUBLE_REACH : DOUBLE_REACH / 4);
    this.#lastClick = isDouble ? undefined : { at: now, screen: press.screen };
    if (isDouble) tool.doubleClick?.(press);
    this.#hover(event);
  }

  #cancel(event: PointerEvent): void {
    this.#fingers.delete(event.pointerId);
    if (this.#gesture.type === 'tool') this.#target.tool.cancel();
    this.#gesture = { type: this.#fingers.size === 0 ? 'none' : 'over' };
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const { camera } = this.#target;
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    if (event.ctrlKey || event.metaKey) {
      const step = clamp(event.deltaY * unit, -60, 60);
      this.#target.zoomAt(this.#screenOf(event), camera.zoom * Math.exp(-step / 160));
      return;
    }
    const isSideways = event.shiftKey && event.deltaX === 0;
    const [dx, dy] = isSideways ? [event.deltaY, 0] : [event.deltaX, event.deltaY];
    this.#target.pan(-dx * unit, -dy * unit);
  }

  #pinch(): Gesture {
    const [a, b] = [...this.#fingers.values()] as [Point, Point];
    const middle = { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
    return { type: 'pinch', middle, spread: Math.max(1, distance(a, b)) };
  }

  #movePinch(before: Gesture & { readonly type: 'pinch' }): void {
    if (this.#fingers.size < 2) return;
    const next = this.#pinch();
    this.#gesture = next;
    if (next.type !== 'pinch') return;
    this.#target.pan(next.middle.x - before.middle.x, next.middle.y - before.middle.y);
    const { zoom } = this.#target.camera;
    this.#target.zoomAt(next.middle, (zoom * next.spread) / before.spread);
  }

  #hover(event: PointerEvent): void {
    const { tool, isSpaceHeld } = this.#target;
    if (isSpaceHeld) this.#target.setCursor('grab');
    else this.#target.setCursor(tool.hover?.(this.#pressOf(event)) ?? tool.cursor);
  }

  #capture(pointer: number): void {
    try {
      this.#stage.setPointerCapture(pointer);
    } catch {
      // It is gone already.
    }
  }

  #pressOf(event: PointerEvent): Press {
    const screen = this.#screenOf(event);
    return {
      point: this.#target.camera.toBoard(screen),
      screen,
      isShift: event.shiftKey,
      isTouch: event.pointerType === 'touch',
    };
  }

  /** A fast pen has been at more places than there are frames. */
  #trailOf(event: PointerEvent): readonly Point[] {
    const steps = event.getCoalescedEvents?.() ?? [];
    const events = steps.length > 0 ? steps : [event];
    return events.map((step) => this.#target.camera.toBoard(this.#screenOf(step)));
  }

  #screenOf({ clientX, clientY }: MouseEvent): Point {
    const { left, top } = this.#stage.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  }
}
