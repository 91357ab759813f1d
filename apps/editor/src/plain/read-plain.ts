import type * as Y from 'yjs';

/** Whether a text is of characters alone, which have formats perhaps: those stay as they are. */
export function isPlain(text: Y.Text): boolean {
  // Embeds and what lists hold take places, and are no characters; a map has its values beside them.
  return text.toString().length === text.length && Object.keys(text.getAttributes()).length === 0;
}

/** Shows the characters of whatever is there. */
export function readPlain(host: HTMLElement, text: Y.Text, name: string): void {
  const parts = text.toDelta() as readonly { readonly insert: unknown }[];
  const shown = parts.map(({ insert }) => (typeof insert === 'string' ? insert : '\ufffc'));
  const page = document.createElement('pre');
  page.className = 'reading';
  page.tabIndex = 0;
  page.setAttribute('role', 'document');
  page.setAttribute('aria-label', name);
  page.textContent = shown.join('');
  host.replaceChildren(page);
}
