import { shapeAt } from '../hit.ts';
import { newText } from '../shape.ts';
import type { Desk, Press, Tool } from './tool.ts';

/** Begins a text where one clicks, or edits the one that is there. */
export class TextTool implements Tool {
  readonly cursor = 'text';
  readonly #desk: Desk;
  #isPressed = false;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  down(): void {
    this.#isPressed = this.#desk.store.isWritable;
  }

  move(): void {}

  up({ point }: Press): void {
    if (!this.#isPressed) return;
    this.#isPressed = false;
    const { store, style } = this.#desk;
    const found = shapeAt(store.shapes, point, 0);
    this.#desk.choose('select');
    const isText = found?.kind === 'text' || found?.kind === 'sticky';
    this.#desk.edit(isText ? found : newText(point, store.topKey, style.color));
  }

  cancel(): void {
    this.#isPressed = false;
  }
}
