import type { DocumentId } from '@syncline/protocol';
import { type Content, Coverage, coverageOf, scan } from '@syncline/update';
import * as Y from 'yjs';
import type { Transaction } from './backend.ts';
import { checkpointKey, metaKey, recordBytes } from './key.ts';
import { encodeMeta, type Meta } from './meta.ts';
import { readContent, readMeta, type StoredEntry } from './stored-copy.ts';

/** A tail of so many bytes is not worth the trouble while somebody types. */
const SMALL_TAIL_BYTES = 8 * 1024;
/** When nobody does, a tail that is larger than this part of the checkpoint is. */
const QUIET_PART = 1 / 8;

/** Which tail is merged into the checkpoint: one that outgrew it, or with `quiet`, that is not small beside it. */
export type Occasion = 'writing' | 'quiet';

/**
 * Whether the tail is to be merged.
 * @param kept bytes of the tail that could not be merged the last time
 */
export function isDue(meta: Meta, occasion: Occasion, kept: number): boolean {
  const { checkpointBytes } = meta;
  const allowed =
    occasion === 'writing'
      ? Math.max(SMALL_TAIL_BYTES, checkpointBytes)
      : checkpointBytes * QUIET_PART;
  return meta.tailBytes - kept > allowed;
}

/**
 * Merges checkpoint and tail into a new checkpoint. What cannot be integrated, because something is missing,
 * stays in the log as it is.
 * @returns the copy as it is then; undefined when there was nothing to do any more
 * @throws DamagedCopyError; Error when Yjs cannot do it. Nothing is changed then.
 */
export async function compact(
  transaction: Transaction,
  documentId: DocumentId,
  occasion: Occasion,
  kept: number,
): Promise<Meta | undefined> {
  const meta = await readMeta(transaction, documentId);
  if (meta === undefined || !isDue(meta, occasion, kept)) return undefined;
  const { checkpoint, entries } = await readContent(transaction, documentId, meta, 0);
  const { merged, left } = divide(checkpoint, entries);
  const contents = merged.map(({ content }) => content);
  const update = merge(checkpoint === undefined ? contents : [checkpoint, ...contents]);

  const gone = new Set(merged.map(({ key }) => key));
  for (const key of gone) transaction.delete(key);
  const key = checkpointKey(documentId);
  transaction.put(key, update);
  const compacted: Meta = {
    ...meta,
    checkpointHead: meta.head,
    checkpointBytes: recordBytes(key, update),
    tailBytes: left.reduce((sum, { bytes }) => sum + bytes, 0),
  };
  transaction.put(metaKey(documentId), encodeMeta(compacted));
  return compacted;
}

/** Finds the entries that have all that they refer to. */
function divide(checkpoint: Content | undefined, entries: readonly StoredEntry[]) {
  const coverage = checkpoint === undefined ? new Coverage() : coverageOf([checkpoint]);
  const merged: StoredEntry[] = [];
  let left = entries;
  let before: number;
  do {
    before = left.length;
    left = left.filter((entry) => {
      const { news, held } = coverage.admit(entry.content);
      if (held !== undefined) return true;
      if (news !== undefined) coverage.add(news);
      merged.push(entry);
      return false;
    });
  } while (left.length > 0 && left.length < before);
  return { merged, left };
}

function merge(contents: readonly (Content & { readonly bytes: Uint8Array })[]): Uint8Array {
  const doc = new Y.Doc();
  doc.transact(() => {
    for (const { bytes } of contents) Y.applyUpdate(doc, bytes);
  });
  const update = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  const coverage = coverageOf([scan(update)]);
  if (!contents.every((content) => coverage.covers(content))) {
    throw new Error('Yjs left out something when it merged the stored copy');
  }
  return update;
}
