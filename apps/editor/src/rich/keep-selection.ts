import { Extension } from '@tiptap/core';
import { Plugin } from '@tiptap/pm/state';
import type { EditorView } from '@tiptap/pm/view';
import { yCursorPluginKey } from '@tiptap/y-tiptap';
import type * as Y from 'yjs';

/**
 * Keeps where somebody has just clicked. Browsers tell of a new selection a moment later, and ProseMirror puts
 * the one that it knows back into the page with each change that comes in between: where others are typing, and
 * a phone is slow, one would type where the caret was before. So the page's selection is looked at before a change
 * of others is shown.
 */
export function keepSelection(doc: Y.Doc): Extension {
  return Extension.create({
    name: 'keep-selection',
    // Their text: the binding notes the selection before it changes the document.
    addProseMirrorPlugins: () => [
      new Plugin({
        view: (view) => {
          const look = ({ local }: Y.Transaction) => {
            if (!local) readSelection(view);
          };
          doc.on('beforeTransaction', look);
          return { destroy: () => doc.off('beforeTransaction', look) };
        },
      }),
    ],
    // Their carets.
    dispatchTransaction({ transaction, next }) {
      const { view } = this.editor;
      if (transaction.getMeta(yCursorPluginKey)) {
        const { selection } = view.state;
        readSelection(view);
        if (!view.state.selection.eq(selection)) transaction.setSelection(view.state.selection);
      }
      next(transaction);
    },
  });
}

/** What ProseMirror does when the browser tells it of a selection, which no type declares (prosemirror-view, domobserver.ts). */
interface DomObserver {
  readonly queue: readonly MutationRecord[];
  flush(): void;
}

function readSelection(view: EditorView): void {
  const { domObserver } = view as unknown as { readonly domObserver: DomObserver };
  // Letters that wait there too would become part of the others' change, and be sent to nobody.
  if (domObserver.queue.length === 0) domObserver.flush();
}
