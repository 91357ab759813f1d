import type { DocumentId } from '@syncline/protocol';
import type { Transaction } from './backend.ts';
import { ALL_METAS, documentIdOfMeta } from './key.ts';
import { bytesOf, decodeMeta, type Meta } from './meta.ts';
import { deleteCopy } from './stored-copy.ts';

/** A document of which there is a copy. */
export interface StoredDocument {
  readonly documentId: string;
  /** What the copy takes, keys and values. */
  readonly bytes: number;
  /** How much of it the server does not have: an upper bound. */
  readonly unsavedBytes: number;
  /** When it was opened or written to, in milliseconds since 1970. */
  readonly usedAt: number;
}

/** All of which the records can be read. */
export async function readDocuments(
  transaction: Transaction,
): Promise<(StoredDocument & { readonly documentId: DocumentId })[]> {
  const records = await transaction.range(ALL_METAS);
  return records.flatMap(([key, value]) => {
    const documentId = documentIdOfMeta(key);
    let meta: Meta;
    try {
      meta = decodeMeta(documentId, value);
    } catch {
      return []; // Is found, and set aside, when it is opened.
    }
    const { unsavedBytes, usedAt } = meta;
    return { documentId, bytes: bytesOf(documentId, meta), unsavedBytes, usedAt };
  });
}

export function sumOfBytes(documents: readonly StoredDocument[]): number {
  return documents.reduce((sum, { bytes }) => sum + bytes, 0);
}

/**
 * Deletes copies that were not used for the longest time, until all together take no more than `maxBytes`.
 * Those with unsaved changes stay, and those that are open here; who has one open in another tab writes it anew.
 * @returns the bytes that are left
 */
export async function evict(
  transaction: Transaction,
  maxBytes: number,
  isOpen: (documentId: DocumentId) => boolean,
): Promise<number> {
  const documents = await readDocuments(transaction);
  let bytes = sumOfBytes(documents);
  for (const document of documents.sort((a, b) => a.usedAt - b.usedAt)) {
    if (bytes <= maxBytes) break;
    if (document.unsavedBytes > 0 || isOpen(document.documentId)) continue;
    deleteCopy(transaction, document.documentId);
    bytes -= document.bytes;
  }
  return bytes;
}
