import * as Y from 'yjs';

/**
 * Yjs works with objects of its own copy alone; a document of another one would go out of step without a word. A CommonJS
 * application has two copies as soon as it calls `require('yjs')`, since this package is an ES module.
 *
 * @throws TypeError when it is of another copy of Yjs, or no Y.Doc
 */
export function requireOwnDoc(doc: unknown): void {
  if (doc instanceof Y.Doc) return;
  const isForeign =
    typeof doc === 'object' && doc !== null && 'clientID' in doc && 'getSubdocs' in doc;
  if (!isForeign) throw new TypeError('doc must be a Y.Doc');
  throw new TypeError(
    'this Y.Doc is of another copy of Yjs than @syncline/client uses, and would not work. ' +
      'Load Yjs once: with import everywhere, never with require(); in a bundler, dedupe "yjs"',
  );
}
