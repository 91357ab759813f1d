import { Extension } from '@tiptap/core';

/** Asks for a link by its usual key. */
export function linkKey(openLink: () => void): Extension {
  return Extension.create({
    name: 'link-key',
    addKeyboardShortcuts: () => ({
      'Mod-k': () => {
        openLink();
        return true;
      },
    }),
  });
}
