import * as Y from 'yjs';
import { requireYjs } from './own-yjs.ts';

/** Longer than any that Yjs makes, but for absurd names of types. */
const MAX_LENGTH = 2_000;

/** A type of Yjs that has places: a text, an array, XML. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Placed = Y.Text | Y.Array<any> | Y.XmlFragment;

/**
 * A place in a text or array as a string, for presence or for storing: it stays between the same neighbours
 * whatever is inserted or deleted.
 *
 * @param assoc 0 or more (default): it stays with what comes after it; less than 0: with what comes before it
 * @throws TypeError when the type is of another copy of Yjs
 */
export function encodePosition(type: Placed, index: number, assoc = 0): string {
  requireYjs('encodePosition', type, 'AbstractType');
  const position = Y.createRelativePositionFromTypeIndex(type, index, assoc);
  return btoa(String.fromCharCode(...Y.encodeRelativePosition(position)));
}

/**
 * Where a place is now.
 *
 * @param within it must be in this type; default: in any of the document
 * @returns undefined when it is not there (yet, or any more), and for a string that is no position: others
 * wrote it, so nothing is thrown for it
 * @throws TypeError when document or type are of another copy of Yjs
 */
export function decodePosition(doc: Y.Doc, position: string, within?: Placed): number | undefined {
  requireYjs('decodePosition', doc, 'Doc');
  if (within !== undefined) requireYjs('decodePosition', within, 'AbstractType');
  if (typeof position !== 'string' || position.length > MAX_LENGTH) return undefined;
  try {
    const bytes = Uint8Array.from(atob(position), (char) => char.charCodeAt(0));
    const relative = Y.decodeRelativePosition(bytes);
    // Yjs would make a type of that name.
    if (relative.tname !== null && !doc.share.has(relative.tname)) return undefined;
    if (relative.item !== null && isValueOfKey(doc, relative.item)) return undefined;
    const absolute = Y.createAbsolutePositionFromRelativePosition(relative, doc);
    if (absolute === null || (within !== undefined && absolute.type !== within)) return undefined;
    const { type, index } = absolute;
    return type instanceof Y.Map || type._item?.deleted === true ? undefined : index;
  } catch {
    return undefined;
  }
}

/** What has a key, in a map or as an attribute, has no place. */
function isValueOfKey({ store }: Y.Doc, id: Y.ID): boolean {
  if (id.clock >= Y.getState(store, id.client)) return false;
  const item: unknown = Y.getItem(store, id);
  return item instanceof Y.Item && item.parentSub !== null;
}
