import type { Camera } from './camera.ts';
import { rounded } from './geometry.ts';
import type { Palette } from './palette.ts';
import type { Scene } from './scene.ts';
import { MAX_TEXT, type Shape, type ShapeFields, withText } from './shape.ts';
import type { BoardStore } from './store.ts';
import { FONT, FONT_WEIGHT, LINE_HEIGHT, layoutOf, measureText, PADDING } from './text-layout.ts';

/** Others see what is typed this long after it was, in milliseconds. */
const PAUSE_MS = 250;

/** The field in which the letters of a shape are typed: it lies where the shape has them. */
export class TextField {
  readonly #host: HTMLElement;
  readonly #store: BoardStore;
  readonly #scene: Scene;
  readonly #onClose: (shape: Shape) => void;
  readonly #field = document.createElement('textarea');
  #shape: Shape | undefined;
  /** What was read of the document, or written there. */
  #written = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: HTMLElement, store: BoardStore, scene: Scene, onClose: (shape: Shape) => void) {
    this.#host = host;
    this.#store = store;
    this.#scene = scene;
    this.#onClose = onClose;
    const field = this.#field;
    field.className = 'text-field';
    field.maxLength = MAX_TEXT;
    field.spellcheck = false;
    field.style.fontFamily = FONT;
    field.style.fontWeight = String(FONT_WEIGHT);
    field.style.lineHeight = String(LINE_HEIGHT);
    field.addEventListener('input', () => this.#onInput());
    field.addEventListener('blur', () => this.close());
    field.addEventListener('keydown', (event) => {
      event.stopPropagation();
      const isDone = event.key === 'Enter' && (event.ctrlKey || event.metaKey);
      if (event.key !== 'Escape' && !isDone) return;
      event.preventDefault();
      this.close();
    });
    for (const name of [
      'pointerdown',
      'pointermove',
      'pointerup',
      'wheel',
      'copy',
      'cut',
      'paste',
    ]) {
      field.addEventListener(name, (event) => event.stopPropagation());
    }
  }

  get isOpen(): boolean {
    return this.#shape !== undefined;
  }

  /** Opens on a shape; one that is not in the document comes there with its first letter. */
  open(shape: Shape): void {
    this.close();
    this.#shape = shape;
    this.#scene.editing = shape.id;
    this.#field.value = shape.text;
    // A field has no `\r`: what nobody changes is not written.
    this.#written = this.#field.value;
    this.#field.setAttribute('aria-label', `Text of the ${shape.kind}`);
    this.#store.setTyping(true);
    this.#host.append(this.#field);
    this.#field.focus();
    this.#field.select();
  }

  close(): void {
    const shape = this.#shape;
    if (shape === undefined) return;
    this.#write();
    this.#shape = undefined;
    this.#scene.editing = undefined;
    // A text without letters is nothing.
    if (shape.kind === 'text' && this.#field.value.trim() === '') this.#store.delete([shape.id]);
    this.#store.setTyping(false);
    this.#field.remove();
    this.#onClose(shape);
  }

  /** Puts the field where the shape is now. */
  place(camera: Camera, palette: Palette): void {
    const known = this.#shape;
    if (known === undefined) return;
    const current = withText(
      this.#scene.shown(this.#store.get(known.id) ?? known),
      this.#field.value,
    );
    const { zoom } = camera;
    const { style } = this.#field;
    const isNote = known.kind === 'sticky';
    style.color = isNote ? palette.onNote : palette.tones[current.color].line;
    const { x, y } = camera.toScreen(current);
    style.left = `${x}px`;
    style.transform = 'none';
    if (known.kind === 'text') {
      const { w, h } = measureText(this.#field.value, current.size);
      style.fontSize = `${current.size * zoom}px`;
      style.textAlign = 'left';
      style.whiteSpace = 'pre';
      style.top = `${y}px`;
      style.width = `${(w + current.size) * zoom}px`;
      style.height = `${h * zoom}px`;
      return;
    }
    const { size, lines } = layoutOf(current);
    const padding = Math.min(PADDING, current.w / 8, current.h / 8);
    const height = Math.min(current.h, Math.max(1, lines.length) * size * LINE_HEIGHT);
    style.fontSize = `${size * zoom}px`;
    style.textAlign = 'center';
    style.whiteSpace = 'pre-wrap';
    style.left = `${x + padding * zoom}px`;
    style.top = `${y + ((current.h - height) / 2) * zoom}px`;
    style.width = `${(current.w - 2 * padding) * zoom}px`;
    style.height = `${height * zoom + 1}px`;
  }

  #onInput(): void {
    this.#timer ??= setTimeout(() => this.#write(), PAUSE_MS);
    this.#scene.update();
    this.#host.dispatchEvent(new CustomEvent('texted'));
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const shape = this.#shape;
    const text = this.#field.value;
    if (shape === undefined || text === this.#written) return;
    this.#written = text;
    const fields: Partial<ShapeFields> = { text };
    const current = this.#store.get(shape.id) ?? shape;
    if (shape.kind === 'text') {
      const { w, h } = measureText(text, current.size);
      fields.w = rounded(w);
      fields.h = rounded(h);
    }
    if (!this.#store.has(shape.id)) {
      // Deleted by somebody else in the meantime, or new.
      this.#store.add([withText({ ...shape, ...fields }, text)]);
    } else this.#store.patch(new Map([[shape.id, fields]]));
  }
}
