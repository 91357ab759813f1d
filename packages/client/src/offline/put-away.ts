import type { DocumentId } from '@syncline/protocol';
import type { Transaction } from './backend.ts';
import type { Standing } from './commit.ts';
import { metaKey } from './key.ts';
import { encodeMeta, newMeta } from './meta.ts';
import { putAside, readAside } from './set-aside.ts';
import { deleteCopy, readMeta } from './stored-copy.ts';

/** Why a copy is put away, and what of it the server does not have. */
export interface PutAway {
  readonly reason: string;
  readonly unsaved: Uint8Array | undefined;
}

/**
 * Begins an empty copy in the place of the one that the tab has, unless another tab has done so already.
 * @returns the incarnation of the copy that is there now
 */
export async function putAway(
  transaction: Transaction,
  documentId: DocumentId,
  { incarnation, epoch }: Standing,
  { reason, unsaved }: PutAway,
): Promise<string> {
  const [stored, known] = await Promise.all([
    readMeta(transaction, documentId).catch(() => undefined),
    readAside(transaction, documentId),
  ]);
  if (unsaved !== undefined) putAside(transaction, documentId, reason, unsaved, known);
  // Another incarnation of the same epoch: the copy was evicted, and written anew by another tab.
  const isThere =
    stored !== undefined &&
    stored.incarnation !== incarnation &&
    (stored.putAway.includes(incarnation) || stored.epoch !== epoch);
  if (isThere) return stored.incarnation;
  const dead = [incarnation, stored?.incarnation ?? '', ...(stored?.putAway ?? [])];
  const meta = newMeta([...new Set(dead)].filter((id) => id !== ''));
  deleteCopy(transaction, documentId);
  transaction.put(metaKey(documentId), encodeMeta(meta));
  return meta.incarnation;
}
