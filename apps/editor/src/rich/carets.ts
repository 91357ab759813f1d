import type { User } from '@syncline/app-common/user';
import { Extension } from '@tiptap/core';
import { yCursorPlugin } from '@tiptap/y-tiptap';
import { caretElement } from '../caret-element.ts';
import type { CaretAwareness } from './caret-awareness.ts';

const CLASSES = { caret: 'caret', name: 'caret-name' };

/** Shows where the others are, with their names; and tells them where this one is. */
export function carets(awareness: CaretAwareness): Extension {
  return Extension.create({
    name: 'carets',
    addProseMirrorPlugins: () => [
      yCursorPlugin(awareness.asAwareness, {
        cursorBuilder: (user: User) => caretElement(user, CLASSES),
        selectionBuilder: ({ colorLight }: User) => ({
          class: 'selection',
          style: `background-color: ${colorLight}`,
        }),
      }),
    ],
    onDestroy: () => awareness.close(),
  });
}
