import { encode, writeUint8, writeVarString, writeVarUint } from 'lib0/encoding';
import * as Y from 'yjs';

/** The structs of one client, hollow ones: garbage-collected or deleted content takes no bytes. */
export function hollowUpdate(
  client: number,
  clock: number,
  length: number,
  kind: 'gc' | 'deleted' = 'gc',
): Uint8Array {
  return encode((encoder) => {
    for (const number of [1, 1, client, clock]) writeVarUint(encoder, number);
    if (kind === 'gc') {
      writeUint8(encoder, 0);
    } else {
      writeUint8(encoder, 1);
      writeVarUint(encoder, 1);
      writeVarString(encoder, 'text');
    }
    writeVarUint(encoder, length);
    writeVarUint(encoder, 0);
  });
}

/** So many clients, each with a clock that was collected; it takes four to six bytes a client. */
export function manyClients(clients: number, first = 1): Uint8Array {
  return encode((encoder) => {
    writeVarUint(encoder, clients);
    for (let client = first + clients - 1; client >= first; client--) {
      for (const number of [1, client, 0, 0, 1]) writeVarUint(encoder, number);
    }
    writeVarUint(encoder, 0);
  });
}

/** So many structs of one client, each a clock that was collected. */
export function manyStructs(structs: number): Uint8Array {
  return encode((encoder) => {
    for (const number of [1, structs, 5, 0]) writeVarUint(encoder, number);
    for (let left = structs; left > 0; left--) for (const byte of [0, 1]) writeUint8(encoder, byte);
    writeVarUint(encoder, 0);
  });
}

/** So many deletions, each apart from the others, of a client's clocks; with these clocks. */
export function manyDeletions(client: number, ranges: number): Uint8Array {
  return encode((encoder) => {
    for (const number of [1, 1, client, 0, 0, 2 * ranges, 1, client, ranges]) {
      writeVarUint(encoder, number);
    }
    for (let range = 0; range < ranges; range++) {
      writeVarUint(encoder, 2 * range);
      writeVarUint(encoder, 1);
    }
  });
}

/** An update with one character whose neighbour to the left nobody has. */
export function futureUpdate(client: number, clock: number, text = 'x'): Uint8Array {
  return encode((encoder) => {
    for (const number of [1, 1, client, clock]) writeVarUint(encoder, number);
    writeUint8(encoder, 0x84);
    writeVarUint(encoder, client);
    writeVarUint(encoder, clock - 1);
    writeVarString(encoder, text);
    writeVarUint(encoder, 0);
  });
}

/** A value nested so deep, as the content of a struct at the root type `a`. */
export function nestedAny(depth: number): Uint8Array {
  const bytes = [1, 1, 1, 0, 8, 1, 1, 97, 1];
  for (let level = 0; level < depth; level++) bytes.push(117, 1);
  return Uint8Array.from([...bytes, 126, 0]);
}

/** Maps in maps, so deep. */
export function nestedMaps(depth: number): Uint8Array {
  const doc = docOfNestedMaps((doc, nest) => {
    doc.transact(() => {
      for (let level = 0; level < depth; level++) nest();
    });
  });
  return Y.encodeStateAsUpdate(doc);
}

/** The same as an update for each map. */
export function nestedMapsOneByOne(depth: number): Uint8Array[] {
  const updates: Uint8Array[] = [];
  docOfNestedMaps((doc, nest) => {
    doc.on('update', (update: Uint8Array) => updates.push(update));
    for (let level = 0; level < depth; level++) nest();
  });
  return updates;
}

function docOfNestedMaps(write: (doc: Y.Doc, nest: () => void) => void): Y.Doc {
  const doc = new Y.Doc();
  doc.clientID = 77;
  let map = doc.getMap('maps');
  write(doc, () => {
    const inner = new Y.Map<unknown>();
    map.set('m', inner);
    map = inner;
  });
  return doc;
}

export function textUpdate(text: string, name = 'text', client = 9): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = client;
  doc.getText(name).insert(0, text);
  return Y.encodeStateAsUpdate(doc);
}

export type AwarenessTriple = readonly [client: number, clock: number, json: string];

/** An awareness update: `[client, clock, JSON]` each. */
export function awarenessUpdate(...entries: readonly AwarenessTriple[]): Uint8Array {
  return awarenessUpdateOf(entries);
}

/** The same for more entries than a function takes arguments. */
export function awarenessUpdateOf(entries: readonly AwarenessTriple[]): Uint8Array {
  return encode((encoder) => {
    writeVarUint(encoder, entries.length);
    for (const [client, clock, json] of entries) {
      writeVarUint(encoder, client);
      writeVarUint(encoder, clock);
      writeVarString(encoder, json);
    }
  });
}
