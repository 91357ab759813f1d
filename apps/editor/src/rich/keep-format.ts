import { Extension } from '@tiptap/core';
import { isChangeOrigin } from '@tiptap/extension-collaboration';
import { Plugin } from '@tiptap/pm/state';

/**
 * Keeps the format that was chosen for what is typed next: who presses Ctrl+B, or has just closed a `**bold**`,
 * would lose it when somebody else's change comes in before the next letter.
 */
export const KeepFormat = Extension.create({
  name: 'keep-format',
  addProseMirrorPlugins: () => [
    new Plugin({
      appendTransaction: (transactions, before, after) => {
        const { storedMarks } = before;
        if (storedMarks === null || after.storedMarks !== null) return null;
        const isOthers = transactions.every(
          (transaction) => !transaction.docChanged || isChangeOrigin(transaction),
        );
        const isChanged = transactions.some(({ docChanged }) => docChanged);
        return isOthers && isChanged && after.selection.empty
          ? after.tr.setStoredMarks(storedMarks)
          : null;
      },
    }),
  ],
});
