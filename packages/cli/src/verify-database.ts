import { type DocumentId, SyncError } from '@syncline/protocol';
import type { DocumentStore } from '@syncline/storage';
import type { Finding, VerifyReport } from '@syncline/storage-level';
import { forEach } from './for-each.ts';

/** So many documents are read at once. */
const AT_ONCE = 4;

/**
 * Reads every document of a store that nodes may use meanwhile, so that all its records are checked.
 * @param onProgress is called with the number of documents that were read.
 * @throws SyncError `load-failed` when the store cannot be read.
 */
export async function verifyDatabase(
  store: DocumentStore,
  onProgress: (documents: number) => void,
): Promise<VerifyReport> {
  const total = { documents: 0, records: 0, bytes: 0 };
  const findings: Finding[] = [];
  const verify = async (documentId: DocumentId) => {
    const [stored] = await Promise.all([store.load(documentId), store.tombstone(documentId)]);
    if (stored === undefined) return; // it was deleted meanwhile
    const { checkpoint, tail } = stored;
    const updates = [...(checkpoint === undefined ? [] : [checkpoint]), ...tail];
    total.records += updates.length;
    total.bytes += updates.reduce((sum, { update }) => sum + update.length, 0);
  };
  await forEach(store.list(), AT_ONCE, async (documentId) => {
    try {
      await verify(documentId);
    } catch (error) {
      if (!(error instanceof SyncError) || error.code !== 'store-damaged') throw error;
      const what = error.message.replace(`document ${documentId}: `, '');
      findings.push({ severity: 'damage', what, documentId });
    }
    onProgress(++total.documents);
  });
  return { ...total, findings, repairs: [], complete: true };
}
