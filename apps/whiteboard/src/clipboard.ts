import type { Camera } from './camera.ts';
import { center, type Point, union } from './geometry.ts';
import type { Selection } from './selection.ts';
import { fieldsOf, moved, newId, newShape, type Shape, shapeOf, withText } from './shape.ts';
import type { BoardStore } from './store.ts';
import { measureText } from './text-layout.ts';
import { keysBetween } from './z-order.ts';

/** What a text in the clipboard says that it has shapes of ours. */
const FORMAT = 'syncline-board/1';
const MOST_SHAPES = 5_000;
/** How far from its model a copy lies, so that it can be seen. */
const OFFSET = 24;

/** Copies shapes as text, into the system's clipboard and, where that is forbidden, within this page. */
export class Clipboard {
  readonly #store: BoardStore;
  readonly #selection: Selection;
  readonly #camera: Camera;
  /** Where the pointer is, on the board. */
  readonly #pointer: () => Point | undefined;
  #kept = '';
  /** The middle button pans; some systems paste what was selected last with it, too. */
  #isMiddleButton = false;

  constructor(
    store: BoardStore,
    selection: Selection,
    camera: Camera,
    pointer: () => Point | undefined,
  ) {
    this.#store = store;
    this.#selection = selection;
    this.#camera = camera;
    this.#pointer = pointer;
    document.addEventListener('copy', (event) => this.#onCopy(event, false));
    document.addEventListener('cut', (event) => this.#onCopy(event, true));
    document.addEventListener('paste', (event) => this.#onPaste(event));
    document.addEventListener('mouseup', ({ button }) => {
      this.#isMiddleButton = button === 1;
    });
    document.addEventListener('keydown', () => {
      this.#isMiddleButton = false;
    });
  }

  /** For buttons: browsers let pages write the clipboard on HTTPS and on this machine only. */
  copy(): void {
    const text = this.#take();
    if (text === '') return;
    navigator.clipboard?.writeText(text).catch(() => {
      // It is kept in this page.
    });
  }

  cut(): void {
    this.copy();
    this.#store.delete(this.#selection.ids);
  }

  /** For buttons. */
  async paste(): Promise<void> {
    let text = '';
    try {
      text = (await navigator.clipboard?.readText()) ?? '';
    } catch {
      // Forbidden: what was copied in this page, then.
    }
    this.#insert(text === '' ? this.#kept : text);
  }

  duplicate(): void {
    const shapes = this.#selection.shapes;
    this.#add(shapes, OFFSET, OFFSET);
  }

  #take(): string {
    const shapes = this.#selection.shapes;
    if (shapes.length === 0) return '';
    const records = shapes.slice(0, MOST_SHAPES).map(fieldsOf);
    this.#kept = JSON.stringify({ format: FORMAT, shapes: records });
    return this.#kept;
  }

  #onCopy(event: ClipboardEvent, isCut: boolean): void {
    if (isTyping(event.target) || this.#selection.ids.size === 0) return;
    if (!(getSelection()?.isCollapsed ?? true)) return;
    event.preventDefault();
    event.clipboardData?.setData('text/plain', this.#take());
    if (isCut) this.#store.delete(this.#selection.ids);
  }

  #onPaste(event: ClipboardEvent): void {
    if (isTyping(event.target)) return;
    event.preventDefault();
    if (this.#isMiddleButton) return;
    const text = event.clipboardData?.getData('text/plain') ?? '';
    this.#insert(text === '' ? this.#kept : text);
  }

  #insert(text: string): void {
    if (!this.#store.isWritable || text === '') return;
    const shapes = shapesOf(text);
    const goal = this.#pointer() ?? center(this.#camera.viewport);
    if (shapes === undefined) {
      const made = textShape(text.slice(0, 5_000), goal);
      this.#add([made], -made.w / 2, -made.h / 2);
      return;
    }
    const bounds = union(shapes.map(({ bounds }) => bounds));
    if (bounds === undefined) return;
    const middle = center(bounds);
    this.#add(shapes, goal.x - middle.x, goal.y - middle.y);
  }

  /** Adds copies on top of everything, in their order, and selects them. */
  #add(shapes: readonly Shape[], dx: number, dy: number): void {
    if (shapes.length === 0 || !this.#store.isWritable) return;
    const keys = keysBetween(this.#store.shapes.at(-1)?.z, undefined, shapes.length);
    const copies = shapes.map((shape, index) => ({
      ...moved(shape, { x: Math.round(shape.x + dx), y: Math.round(shape.y + dy) }),
      id: newId(),
      z: keys[index] as string,
    }));
    this.#store.add(copies);
    this.#selection.set(copies.map(({ id }) => id));
  }
}

/** The shapes in a text, if it is one of ours: it can come from anywhere. */
function shapesOf(text: string): Shape[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const { format, shapes } = value as Readonly<Record<string, unknown>>;
    if (format !== FORMAT || !Array.isArray(shapes)) return undefined;
    return shapes.slice(0, MOST_SHAPES).flatMap((record) => shapeOf('pasted', record) ?? []);
  } catch {
    return undefined;
  }
}

function textShape(text: string, { x, y }: Point): Shape {
  const shape = newShape({ kind: 'text', x, y, w: 1, h: 1, z: 'V', color: 'ink' });
  return withText(moved(shape, measureText(text, shape.size)), text);
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;
}
