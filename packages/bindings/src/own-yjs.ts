import * as Y from 'yjs';

/** Classes of the copy that this package uses. */
const KINDS = { Doc: Y.Doc, Map: Y.Map, Text: Y.Text, AbstractType: Y.AbstractType };

/**
 * Yjs works with objects of its own copy alone: what is written through another one, or read from it, is lost without a
 * word. A CommonJS application has two copies as soon as it calls `require('yjs')`, since this package is an ES module.
 *
 * @param caller is named in the message
 * @throws TypeError when it is of another copy, or nothing of Yjs
 */
export function requireYjs(caller: string, value: unknown, kind: keyof typeof KINDS): void {
  if (value instanceof KINDS[kind]) return;
  const what = kind === 'AbstractType' ? 'a type of Yjs' : `a Y.${kind}`;
  throw new TypeError(isForeign(value) ? foreign(caller) : `${caller} needs ${what}`);
}

/** Whether it is a type or a document of another copy of Yjs. */
export function isForeign(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Y.AbstractType || value instanceof Y.Doc) return false;
  return ('_item' in value && '_map' in value) || ('clientID' in value && 'share' in value);
}

export function foreign(caller: string): string {
  return (
    `${caller}: this is of another copy of Yjs than @syncline/bindings uses, and would not work. ` +
    'Load Yjs once: with import everywhere, never with require(); in a bundler, dedupe "yjs"'
  );
}
