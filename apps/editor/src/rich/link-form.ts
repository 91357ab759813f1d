import { byId } from '@syncline/app-common/element';
import type { Editor } from '@tiptap/core';
import { linkAddress } from './link-address.ts';

/** Asks for the address of a link at the selection, as long as the editor is there. Returns how to open it. */
export function linkForm(editor: Editor, signal: AbortSignal): () => void {
  const form = byId('link');
  const input = byId('link-address') as HTMLInputElement;
  const close = () => {
    form.hidden = true;
    editor.commands.focus();
  };
  const on = (element: HTMLElement, type: string, listener: (event: Event) => void) =>
    element.addEventListener(type, listener, { signal });
  on(input, 'input', () => input.setCustomValidity(''));
  on(form, 'submit', (event) => {
    event.preventDefault();
    const href = linkAddress(input.value);
    if (href === undefined) {
      input.setCustomValidity('This is no address of a page.');
      input.reportValidity();
      return;
    }
    setLink(editor, href);
    close();
  });
  on(byId('link-remove'), 'click', () => {
    editor.chain().extendMarkRange('link').unsetLink().run();
    close();
  });
  on(form, 'keydown', (event) => {
    if ((event as KeyboardEvent).key === 'Escape') close();
  });
  return () => {
    const href: unknown = editor.getAttributes('link')['href'];
    input.value = typeof href === 'string' ? href : '';
    byId('link-remove').hidden = input.value === '';
    form.hidden = false;
    input.select();
    input.focus();
  };
}

function setLink(editor: Editor, href: string): void {
  const chain = editor.chain();
  if (editor.state.selection.empty && !editor.isActive('link')) {
    // There are no words to put it on: it stands for itself.
    chain.insertContent({ type: 'text', text: href, marks: [{ type: 'link', attrs: { href } }] });
  } else {
    chain.extendMarkRange('link').setLink({ href });
  }
  chain.run();
}
