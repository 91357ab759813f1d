import { defaultKeymap, indentWithTab } from '@codemirror/commands';
import { markdown } from '@codemirror/lang-markdown';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { yCollab, yUndoManagerKeymap } from 'y-codemirror.next';
import '@syncline/app-common/theme.css';
import './page.css';
import './plain.css';
import { showBar } from '@syncline/app-common/bar';
import { watchEditable } from '@syncline/app-common/editable';
import { byId } from '@syncline/app-common/element';
import { keepPages } from '@syncline/app-common/keep-pages';
import { openDocument } from '@syncline/app-common/open-document';
import * as Y from 'yjs';
import { shownAwareness } from './shown-awareness.ts';

keepPages();
const provider = openDocument('editor');
const { doc, awareness, documentId } = provider;
showBar(provider);

const text = doc.getText('text');
const undoManager = new Y.UndoManager(text);
const highlighting = HighlightStyle.define([
  { tag: tags.heading, class: 'md-heading' },
  { tag: tags.strong, fontWeight: '700' },
  { tag: tags.emphasis, fontStyle: 'italic' },
  { tag: tags.monospace, class: 'md-code' },
  { tag: [tags.link, tags.url], class: 'md-link' },
  { tag: [tags.processingInstruction, tags.contentSeparator], class: 'md-mark' },
  { tag: tags.quote, class: 'md-quote' },
]);

const editable = new Compartment();
const editing = (isEditable: boolean): Extension => [
  EditorView.editable.of(isEditable),
  EditorState.readOnly.of(!isEditable),
  isEditable
    ? placeholder('Write something. Everybody with the link writes along.')
    : // Who can only read scrolls by keyboard, too.
      EditorView.contentAttributes.of({ tabindex: '0' }),
];

const view = new EditorView({
  parent: byId('editor'),
  state: EditorState.create({
    doc: text.toString(),
    extensions: [
      keymap.of([...yUndoManagerKeymap, ...defaultKeymap, indentWithTab]),
      drawSelection(),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': documentId, spellcheck: 'true' }),
      markdown(),
      syntaxHighlighting(highlighting),
      editable.of(editing(false)),
      yCollab(text, shownAwareness(awareness), { undoManager }),
    ],
  }),
});

void watchEditable(
  provider,
  () => text.length === 0,
  (isEditable) => {
    view.dispatch({ effects: editable.reconfigure(editing(isEditable)) });
    byId('editor').setAttribute('aria-busy', 'false');
    if (isEditable && document.activeElement === document.body) view.focus();
  },
);
