import * as Y from 'yjs';
import { bindText, type TextBinding, type TextOptions } from '../src/index.ts';

/** A field in the page that is bound, with the focus. */
export function bound(
  kind: 'textarea' | 'input',
  content = '',
  options?: TextOptions,
): { doc: Y.Doc; text: Y.Text; field: HTMLTextAreaElement; binding: TextBinding } {
  const doc = new Y.Doc();
  const text = doc.getText('text');
  text.insert(0, content);
  // Both have what is used of it.
  const field = document.createElement(kind) as HTMLTextAreaElement;
  document.body.append(field);
  const binding = bindText(text, field, options);
  field.focus();
  return { doc, text, field, binding };
}

/** As somebody who types, or pastes, over what is selected. */
export function type(field: HTMLTextAreaElement, inserted: string): void {
  const { selectionStart: start, selectionEnd: end, value } = field;
  field.value = value.slice(0, start) + inserted + value.slice(end);
  field.setSelectionRange(start + inserted.length, start + inserted.length);
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

/** What somebody else does. */
export function remotely(doc: Y.Doc, change: (text: Y.Text) => void): void {
  const other = new Y.Doc();
  Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
  change(other.getText('text'));
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(other), 'network');
}
