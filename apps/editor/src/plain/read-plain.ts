import { fieldsOf } from '@syncline/app-common/parse';
import type * as Y from 'yjs';
import { unknownPart } from '../unknown-part.ts';

/** Shows the characters of whatever is there. */
export function readPlain(host: HTMLElement, text: Y.Text, name: string): void {
  const parts = text.toDelta() as readonly { readonly insert: unknown }[];
  const page = document.createElement('pre');
  page.className = 'reading';
  page.tabIndex = 0;
  page.setAttribute('role', 'document');
  page.setAttribute('aria-label', name);
  page.append(
    ...parts.map(({ insert }) => (typeof insert === 'string' ? insert : unknown(insert))),
  );
  host.replaceChildren(page);
}

/** Stands for what is no text: of editors of rich text it is an object with one field, its kind. */
function unknown(embed: unknown): HTMLElement {
  const [kind = 'part'] = Object.keys(fieldsOf(embed) ?? {});
  return unknownPart(kind, true);
}
