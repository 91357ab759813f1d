import { countOf, fieldsOf, stringOf } from '@syncline/app-common/parse';
import { userOf } from '@syncline/app-common/people';
import type { User } from '@syncline/app-common/user';
import { createPresence, type Presence } from '@syncline/bindings';
import type { Awareness } from 'y-protocols/awareness';
import * as Y from 'yjs';

/**
 * A place in a document as it travels by awareness: Yjs's relative position, with all its fields. Stock bindings read them
 * without asking whether they are there.
 */
export interface Place {
  readonly type: ItemId | null;
  readonly tname: string | null;
  readonly item: ItemId | null;
  readonly assoc: number;
}

interface ItemId {
  readonly client: number;
  readonly clock: number;
}

/** Where somebody writes. */
export interface Cursor {
  readonly anchor: Place;
  readonly head: Place;
}

/** What each of those who write tells the others. */
export interface WriterState {
  readonly user: User;
  /** Not there before they have been in the text. */
  readonly cursor?: Cursor | undefined;
}

/** Those who write in one type of a document. @param root the type's name */
export function createWriters(awareness: Awareness, root: string): Presence<WriterState> {
  return createPresence<WriterState>(awareness, {
    parse: (state) => {
      const user = userOf(state);
      return user && { user, cursor: cursorOf(state['cursor'], root) };
    },
  });
}

/** A place of this page's own. */
export function placeIn(type: Y.Text, index: number): Place {
  return placeOfPosition(Y.createRelativePositionFromTypeIndex(type, index));
}

export function placeOfPosition({ type, tname, item, assoc }: Y.RelativePosition): Place {
  return { type: type && plainId(type), tname, item: item && plainId(item), assoc };
}

/** Where a place is now; undefined when it is not in the type, or in none that is in it. */
export function resolve(
  place: Place,
  doc: Y.Doc,
  root: Y.Text | Y.XmlFragment,
): { readonly type: unknown; readonly index: number } | undefined {
  const position = Y.createRelativePositionFromJSON(place);
  const found = Y.createAbsolutePositionFromRelativePosition(position, doc);
  if (found === null) return undefined;
  const { type, index } = found;
  const isWithin = type === root || (type._item !== null && Y.isParentOf(root, type._item));
  return isWithin ? { type, index } : undefined;
}

function cursorOf(value: unknown, root: string): Cursor | undefined {
  const cursor = fieldsOf(value);
  const anchor = placeOf(cursor?.['anchor'], root);
  const head = placeOf(cursor?.['head'], root);
  return anchor && head && { anchor, head };
}

function placeOf(value: unknown, root: string): Place | undefined {
  const place = fieldsOf(value);
  if (place === undefined) return undefined;
  const { type: typeField, tname: nameField, item: itemField } = place;
  const [type, item] = [idOf(typeField ?? null), idOf(itemField ?? null)];
  const tname = nameField === undefined || nameField === null ? null : stringOf(nameField, 1_000);
  if (type === undefined || item === undefined) return undefined;
  // Yjs would make a type of any other name.
  if (tname !== null && tname !== root) return undefined;
  if (type === null && item === null && tname === null) return undefined;
  return { type, tname, item, assoc: place['assoc'] === -1 ? -1 : 0 };
}

/** null stands for none, undefined for what is no id. */
function idOf(value: unknown): ItemId | null | undefined {
  if (value === null) return null;
  const id = fieldsOf(value);
  const [client, clock] = [countOf(id?.['client']), countOf(id?.['clock'])];
  return client === undefined || clock === undefined ? undefined : { client, clock };
}

function plainId({ client, clock }: Y.ID): ItemId {
  return { client, clock };
}
