import { userOf } from '@syncline/app-common/people';
import type { User } from '@syncline/app-common/user';
import { Extension } from '@tiptap/core';
import { yCursorPlugin } from '@tiptap/y-tiptap';
import type { Awareness } from 'y-protocols/awareness';

/** Shows where the others are, with their names; and tells them where this one is. */
export function carets(awareness: Awareness): Extension {
  return Extension.create({
    name: 'carets',
    addProseMirrorPlugins: () => [
      yCursorPlugin(awareness, {
        cursorBuilder: (user: unknown) => caret(userOf({ user })),
        selectionBuilder: (user: unknown) => ({
          class: 'selection',
          style: `background-color: ${userOf({ user })?.colorLight ?? 'transparent'}`,
        }),
      }),
    ],
  });
}

function caret(user: User | undefined): HTMLElement {
  const element = document.createElement('span');
  element.className = 'caret';
  element.style.borderColor = user?.color ?? '';
  const name = document.createElement('span');
  name.className = 'caret-name';
  name.style.backgroundColor = user?.color ?? '';
  name.textContent = user?.name ?? '';
  // Word joiners: lines do not break at a caret.
  element.append('\u2060', name, '\u2060');
  return element;
}
