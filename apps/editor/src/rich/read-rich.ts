import * as Y from 'yjs';
import { unknownPart } from '../unknown-part.ts';
import { linkAddress } from './link-address.ts';

/** What is nested deeper is not shown. */
const DEEPEST = 100;

/** The elements that show those of Tiptap and ProseMirror; `_` is left out of names. */
const TAGS: Readonly<Record<string, string>> = {
  paragraph: 'p',
  bulletlist: 'ul',
  orderedlist: 'ol',
  listitem: 'li',
  tasklist: 'ul',
  taskitem: 'li',
  blockquote: 'blockquote',
  codeblock: 'pre',
  horizontalrule: 'hr',
  hardbreak: 'br',
  table: 'table',
  tablerow: 'tr',
  tableheader: 'th',
  tablecell: 'td',
};
const MARKS: Readonly<Record<string, string>> = {
  bold: 'strong',
  strong: 'strong',
  italic: 'em',
  em: 'em',
  strike: 's',
  underline: 'u',
  code: 'code',
  highlight: 'mark',
  subscript: 'sub',
  superscript: 'sup',
};

/** Shows a rich text to be read, whatever is in it: what has no form here is named, with the text in it. */
export function readRich(host: HTMLElement, root: Y.XmlFragment, name: string): void {
  const page = document.createElement('div');
  page.className = 'tiptap';
  page.tabIndex = 0;
  page.contentEditable = 'false';
  page.setAttribute('role', 'document');
  page.setAttribute('aria-label', name);
  page.append(...root.toArray().map((child) => shown(child, 0, false)));
  host.replaceChildren(page);
}

function shown(part: unknown, depth: number, isInline: boolean): Node {
  if (depth > DEEPEST) return document.createTextNode('…');
  if (part instanceof Y.XmlText) return textOf(part);
  // Where an editor of plain text, or something else, wrote under the same name.
  if (typeof part === 'string') return document.createTextNode(part);
  if (!(part instanceof Y.XmlElement)) return unknownPart('part', isInline);
  const element = elementOf(part, isInline);
  const children = part.toArray();
  const hasText = children.some((child) => child instanceof Y.XmlText);
  element.append(...children.map((child) => shown(child, depth + 1, hasText)));
  return element;
}

function elementOf(part: Y.XmlElement, isInline: boolean): HTMLElement {
  const attributes = part.getAttributes() as Readonly<Record<string, unknown>>;
  const name = part.nodeName.replaceAll('_', '').toLowerCase();
  if (name === 'heading') {
    const level = numberOf(attributes['level']) ?? 1;
    return document.createElement(`h${Math.min(6, Math.round(level))}`);
  }
  const tag = Object.hasOwn(TAGS, name) ? TAGS[name] : undefined;
  if (tag === undefined) {
    const { alt } = attributes;
    return unknownPart(
      typeof alt === 'string' ? `${part.nodeName}: ${alt}` : part.nodeName,
      isInline,
    );
  }
  const element = document.createElement(tag);
  if (name === 'taskitem') element.dataset['checked'] = String(attributes['checked'] === true);
  if (element instanceof HTMLTableCellElement) {
    element.colSpan = numberOf(attributes['colspan']) ?? 1;
    element.rowSpan = numberOf(attributes['rowspan']) ?? 1;
  }
  return element;
}

function textOf(text: Y.XmlText): Node {
  const fragment = document.createDocumentFragment();
  const runs = text.toDelta() as readonly { insert: unknown; attributes?: object }[];
  for (const { insert, attributes = {} } of runs) {
    let node: Node =
      typeof insert === 'string' ? document.createTextNode(insert) : unknownPart('part', true);
    for (const [name, value] of Object.entries(attributes)) {
      const mark = name === 'link' ? linkOf(value) : markOf(name);
      if (mark === undefined) continue;
      mark.append(node);
      node = mark;
    }
    fragment.append(node);
  }
  return fragment;
}

function markOf(name: string): HTMLElement | undefined {
  const tag = Object.hasOwn(MARKS, name) ? MARKS[name] : undefined;
  return tag === undefined ? undefined : document.createElement(tag);
}

function linkOf(value: unknown): HTMLElement | undefined {
  const href = (value as { readonly href?: unknown } | null)?.href;
  const address = typeof href === 'string' ? linkAddress(href) : undefined;
  if (address === undefined) return undefined;
  const link = document.createElement('a');
  link.href = address;
  link.target = '_blank';
  link.rel = 'noopener noreferrer nofollow';
  return link;
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 1 && value <= 1_000 ? value : undefined;
}
