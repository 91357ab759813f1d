import { byId } from '@syncline/app-common/element';
import type { OpenDocument } from '@syncline/app-common/open-document';
import { Editor, type Extensions } from '@tiptap/core';
import { Collaboration } from '@tiptap/extension-collaboration';
import { Placeholder } from '@tiptap/extensions';
import { StarterKit } from '@tiptap/starter-kit';
import type * as Y from 'yjs';
import type { Editing } from '../stage.ts';
import { CaretAwareness } from './caret-awareness.ts';
import { carets } from './carets.ts';
import { failures } from './failures.ts';
import { KeepFormat } from './keep-format.ts';
import { keepSelection } from './keep-selection.ts';
import { linkForm } from './link-form.ts';
import { linkKey } from './link-key.ts';
import { PastedStyles } from './pasted-styles.ts';
import { showToolbar } from './toolbar.ts';
import { toolsOf } from './tools.ts';

/** What can be in a text. Whoever adds something to it makes a new version of the pages' schema: see open-document.ts. */
export const CONTENT: Extensions = [
  StarterKit.configure({
    // Of one's own alone, which Collaboration brings.
    undoRedo: false,
    // Everybody's page would add the same empty paragraph.
    trailingNode: false,
    link: { openOnClick: false, defaultProtocol: 'https', HTMLAttributes: { target: null } },
  }),
];

/** Edits a fragment in Tiptap, with a toolbar. */
export function editRich(
  element: HTMLElement,
  fragment: Y.XmlFragment,
  name: string,
  { provider, guard }: OpenDocument,
): Editing {
  const end = new AbortController();
  const editor = new Editor({
    element,
    editable: false,
    // The policy of the pages forbids style elements: rich.css has what it would put there.
    injectCSS: false,
    editorProps: {
      attributes: {
        role: 'textbox',
        'aria-multiline': 'true',
        'aria-label': provider.documentId,
        spellcheck: 'true',
        // Who can only read scrolls by keyboard, too.
        tabindex: '0',
      },
      handleClick: (_view, _position, event) => followLink(event, editor),
    },
    extensions: [
      ...CONTENT,
      failures(guard),
      Placeholder.configure({
        placeholder: 'Write something. Everybody with the link writes along.',
      }),
      Collaboration.configure({ fragment }),
      carets(new CaretAwareness(provider.awareness, fragment, name, guard)),
      KeepFormat,
      PastedStyles,
      keepSelection(fragment.doc as Y.Doc),
      linkKey(() => openLink()),
    ],
  });
  const openLink = linkForm(editor, end.signal);
  showToolbar(byId('toolbar'), toolsOf(openLink), editor, end.signal);
  return {
    setEditable: (isEditable) => {
      editor.setEditable(isEditable);
      editor.view.dom.setAttribute('aria-readonly', String(!isEditable));
      byId('tools').hidden = !isEditable;
    },
    focus: () => editor.commands.focus('start'),
    close: () => {
      end.abort();
      byId('tools').hidden = true;
      editor.destroy();
    },
  };
}

/** A click writes; with Ctrl or Cmd, or where nothing can be written, it follows a link. */
function followLink(event: MouseEvent, { isEditable }: Editor): boolean {
  const link = (event.target as Element | null)?.closest('a');
  if (!link || (isEditable && !event.ctrlKey && !event.metaKey)) return false;
  event.preventDefault();
  window.open(link.href, '_blank', 'noopener,noreferrer');
  return true;
}
