import type { DocumentId } from '@syncline/protocol';
import { concatenate, type ScannedUpdate, scan } from '@syncline/update';
import type { Transaction } from './backend.ts';
import { DamagedCopyError } from './damaged-copy.ts';
import { decodeEntry, type Entry } from './entry.ts';
import { checkpointKey, logRange, metaKey, numberOfLogKey, recordBytes } from './key.ts';
import { decodeMeta, encodeMeta, type Meta } from './meta.ts';
import { putAside, readAside } from './set-aside.ts';

/** @throws DamagedCopyError */
export async function readMeta(
  transaction: Transaction,
  documentId: DocumentId,
): Promise<Meta | undefined> {
  const bytes = await transaction.get(metaKey(documentId));
  return bytes === undefined ? undefined : decodeMeta(documentId, bytes);
}

/** An entry as it stands in the log. */
export interface StoredEntry extends Entry {
  readonly key: string;
  /** What the record takes, key and value. */
  readonly bytes: number;
  readonly content: ScannedUpdate;
}

export interface StoredContent {
  /** Absent when it has nothing that comes after the entry that was asked for. */
  readonly checkpoint?: ScannedUpdate;
  readonly entries: readonly StoredEntry[];
}

/**
 * What a copy got after this entry; all of it after 0.
 * @throws DamagedCopyError also when an entry is missing: the cursor would be ahead of the content.
 */
export async function readContent(
  transaction: Transaction,
  documentId: DocumentId,
  meta: Meta,
  after: number,
): Promise<StoredContent> {
  if (meta.head <= after) return { entries: [] };
  const needsCheckpoint = meta.checkpointHead > after;
  const [bytes, records] = await Promise.all([
    needsCheckpoint ? transaction.get(checkpointKey(documentId)) : undefined,
    transaction.range(logRange(documentId, after)),
  ]);
  if (needsCheckpoint && bytes === undefined) {
    throw new DamagedCopyError(documentId, 'has lost its checkpoint');
  }
  let next = Math.max(after, meta.checkpointHead) + 1;
  try {
    const entries = records.map(([key, value]) => {
      const n = numberOfLogKey(key);
      if (n === next) next++; // Behind a gap it stays where it is.
      const entry = decodeEntry(value);
      return { ...entry, key, bytes: recordBytes(key, value), content: scan(entry.update) };
    });
    if (next !== meta.head + 1) throw new Error(`entry ${next} is missing`);
    return { ...(bytes !== undefined && { checkpoint: scan(bytes) }), entries };
  } catch (cause) {
    throw new DamagedCopyError(documentId, 'cannot be read', cause);
  }
}

/** Deletes the copy. What was set aside stays. */
export function deleteCopy(transaction: Transaction, documentId: DocumentId): void {
  transaction.delete(metaKey(documentId));
  transaction.delete(checkpointKey(documentId));
  transaction.deleteRange(logRange(documentId));
}

/**
 * Deletes a copy that cannot be read, and sets aside what of it is a sound update, unless the server is
 * known to have it all.
 */
export async function rescue(transaction: Transaction, documentId: DocumentId): Promise<void> {
  const [meta, checkpoint, records, known] = await Promise.all([
    readMeta(transaction, documentId).catch(() => undefined),
    transaction.get(checkpointKey(documentId)),
    transaction.range(logRange(documentId)),
    readAside(transaction, documentId),
  ]);
  deleteCopy(transaction, documentId);
  if (meta?.unsavedBytes === 0) return;
  const sound = [
    ...(checkpoint === undefined ? [] : soundUpdate(() => checkpoint)),
    ...records.flatMap(([, value]) => soundUpdate(() => decodeEntry(value).update)),
  ];
  if (sound.length === 0) return;
  for (const { bytes } of concatenate(sound)) {
    putAside(transaction, documentId, 'damaged', bytes, known);
  }
}

function soundUpdate(read: () => Uint8Array): ScannedUpdate[] {
  try {
    return [scan(read())];
  } catch {
    return [];
  }
}

/** A whole copy, and notes that it is used. One that cannot be read is put aside, and there is none then. */
export async function readWhole(
  transaction: Transaction,
  documentId: DocumentId,
): Promise<{
  readonly meta?: Meta;
  readonly updates: readonly Uint8Array[];
  readonly damage?: DamagedCopyError;
}> {
  try {
    const meta = await readMeta(transaction, documentId);
    if (meta === undefined) return { updates: [] };
    const { checkpoint, entries } = await readContent(transaction, documentId, meta, 0);
    transaction.put(metaKey(documentId), encodeMeta({ ...meta, usedAt: Date.now() }));
    const updates = entries.map(({ update }) => update);
    return { meta, updates: checkpoint === undefined ? updates : [checkpoint.bytes, ...updates] };
  } catch (damage) {
    if (!(damage instanceof DamagedCopyError)) throw damage;
    await rescue(transaction, documentId);
    return { updates: [], damage };
  }
}
