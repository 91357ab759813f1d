import { type DocumentId, parseDocumentId, SyncError } from '@syncline/protocol';
import { mergeUpdates } from '@syncline/server/operator';
import type { Importable } from './import-many.ts';
import { readYLeveldb } from './y-leveldb.ts';

/**
 * The documents of a y-leveldb folder.
 * @param rawNames takes their names as they are, and not as they stand in URLs.
 * @throws SyncError what {@link readYLeveldb} throws.
 */
export async function* fromYLeveldb(
  directory: string,
  { rawNames }: { readonly rawNames: boolean },
): AsyncIterable<Importable> {
  for await (const { name, updates } of readYLeveldb(directory)) {
    const read = async () => {
      const documentId = rawNames ? parseDocumentId(name) : decodeName(name);
      return { documentId, ...(await mergeUpdates(updates)) };
    };
    yield { name, read };
  }
}

/** A name as it stands in a URL. One that does not is taken as it is. */
function decodeName(name: string): DocumentId {
  try {
    return parseDocumentId(decodeURIComponent(name));
  } catch (error) {
    if (error instanceof SyncError) throw error;
    return parseDocumentId(name);
  }
}
