import { defaultKeymap, indentWithTab } from '@codemirror/commands';
import { markdown } from '@codemirror/lang-markdown';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import type { OpenDocument } from '@syncline/app-common/open-document';
import type * as Y from 'yjs';
import type { Editing } from '../stage.ts';
import { carets } from './carets.ts';
import { TextBinding } from './text-binding.ts';
import { undoOf } from './undo.ts';

const HIGHLIGHTING = HighlightStyle.define([
  { tag: tags.heading, class: 'md-heading' },
  { tag: tags.strong, class: 'md-strong' },
  { tag: tags.emphasis, class: 'md-emphasis' },
  { tag: tags.monospace, class: 'md-code' },
  { tag: [tags.link, tags.url], class: 'md-link' },
  { tag: [tags.processingInstruction, tags.contentSeparator], class: 'md-mark' },
  { tag: tags.quote, class: 'md-quote' },
]);

/** Edits a text in CodeMirror. */
export function editPlain(
  parent: HTMLElement,
  text: Y.Text,
  { provider, guard }: OpenDocument,
): Editing {
  const { awareness, documentId } = provider;
  const binding = new TextBinding(text, guard);
  const editable = new Compartment();
  const view = new EditorView({
    parent,
    state: EditorState.create({
      doc: binding.shown,
      extensions: [
        // What a plugin of the editor throws would only be logged, and the plugin be gone.
        EditorView.exceptionSink.of((error: unknown) => guard.fail(error)),
        undoOf(binding),
        keymap.of([...defaultKeymap, indentWithTab]),
        drawSelection(),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ 'aria-label': documentId, spellcheck: 'true' }),
        markdown(),
        syntaxHighlighting(HIGHLIGHTING),
        editable.of(editing(false)),
        binding.extension,
        carets(binding, awareness, guard),
      ],
    }),
  });
  return {
    setEditable: (isEditable) => {
      view.dispatch({ effects: editable.reconfigure(editing(isEditable)) });
    },
    focus: () => view.focus(),
    close: () => view.destroy(),
  };
}

function editing(isEditable: boolean): Extension {
  return [
    EditorView.editable.of(isEditable),
    EditorState.readOnly.of(!isEditable),
    isEditable
      ? placeholder('Write something. Everybody with the link writes along.')
      : // Who can only read scrolls by keyboard, too.
        EditorView.contentAttributes.of({ tabindex: '0' }),
  ];
}
