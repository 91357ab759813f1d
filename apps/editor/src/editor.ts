import { defaultKeymap, indentWithTab } from '@codemirror/commands';
import { markdown } from '@codemirror/lang-markdown';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment, EditorState } from '@codemirror/state';
import { drawSelection, EditorView, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { yCollab, yUndoManagerKeymap } from 'y-codemirror.next';
import '@syncline/app-common/theme.css';
import './editor.css';
import { keepPages } from '@syncline/app-common/keep-pages';
import { openDocument } from '@syncline/app-common/open-document';
import { showPeople } from '@syncline/app-common/people';
import { showStatus } from '@syncline/app-common/status';
import { loadUser, saveUser } from '@syncline/app-common/user';
import * as Y from 'yjs';

keepPages();
const provider = openDocument('editor');
const { doc, awareness, documentId: name } = provider;
document.title = `${name} · Syncline`;
element('#title').textContent = name;
const text = doc.getText('text');

const user = loadUser();
const me = element('#me') as HTMLInputElement;
me.value = user.name;
me.parentElement?.style.setProperty('--color', user.color);
awareness.setLocalStateField('user', user);
me.addEventListener('input', () => {
  user.name = me.value.trim() || 'Anonymous';
  saveUser(user);
  awareness.setLocalStateField('user', { ...user });
});

showStatus(element('#state'), provider);
showPeople(element('#people'), awareness);

element('#share').addEventListener('click', (event) => {
  const button = event.currentTarget as HTMLButtonElement;
  const told = (answer: string) => {
    button.textContent = answer;
    setTimeout(() => {
      button.textContent = 'Copy link';
    }, 1500);
  };
  // Browsers allow this over HTTPS and on this machine only.
  const copied = navigator.clipboard?.writeText(location.href) ?? Promise.reject(new Error());
  copied.then(
    () => told('Copied'),
    () => told('Copy it from the address bar'),
  );
});

/** Nobody types into a document before it is there. */
const editable = new Compartment();
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
const view = new EditorView({
  parent: element('#editor'),
  state: EditorState.create({
    doc: text.toString(),
    extensions: [
      keymap.of([...yUndoManagerKeymap, ...defaultKeymap, indentWithTab]),
      drawSelection(),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({ 'aria-label': name, spellcheck: 'true' }),
      placeholder('Write something. Everybody with the link writes along.'),
      markdown(),
      syntaxHighlighting(highlighting),
      editable.of(EditorView.editable.of(false)),
      yCollab(text, awareness, { undoManager }),
    ],
  }),
});
void begin();

/** Lets the user type as soon as there is something to type into. */
async function begin(): Promise<void> {
  await provider.whenLoaded;
  // Without a copy here, the server's has to be waited for.
  if (text.length === 0) await Promise.race([provider.whenSynced, isOffline()]).catch(() => {});
  view.dispatch({ effects: editable.reconfigure(EditorView.editable.of(true)) });
  element('#editor').setAttribute('aria-busy', 'false');
  view.focus();
}

/** There is no server to wait for. */
function isOffline(): Promise<void> {
  return new Promise((resolve) => {
    provider.on('state', ({ status }) => {
      if (status === 'offline') resolve();
    });
  });
}

function element(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}
