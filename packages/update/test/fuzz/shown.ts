import * as Y from 'yjs';

/** What a document shows. */
export interface Shown {
  /** All of it, in order. */
  readonly inOrder: string;
  /** The same without the order of what stands in one place. */
  readonly inBags: string;
}

/**
 * What a document shows of all its roots: types with children and attributes, texts and values. Formats are left out: Yjs itself
 * takes those away that it finds to be superfluous, when it gets edits of others, and so differs from itself.
 */
export function shownBy(doc: Y.Doc): Shown {
  const roots = [...doc.share].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const show = (inOrder: boolean) =>
    roots.flatMap(([name, type]) => {
      const shown = showType(type as Y.AbstractType<unknown>, inOrder);
      return shown === EMPTY ? [] : `${name}${shown}`;
    });
  return { inOrder: show(true).join('\n'), inBags: show(false).join('\n') };
}

const EMPTY = '()[]';

function showType(type: Y.AbstractType<unknown>, inOrder: boolean): string {
  const children: string[] = [];
  for (let item = type._start; item !== null; item = item.right) {
    if (!item.deleted) children.push(...showItem(item, inOrder));
  }
  if (!inOrder) children.sort();
  const attributes = [...type._map]
    .filter(([, item]) => !item.deleted)
    .map(([key, item]) => `${key}=${showItem(item, inOrder).join()}`)
    .toSorted();
  return `(${attributes.join()})[${children.join()}]`;
}

function showItem({ content }: Y.Item, inOrder: boolean): string[] {
  if (content instanceof Y.ContentType) {
    return [content.type.constructor.name + showType(content.type, inOrder)];
  }
  if (content instanceof Y.ContentFormat) return [];
  if (content instanceof Y.ContentString)
    return content.str.split('').map((unit) => JSON.stringify(unit));
  if (content instanceof Y.ContentDoc) return [`doc ${content.doc.guid}`];
  return content
    .getContent()
    .map((value) =>
      JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part)),
    );
}

/**
 * Whether a struct of an update names neighbours that do not stand side by side for its author: then Yjs puts it at places that depend on the order in
 * which it reads updates. That can be so after an honest undo.
 * @param doc has the update already.
 */
export function isMisplaced(update: Uint8Array, doc: Y.Doc): boolean {
  return Y.decodeUpdate(update).structs.some((struct) => {
    if (!(struct instanceof Y.Item) || struct.rightOrigin === null) return false;
    const right = itemAt(doc, struct.rightOrigin);
    if (right === undefined) return false;
    // The origin of the right one has to be the left one, or one that the left one came after.
    const isInside = struct.rightOrigin.clock > right.id.clock;
    const wanted = isInside
      ? Y.createID(right.id.client, struct.rightOrigin.clock - 1)
      : right.origin;
    let { origin } = struct;
    for (let steps = 0; steps < 1_000; steps++) {
      if (Y.compareIDs(origin, wanted)) return false;
      if (origin === null || Y.compareIDs(origin, struct.rightOrigin)) return true;
      const item = itemAt(doc, origin);
      if (item === undefined) return false;
      origin =
        origin.clock > item.id.clock ? Y.createID(origin.client, origin.clock - 1) : item.origin;
    }
    return true;
  });
}

function itemAt({ store }: Y.Doc, { client, clock }: Y.ID): Y.Item | undefined {
  const structs = store.clients.get(client);
  if (structs === undefined || clock >= Y.getState(store, client)) return undefined;
  const struct = structs[Y.findIndexSS(structs, clock)];
  return struct instanceof Y.Item ? struct : undefined;
}
