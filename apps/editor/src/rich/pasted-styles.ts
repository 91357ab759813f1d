import { Extension } from '@tiptap/core';
import { DOMParser } from '@tiptap/pm/model';
import { Plugin } from '@tiptap/pm/state';

/** In the place of `style` while pasted HTML is parsed. */
const ATTRIBUTE = 'data-pasted-style';
// No part of these begins with what the one before ends with: they take no longer than the text is long.
const TAG = /<[a-z][^\s/<>]*(?:\s+[^\s=<>]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s<>"']+))?)*\s*\/?>/gi;
const NAMED = /(\s+)([^\s=<>]+)(\s*=\s*(?:"[^"]*"|'[^']*'|[^\s<>"']+))/g;
const STYLE_ELEMENT = /<style\b(?:(?!<style\b)[\s\S])*?<\/style\s*>/gi;

/**
 * Takes bold words for bold words when they are pasted from where styles say so. The policy of the page holds for the document
 * that pasted HTML is parsed in, too: browsers ignore styles in attributes there, and only those that scripts set count.
 */
export const PastedStyles = Extension.create({
  name: 'pasted-styles',
  addProseMirrorPlugins() {
    const parser = DOMParser.fromSchema(this.editor.schema);
    return [
      new Plugin({
        props: {
          transformPastedHTML: withoutStyles,
          clipboardParser: {
            schema: parser.schema,
            parseSlice: (dom: Node, options: Parameters<DOMParser['parseSlice']>[1]) => {
              restoreStyles(dom as Element);
              return parser.parseSlice(dom, options);
            },
          } as DOMParser,
        },
      }),
    ];
  },
});

/** HTML whose styles are kept as data, and that does nothing. */
export function withoutStyles(html: string): string {
  return html.replaceAll(STYLE_ELEMENT, '').replaceAll(TAG, (tag) =>
    tag.replaceAll(NAMED, (all, space: string, name: string, value: string) => {
      if (/^on/i.test(name)) return '';
      return /^style$/i.test(name) ? `${space}${ATTRIBUTE}${value}` : all;
    }),
  );
}

function restoreStyles(root: Element): void {
  for (const element of root.querySelectorAll<HTMLElement>(`[${ATTRIBUTE}]`)) {
    element.style.cssText = element.getAttribute(ATTRIBUTE) ?? '';
    element.removeAttribute(ATTRIBUTE);
  }
}
