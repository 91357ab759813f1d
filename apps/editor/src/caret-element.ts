import type { User } from '@syncline/app-common/user';

/** The classes of a caret, and of the name at it. */
export interface CaretClasses {
  readonly caret: string;
  readonly name: string;
}

/** A caret of somebody else, with the name. */
export function caretElement({ name, color }: User, classes: CaretClasses): HTMLElement {
  const element = document.createElement('span');
  element.className = classes.caret;
  element.style.borderColor = color;
  const label = document.createElement('span');
  label.className = classes.name;
  label.style.backgroundColor = color;
  label.textContent = name;
  // Word joiners: lines do not break at a caret.
  element.append('\u2060', label, '\u2060');
  return element;
}
