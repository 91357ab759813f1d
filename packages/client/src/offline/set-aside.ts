import type { DocumentId } from '@syncline/protocol';
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import type { SetAside } from '../local-copy.ts';
import type { Transaction } from './backend.ts';
import { asideId, asideRange, documentIdOfAside, newAsideKey } from './key.ts';

/** What is set aside, and was not before: several tabs may put the same copy away. Reads nothing. */
export function putAside(
  transaction: Transaction,
  documentId: DocumentId,
  reason: string,
  unsaved: Uint8Array,
  known: readonly SetAside[],
): void {
  if (known.some((record) => isEqual(record.unsaved, unsaved))) return;
  const at = Date.now();
  const encoder = encoding.createEncoder();
  encoding.writeFloat64(encoder, at);
  encoding.writeVarString(encoder, reason);
  encoding.writeUint8Array(encoder, unsaved);
  transaction.put(newAsideKey(documentId, at), encoding.toUint8Array(encoder));
}

/** The records that can be read, oldest first for each document. */
export async function readAside(
  transaction: Transaction,
  documentId?: DocumentId,
): Promise<SetAside[]> {
  const records = await transaction.range(asideRange(documentId));
  return records.flatMap(([key, value]) => {
    try {
      const decoder = decoding.createDecoder(value);
      return {
        id: asideId(key),
        documentId: documentIdOfAside(key),
        at: decoding.readFloat64(decoder),
        reason: decoding.readVarString(decoder),
        unsaved: value.slice(decoder.pos),
      };
    } catch {
      return [];
    }
  });
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}
