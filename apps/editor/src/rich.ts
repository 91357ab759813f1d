import { Editor, Extension } from '@tiptap/core';
import { Collaboration } from '@tiptap/extension-collaboration';
import { Placeholder } from '@tiptap/extensions';
import { StarterKit } from '@tiptap/starter-kit';
import '@syncline/app-common/theme.css';
import './page.css';
import './rich.css';
import { showBar } from '@syncline/app-common/bar';
import { watchEditable } from '@syncline/app-common/editable';
import { byId } from '@syncline/app-common/element';
import { keepPages } from '@syncline/app-common/keep-pages';
import { openDocument } from '@syncline/app-common/open-document';
import { carets } from './carets.ts';
import { KeepFormat } from './keep-format.ts';
import { keepSelection } from './keep-selection.ts';
import { linkForm } from './link-form.ts';
import { shownAwareness } from './shown-awareness.ts';
import { showToolbar } from './toolbar.ts';
import { toolsOf } from './tools.ts';

keepPages();
const provider = openDocument('text');
const { doc, awareness, documentId } = provider;
showBar(provider);

/** Tiptap's own name for it: other Tiptap pages find the text there. */
const FIELD = 'default';

const editor = new Editor({
  element: byId('editor'),
  editable: false,
  editorProps: {
    attributes: {
      role: 'textbox',
      'aria-multiline': 'true',
      'aria-label': documentId,
      spellcheck: 'true',
      // Who can only read scrolls by keyboard, too.
      tabindex: '0',
    },
    handleClick: (_view, _position, event) => followLink(event),
  },
  extensions: [
    StarterKit.configure({
      // Of one's own alone, which Collaboration brings.
      undoRedo: false,
      // Everybody's page would add the same empty paragraph.
      trailingNode: false,
      link: { openOnClick: false, defaultProtocol: 'https', HTMLAttributes: { target: null } },
    }),
    Placeholder.configure({
      placeholder: 'Write something. Everybody with the link writes along.',
    }),
    // The provider's doc and awareness, as they are.
    Collaboration.configure({ document: doc, field: FIELD }),
    carets(shownAwareness(awareness)),
    KeepFormat,
    keepSelection(doc),
    Extension.create({
      name: 'link-key',
      addKeyboardShortcuts: () => ({
        'Mod-k': () => {
          openLink();
          return true;
        },
      }),
    }),
  ],
});
const openLink = linkForm(editor);
showToolbar(byId('toolbar'), toolsOf(openLink), editor);

void watchEditable(
  provider,
  () => doc.getXmlFragment(FIELD).length === 0,
  (isEditable) => {
    editor.setEditable(isEditable);
    editor.view.dom.setAttribute('aria-readonly', String(!isEditable));
    byId('tools').hidden = !isEditable;
    byId('editor').setAttribute('aria-busy', 'false');
    if (isEditable && document.activeElement === document.body) editor.commands.focus('start');
  },
);

/** A click writes; with Ctrl or Cmd, or where nothing can be written, it follows a link. */
function followLink(event: MouseEvent): boolean {
  const link = (event.target as Element | null)?.closest('a');
  if (!link || (editor.isEditable && !event.ctrlKey && !event.metaKey)) return false;
  event.preventDefault();
  window.open(link.href, '_blank', 'noopener,noreferrer');
  return true;
}
