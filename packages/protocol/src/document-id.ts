import { encodeUtf8 } from 'lib0/string';
import { SyncError } from './sync-error.ts';

declare const brand: unique symbol;

/** The name of a document: 1 to 512 bytes of UTF-8 without control characters. */
export type DocumentId = string & { readonly [brand]: 'DocumentId' };

export const MAX_DOCUMENT_ID_BYTES = 512;

/** Control characters, and surrogates that are not part of a pair. */
const FORBIDDEN = /[\p{Cc}\p{Cs}]/u;

/**
 * Takes a name as a document's.
 * @throws SyncError `document-id-invalid`
 */
export function parseDocumentId(name: string): DocumentId {
  if (name === '') refuse('a document name must not be empty');
  // The length first: a character takes at least a byte, and a name can be as long as a frame.
  const isLong = name.length > MAX_DOCUMENT_ID_BYTES;
  if (isLong || encodeUtf8(name).length > MAX_DOCUMENT_ID_BYTES) {
    refuse(`a document name must not be longer than ${MAX_DOCUMENT_ID_BYTES} bytes`);
  }
  if (FORBIDDEN.test(name)) refuse('a document name must not hold control characters');
  return name as DocumentId;
}

/**
 * The document that a URL path names: all after the first slash, percent-encoded.
 * @throws SyncError `document-id-invalid`
 */
export function documentIdFromPath(path: string): DocumentId {
  let name: string;
  try {
    name = decodeURIComponent(path.slice(1));
  } catch (cause) {
    throw new SyncError('document-id-invalid', 'the path is not valid percent-encoding', { cause });
  }
  return parseDocumentId(name);
}

function refuse(message: string): never {
  throw new SyncError('document-id-invalid', message);
}
