import type { AnyType } from '@syncline/bindings';
import type { Fragment, Node } from '@tiptap/pm/model';
import * as Y from 'yjs';
import type { Vocabulary } from './vocabulary.ts';

/**
 * Makes what a transaction changed fit again: two people who each delete other items of a list leave a list without items. The
 * binding would delete whatever does not fit, with all its text.
 *
 * @returns whether something was written
 */
export function mend(
  transaction: Y.Transaction,
  root: Y.XmlFragment,
  vocabulary: Vocabulary,
): boolean {
  // From within: what is around can only be judged afterwards.
  const elements = [...transaction.changed.keys()]
    .flatMap((type) => (type instanceof Y.XmlElement ? [type] : []))
    .toSorted((a, b) => depthOf(b) - depthOf(a));
  let isMended = false;
  for (const changed of elements) {
    let element: unknown = changed;
    while (element instanceof Y.XmlElement && isThere(element, root)) {
      const { parent } = element;
      const fit = vocabulary.fitOf(element);
      if (fit === undefined || fit.type === 'fits') break;
      isMended = true;
      if (fit.type === 'filled') {
        element.insert(element.length, elementsOf(fit.after));
        element.insert(0, elementsOf(fit.before));
        break;
      }
      if (!(parent instanceof Y.XmlFragment)) break;
      parent.delete(parent.toArray().indexOf(element), 1);
      element = parent;
    }
  }
  return isMended;
}

function depthOf(type: AnyType): number {
  let depth = 0;
  for (let at = type._item; at !== null; at = (at.parent as AnyType)._item) depth++;
  return depth;
}

function isThere(element: Y.XmlElement, root: Y.XmlFragment): boolean {
  return element._item !== null && !element._item.deleted && Y.isParentOf(root, element._item);
}

/** As the binding writes nodes; those that fill have no text. */
function elementsOf(nodes: Fragment): Y.XmlElement[] {
  return nodes.content.map(elementOf);
}

function elementOf({ type, attrs, content }: Node): Y.XmlElement {
  const element = new Y.XmlElement(type.name);
  for (const [name, value] of Object.entries(attrs)) {
    if (typeof value === 'string') element.setAttribute(name, value);
  }
  element.insert(0, elementsOf(content));
  return element;
}
