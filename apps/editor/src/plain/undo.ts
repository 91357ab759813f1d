import { EditorSelection, type Extension } from '@codemirror/state';
import { EditorView, keymap, ViewPlugin } from '@codemirror/view';
import * as Y from 'yjs';
import { type Cursor, placeIn, resolve } from '../caret.ts';
import type { TextBinding } from './text-binding.ts';

/** Undo and redo of what was typed here, which put the selection back where it was. */
export function undoOf(binding: TextBinding): Extension {
  const { text, breaks } = binding;
  const steps = new Y.UndoManager(text, { trackedOrigins: new Set([binding]) });
  let before: Cursor | undefined;
  const note = ({ anchor, head }: { readonly anchor: number; readonly head: number }) => {
    before = {
      anchor: placeIn(text, breaks.toContent(anchor)),
      head: placeIn(text, breaks.toContent(head)),
    };
  };
  binding.onWrite = note;
  steps.on('stack-item-added', ({ stackItem }) => {
    if (!stackItem.meta.has(binding)) stackItem.meta.set(binding, before);
  });
  const run = (step: 'undo' | 'redo') => (view: EditorView) => {
    if (view.state.readOnly) return true;
    note(view.state.selection.main);
    steps[step]();
    return true;
  };
  const keys = [
    { key: 'Mod-z', run: run('undo'), preventDefault: true },
    { key: 'Mod-y', mac: 'Mod-Shift-z', run: run('redo'), preventDefault: true },
    { key: 'Mod-Shift-z', run: run('redo'), preventDefault: true },
  ];
  const events = EditorView.domEventHandlers({
    beforeinput: ({ inputType }, view) => {
      if (inputType !== 'historyUndo' && inputType !== 'historyRedo') return false;
      return run(inputType === 'historyUndo' ? 'undo' : 'redo')(view);
    },
  });
  const selecting = ViewPlugin.define((view) => {
    const select = ({
      stackItem,
    }: {
      readonly stackItem: { readonly meta: Map<unknown, unknown> };
    }) => {
      const cursor = stackItem.meta.get(binding) as Cursor | undefined;
      if (cursor === undefined || text.doc === null) return;
      const anchor = resolve(cursor.anchor, text.doc, text);
      const head = resolve(cursor.head, text.doc, text);
      if (anchor === undefined || head === undefined) return;
      const selection = EditorSelection.single(
        breaks.toShown(anchor.index),
        breaks.toShown(head.index),
      );
      view.dispatch({ selection, scrollIntoView: true });
    };
    steps.on('stack-item-popped', select);
    return { destroy: () => steps.destroy() };
  });
  return [keymap.of(keys), events, selecting];
}
