import { diffText } from './text-diff.ts';
import type { TextField } from './text-options.ts';

export interface Selection {
  readonly start: number;
  readonly end: number;
}

/** A field as it is on the page. */
export class FieldView {
  readonly #field: TextField;

  constructor(field: TextField) {
    this.#field = field;
  }

  get value(): string {
    return this.#field.value;
  }

  /** undefined for fields that have none. */
  get selection(): Selection | undefined {
    const { selectionStart: start, selectionEnd: end } = this.#field;
    return start === null || end === null ? undefined : { start, end };
  }

  /** Changes what differs, so that the field neither scrolls nor loses its selection. */
  write(value: string, selection: Selection | undefined): void {
    const field = this.#field;
    const splice = diffText(field.value, value);
    if (selection === undefined) {
      if (splice !== undefined) field.value = value;
      return;
    }
    const direction = field.selectionDirection ?? 'none';
    if (splice !== undefined) {
      const { index, remove, insert } = splice;
      field.setRangeText(insert, index, index + remove, 'preserve');
    }
    const { start, end } = selection;
    const isElsewhere =
      field.selectionStart !== start ||
      field.selectionEnd !== end ||
      field.selectionDirection !== direction;
    // In Safari it takes the focus. A field without it keeps its selection nearly by itself.
    if (isElsewhere && this.#hasFocus) field.setSelectionRange(start, end, direction);
  }

  get #hasFocus(): boolean {
    const root = this.#field.getRootNode() as Document | ShadowRoot;
    return root.activeElement === this.#field;
  }
}
